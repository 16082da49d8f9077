#include "gitdiff/tree_diff.hpp"

#include <algorithm>
#include <vector>

namespace imcaxy::gitdiff {
namespace {

/// Only these folders are compared, by their names and not as patterns. The root takes no list.
void limit_to(const Filter& filter, std::vector<char*>& names, git_diff_options& options) {
  if (std::ranges::find(filter.folders(), "") != filter.folders().end()) return;
  for (const std::string& folder : filter.folders()) names.push_back(const_cast<char*>(folder.c_str()));
  options.pathspec = {names.data(), names.size()};
}

void add(const git_diff_delta& delta, const Filter& filter, Changes& changes) {
  const bool gone = delta.status == GIT_DELTA_DELETED;
  const std::string path = gone ? delta.old_file.path : delta.new_file.path;
  if (delta.old_file.mode == GIT_FILEMODE_COMMIT || delta.new_file.mode == GIT_FILEMODE_COMMIT) {
    changes.submodules.insert(path);
    return;
  }
  if (!filter.takes(path)) return;
  const bool was = delta.status != GIT_DELTA_ADDED;
  // Another mode, such as that of a program, is no other picture.
  if (was && !gone && git_oid_equal(&delta.old_file.id, &delta.new_file.id)) return;
  const auto [at, first] = changes.files.emplace(path, gone ? Change::deleted : was ? Change::modified : Change::added);
  // A file that became a link is told as deleted and as added.
  if (!first) at->second = Change::modified;
}

}  // namespace

Result<Changes> diff_trees(git_repository* repository, git_tree* from, git_tree* to, const Filter& filter) {
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.flags = GIT_DIFF_DISABLE_PATHSPEC_MATCH | GIT_DIFF_SKIP_BINARY_CHECK;
  std::vector<char*> names;
  limit_to(filter, names, options);
  const auto diff = owned<DiffPtr>(git_diff_tree_to_tree, repository, from, to, &options);
  if (!diff)
    return fail(404,
                "the repository does not have all folders of the commits to compare: fetch them with `git fetch "
                "--refetch --no-filter`, or clone without --filter=tree:0",
                git_reason());
  Changes changes;
  const std::size_t count = git_diff_num_deltas(diff.get());
  for (std::size_t i = 0; i < count; ++i) add(*git_diff_get_delta(diff.get(), i), filter, changes);
  return changes;
}

}  // namespace imcaxy::gitdiff
