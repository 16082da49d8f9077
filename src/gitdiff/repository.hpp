// A git repository's history: which files changed since a commit. Only objects are read, nothing is executed or
// written.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/error.hpp"
#include "gitdiff/filter.hpp"

namespace imcaxy::gitdiff {

/// `reverted`: it is as it was, but a commit in between had it otherwise, and that may have been seen.
enum class Change { added, modified, deleted, reverted };

const char* to_text(Change change);

struct Changes {
  std::map<std::string, Change> files;  ///< by path from the root, in the bytes that git holds
  std::set<std::string> submodules;     ///< paths of changed ones, whose files are another repository's
};

/// Errors: 400 for a mistake of whoever asks, 404 where the history does not reach, with the way to deepen it.
/// Not thread-safe; blocks on the disk.
class Repository {
 public:
  /// The repository that has this folder, also from below its root, of a worktree, or bare. It may belong to another
  /// user, as in the containers of CI.
  static Result<Repository> open(const std::string& folder);
  ~Repository();
  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;

  /// The folder with the checked-out files; empty of a bare one.
  std::string root() const;

  /// The full hash of the commit that is checked out.
  Result<std::string> head() const;

  /// The full hash of the commit that a revision (`v1.2`, `main~3`, a hash or the beginning of one) names.
  Result<std::string> find(const std::string& revision) const;

  /// What changed from one commit to another: the difference of both, and, where `from` is on the way of first parents
  /// behind `to`, also what came and went on it. A renamed file is a deleted and an added one. Nothing for `from`:
  /// every file of `to` is added. REQUIRES: full hashes.
  Result<Changes> changes(const std::optional<std::string>& from, const std::string& to, const Filter& filter) const;

 private:
  struct Handle;
  explicit Repository(std::unique_ptr<Handle> handle);
  Error missing(const std::string& commit) const;

  std::unique_ptr<Handle> handle_;
};

}  // namespace imcaxy::gitdiff
