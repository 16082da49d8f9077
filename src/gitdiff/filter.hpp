// Which of a repository's files are looked at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "gitdiff/pattern.hpp"

namespace imcaxy::gitdiff {

/// Immutable; thread-safe.
class Filter {
 public:
  /// `folders`: relative to the repository's root, "" or "." for all of it; slashes at the ends do not matter.
  /// `patterns`: of which one has to fit a part of the path; none: every file. 400 for what can't be a folder within.
  static Result<Filter> make(const std::vector<std::string>& folders, const std::vector<std::string>& patterns);

  bool takes(std::string_view path) const;

  /// In one form: no slash at the ends; "" is the root.
  const std::vector<std::string>& folders() const { return folders_; }

 private:
  std::vector<std::string> folders_;
  std::vector<Pattern> patterns_;
};

}  // namespace imcaxy::gitdiff
