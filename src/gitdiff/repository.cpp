#include "gitdiff/repository.hpp"

#include <array>
#include <vector>

#include <fmt/format.h>

#include "gitdiff/git_object.hpp"
#include "gitdiff/tree_diff.hpp"

namespace imcaxy::gitdiff {
namespace {

/// How many commits are looked at for the one that is known.
constexpr std::size_t most_steps = 20000;

/// Once a process. Nothing but objects is read, so that neither another owner nor these extensions matter.
void start_libgit2() {
  static const bool started = [] {
    git_libgit2_init();
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    std::array<const char*, 3> known{"partialclone", "worktreeconfig", "preciousobjects"};
    git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, known.data(), known.size());
    return true;
  }();
  static_cast<void>(started);
}

std::string hash_of(const git_oid& id) {
  std::string text(GIT_OID_HEXSZ, '0');
  git_oid_fmt(text.data(), &id);
  return text;
}

TreePtr tree_of(const git_commit* commit) {
  return owned<TreePtr>(git_commit_tree, commit);
}

/// The commits from `to` back to `from`, both included, over first parents; empty when the way does not lead there.
std::vector<CommitPtr> way_back(git_repository* repository, const git_oid& to, const git_oid& from) {
  std::vector<CommitPtr> way;
  for (auto at = owned<CommitPtr>(git_commit_lookup, repository, &to); at && way.size() < most_steps;) {
    way.push_back(std::move(at));
    const git_commit* last = way.back().get();
    if (git_oid_equal(git_commit_id(last), &from)) return way;
    at = git_commit_parentcount(last) > 0 ? owned<CommitPtr>(git_commit_parent, last, 0u) : nullptr;
  }
  return {};
}

}  // namespace

const char* to_text(Change change) {
  static constexpr const char* names[] = {"added", "modified", "deleted", "reverted"};
  return names[static_cast<std::size_t>(change)];
}

struct Repository::Handle {
  RepositoryPtr git;

  CommitPtr commit(const std::string& hash) const {
    git_oid id;
    if (git_oid_fromstr(&id, hash.c_str()) != 0) return nullptr;
    return owned<CommitPtr>(git_commit_lookup, git.get(), &id);
  }
  bool has(const git_tree* tree, const std::string& folder) const {
    return tree && (folder.empty() || owned<TreeEntryPtr>(git_tree_entry_bypath, tree, folder.c_str()));
  }
  Result<void> check_folders(const git_tree* from, const git_tree* to, const Filter& filter) const;
  void add_detours(const git_commit* from, const git_commit* to, const Filter& filter, Changes& changes) const;
};

Repository::Repository(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Repository::~Repository() = default;
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;

Result<Repository> Repository::open(const std::string& folder) {
  start_libgit2();
  auto git = owned<RepositoryPtr>(git_repository_open_ext, folder.c_str(), 0u, static_cast<const char*>(nullptr));
  if (!git) return fail(400, fmt::format("'{}' can't be opened as a git repository: {}", folder, git_reason()));
  return Repository(std::make_unique<Handle>(std::move(git)));
}

std::string Repository::root() const {
  const char* folder = git_repository_workdir(handle_->git.get());
  return folder ? folder : "";
}

Result<std::string> Repository::head() const {
  const auto reference = owned<ReferencePtr>(git_repository_head, handle_->git.get());
  const auto commit =
      reference ? owned<ObjectPtr>(git_reference_peel, reference.get(), GIT_OBJECT_COMMIT) : ObjectPtr();
  if (!commit) return fail(404, "the repository has no commit that is checked out: " + git_reason());
  return hash_of(*git_object_id(commit.get()));
}

Error Repository::missing(const std::string& commit) const {
  if (git_repository_is_shallow(handle_->git.get()))
    return {404,
            fmt::format("the commit '{}' is not here, because this clone is shallow: get the rest of the history with "
                        "`git fetch --unshallow`, or check out with `fetch-depth: 0` (GitHub's actions/checkout) or "
                        "`GIT_DEPTH: 0` (GitLab)",
                        commit),
            ""};
  return {404,
          fmt::format("the commit '{}' is not in this repository: its history was rewritten, or the commit is of "
                      "another repository or not fetched yet",
                      commit),
          ""};
}

Result<std::string> Repository::find(const std::string& revision) const {
  const auto object = owned<ObjectPtr>(git_revparse_single, handle_->git.get(), revision.c_str());
  if (!object) return std::unexpected(missing(revision));
  const auto commit = owned<ObjectPtr>(git_object_peel, object.get(), GIT_OBJECT_COMMIT);
  if (!commit) return fail(400, fmt::format("'{}' names no commit", revision));
  return hash_of(*git_object_id(commit.get()));
}

/// A folder that was never there is a slip of the pen: nothing would ever change in it.
Result<void> Repository::Handle::check_folders(const git_tree* from, const git_tree* to, const Filter& filter) const {
  for (const std::string& folder : filter.folders()) {
    if (has(from, folder) || has(to, folder)) continue;
    for (std::size_t end = folder.rfind('/'); end != folder.npos && end > 0; end = folder.rfind('/', end - 1)) {
      const std::string parent = folder.substr(0, end);
      const auto entry = owned<TreeEntryPtr>(git_tree_entry_bypath, to, parent.c_str());
      if (entry && git_tree_entry_type(entry.get()) == GIT_OBJECT_COMMIT)
        return fail(400, fmt::format("the folder '{}' is within the submodule '{}', which is a repository of its own: "
                                     "run this there",
                                     folder, parent));
    }
    return fail(400, fmt::format("there is no folder '{}' in the repository, neither now nor at the commit that is "
                                 "compared with; name it from the repository's root",
                                 folder));
  }
  return {};
}

/// What one commit brought and a later one took back: an invalidation between them may not have taken place.
void Repository::Handle::add_detours(const git_commit* from, const git_commit* to, const Filter& filter,
                                     Changes& changes) const {
  const std::vector<CommitPtr> way = way_back(git.get(), *git_commit_id(to), *git_commit_id(from));
  if (way.size() < 3) return;
  for (std::size_t i = 0; i + 1 < way.size(); ++i) {
    const TreePtr before = tree_of(way[i + 1].get()), after = tree_of(way[i].get());
    if (!before || !after) return;
    const auto step = diff_trees(git.get(), before.get(), after.get(), filter);
    if (!step) return;
    for (const auto& [path, change] : step->files) changes.files.emplace(path, Change::reverted);
  }
}

Result<Changes> Repository::changes(const std::optional<std::string>& from, const std::string& to,
                                    const Filter& filter) const {
  const CommitPtr last = handle_->commit(to), first = from ? handle_->commit(*from) : nullptr;
  if (!last) return std::unexpected(missing(to));
  if (from && !first) return std::unexpected(missing(*from));
  const TreePtr after = tree_of(last.get()), before = first ? tree_of(first.get()) : nullptr;
  if (!after || (first && !before)) return fail(404, "a commit's folder is not here", git_reason());
  if (auto ok = handle_->check_folders(before.get(), after.get(), filter); !ok)
    return std::unexpected(std::move(ok.error()));
  auto changes = diff_trees(handle_->git.get(), before.get(), after.get(), filter);
  if (changes && first) handle_->add_detours(first.get(), last.get(), filter, *changes);
  return changes;
}

}  // namespace imcaxy::gitdiff
