#include "wording.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace imcaxy::command {
namespace {

constexpr std::size_t most_shown_bytes = 300;

}  // namespace

std::string shown(std::string_view text) {
  text = trimmed(text);
  const bool cut = text.size() > most_shown_bytes;
  text = text.substr(0, most_shown_bytes);
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    // Controls move a terminal's cursor and more, those of two bytes (U+0080 to U+009F) as well.
    const bool control =
        first < 0x20 || first == 0x7f || (length == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0);
    if (length == 0 || control)
      out += fmt::format("\\x{:02x}", first);
    else
      out += text.substr(0, length);
    text.remove_prefix(length == 0 || control ? 1 : length);
  }
  return cut ? out + "..." : out;
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace imcaxy::command
