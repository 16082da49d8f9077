// Patterns with `*`, as the lists of allowed domains and origins use them.
#pragma once

#include <string_view>
#include <vector>

namespace imcaxy {

/// Whether all of `text` matches: `*` stands for any bytes, none included; everything else for itself, ASCII letters
/// without case. Linear in the product of the lengths.
bool glob_matches(std::string_view pattern, std::string_view text);

/// The same with the case of letters, as paths have it.
bool path_glob_matches(std::string_view pattern, std::string_view text);

template <class Patterns>
bool any_glob_matches(const Patterns& patterns, std::string_view text) {
  for (const auto& pattern : patterns)
    if (glob_matches(pattern, text)) return true;
  return false;
}

}  // namespace imcaxy
