// The files that differ between two trees.
#pragma once

#include "base/error.hpp"
#include "gitdiff/git_object.hpp"
#include "gitdiff/repository.hpp"

namespace imcaxy::gitdiff {

/// `from` may be null: everything in `to` is added. Fails with 404 when a folder's object is not there.
Result<Changes> diff_trees(git_repository* repository, git_tree* from, git_tree* to, const Filter& filter);

}  // namespace imcaxy::gitdiff
