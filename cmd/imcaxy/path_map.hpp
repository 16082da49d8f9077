// From a file's path in the repository to the addresses that it is published under.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gitdiff/pattern.hpp"
#include "outcome.hpp"

namespace imcaxy::command {

/// One rule, `public/(.*)=https://example.com/$1`. Immutable; thread-safe.
class PathMap {
 public:
  /// The expression has to fit the whole path; $0 is the path, $1 to $9 its groups, $$ a dollar. Exit status 2 for what
  /// is no rule.
  static Outcome<PathMap> parse(const std::string& rule);

  /// Nothing when the rule does not fit. Else the address in each of the spellings in which browsers and libraries
  /// escape the path, each once: to the server those are different pictures.
  std::vector<std::string> urls_of(std::string_view path) const;

 private:
  using Part = std::variant<std::string, std::size_t>;  // a text, or a group's number

  PathMap(gitdiff::Pattern pattern, std::vector<Part> parts) : pattern_(std::move(pattern)), parts_(std::move(parts)) {}
  std::string fill(const std::vector<std::string>& groups, std::string_view kept) const;

  gitdiff::Pattern pattern_;
  std::vector<Part> parts_;
};

/// The path with everything escaped but letters, digits, `-._~/` and what is `kept`.
std::string escape_path(std::string_view path, std::string_view kept);

}  // namespace imcaxy::command
