// Patterns of allowed domains. The first line of an input is the pattern, the rest the text.
#include "target.hpp"

#include <string>
#include <vector>

#include "base/glob.hpp"
#include "base/text.hpp"

using namespace imcaxy;
using fuzz::require;

namespace {

/// The same by the book: which beginnings of the text the pattern's beginning matches.
bool matches_by_table(std::string_view pattern, std::string_view text) {
  std::vector<bool> reached(text.size() + 1, false);
  reached[0] = true;
  for (const char p : pattern) {
    std::vector<bool> next(text.size() + 1, false);
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (p == '*') {
        next[i] = reached[i] || (i > 0 && next[i - 1]);
      } else {
        next[i] = i > 0 && reached[i - 1] && ascii_lower(p) == ascii_lower(text[i - 1]);
      }
    }
    reached = std::move(next);
  }
  return reached[text.size()];
}

}  // namespace

FUZZ_TARGET(glob) {
  const std::string_view pattern = fuzz::take_line(input);
  const bool matches = glob_matches(pattern, input);
  require(matches == matches_by_table(pattern, input), "it is what the table says");
  require(glob_matches("*", input), "a star stands for everything");
  if (input.find('*') == input.npos) require(glob_matches(input, input), "a text matches itself");
  require(glob_matches(ascii_lower(pattern), input) == matches, "letters have no case");
  const std::string wider = "*" + std::string(pattern) + "*";
  if (matches) require(glob_matches(wider, "x" + std::string(input) + "y"), "more stars match more");
}
