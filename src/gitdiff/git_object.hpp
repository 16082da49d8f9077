// Owners of libgit2's objects.
#pragma once

#include <memory>
#include <string>

#include <git2.h>

namespace imcaxy::gitdiff {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using RepositoryPtr = std::unique_ptr<git_repository, Freed<git_repository_free>>;
using ObjectPtr = std::unique_ptr<git_object, Freed<git_object_free>>;
using CommitPtr = std::unique_ptr<git_commit, Freed<git_commit_free>>;
using TreePtr = std::unique_ptr<git_tree, Freed<git_tree_free>>;
using TreeEntryPtr = std::unique_ptr<git_tree_entry, Freed<git_tree_entry_free>>;
using DiffPtr = std::unique_ptr<git_diff, Freed<git_diff_free>>;
using ReferencePtr = std::unique_ptr<git_reference, Freed<git_reference_free>>;

/// What a function of libgit2 writes into its first argument, as its owner; null when it failed.
template <class Owner, class Function, class... Arguments>
Owner owned(Function function, Arguments... arguments) {
  typename Owner::pointer object = nullptr;
  if (function(&object, arguments...) != 0) return nullptr;
  return Owner(object);
}

/// Why the last call failed.
inline std::string git_reason() {
  const git_error* error = git_error_last();
  return error && error->message ? error->message : "no reason given";
}

}  // namespace imcaxy::gitdiff
