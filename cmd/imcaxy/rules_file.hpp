// `.imcaxy.toml`: a repository's own rules for `imcaxy invalidate`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "outcome.hpp"

namespace imcaxy::command {

/// What the file says, or the flags do. Neither the server nor a token: whoever can change a file of the repository
/// must not be able to send the token elsewhere.
struct Rules {
  std::string project;
  std::vector<std::string> folders, patterns, maps;
  std::optional<std::int64_t> most_files;
};

inline constexpr const char* rules_file_name = ".imcaxy.toml";

/// Exit status 2, with the line, for what is no such file, and for keys that nobody knows.
Outcome<Rules> read_rules(const std::string& path);

}  // namespace imcaxy::command
