#include "image/text_size.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"

namespace imcaxy::image {
namespace {

/// As libvips takes them for a mark that does not say.
constexpr double default_points = 10;
constexpr int default_dpi = 150;

/// In units of the font's size: the widest ASCII letter, the widest of all others, the height of a line.
constexpr double widest_ascii = 1, widest_other = 8, line_height = 2;

/// The largest number in a font's description: its size, unless the description is there to mislead.
double points_of(const std::string& font) {
  double points = 0;
  for (const std::string& part : split_list(font, ',')) {
    for (const std::string& word : split_list(part, ' ')) points = std::max(points, std::strtod(word.c_str(), nullptr));
  }
  return points > 0 ? points : default_points;
}

/// Whether a tag has an element or an attribute that makes letters or lines larger.
bool sets_sizes(std::string_view markup) {
  static constexpr std::array words{"big", "size", "font", "desc", "face", "scale", "rise", "spacing", "height"};
  const std::string text = ascii_lower(markup);
  for (std::size_t open = text.find('<'); open != text.npos; open = text.find('<', open + 1)) {
    const std::string_view tag = std::string_view(text).substr(open, text.find('>', open) - open);
    if (std::ranges::any_of(words, [&](const char* word) { return tag.find(word) != tag.npos; })) return true;
  }
  return false;
}

/// What a layout can make of a text at most; markup counts as letters.
struct Extent {
  double width = 0, height = 0;
};

Extent largest_extent(std::string_view text, double em, double wrap) {
  double total = 0, word = 0, longest_word = 0;
  double ends = 0, breaks = 0;  // where a line has to end, and where it can
  for (const char c : text) {
    const bool ascii = static_cast<unsigned char>(c) < 0x80;
    const bool letter = ascii && ((c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'));
    // Of a longer sequence each byte is counted as a part of the widest letter.
    const double width = em * (ascii ? widest_ascii : widest_other / 2);
    total += width;
    word = letter || !ascii ? word + width : width;
    longest_word = std::max(longest_word, word);
    if (static_cast<unsigned char>(c) < 0x20 || c == '\xe2' || c == '\xc2') ++ends;  // U+2028, U+2029 and U+0085, too
    if (!letter) ++breaks;
  }
  const double wraps = std::min(breaks, 2 * total / std::max(wrap, em));
  return {std::min(total, std::max(wrap, longest_word)), (1 + ends + wraps) * line_height * em};
}

}  // namespace

Result<void> check_text(const TextMark& mark, int picture_width, std::uint64_t max_pixels) {
  if (sets_sizes(mark.text)) return fail(400, "markup can't set sizes or fonts: use font and dpi");
  const double em = points_of(mark.font) * std::max(mark.dpi > 0 ? mark.dpi : default_dpi, 72) / 72;
  const double wrap = mark.width > 0 ? mark.width : std::max(1, picture_width / 6);
  const Extent extent = largest_extent(mark.text, em, wrap);
  if (extent.width * extent.height <= static_cast<double>(max_pixels)) return {};
  return fail(400,
              fmt::format("text of up to {:.0f}x{:.0f} pixels is more than the allowed {} megapixels: use less text, "
                          "a smaller font or a lower dpi",
                          extent.width, extent.height, static_cast<double>(max_pixels) / 1e6));
}

}  // namespace imcaxy::image
