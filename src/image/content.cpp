#include "image/content.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <unordered_set>

#include "image/resample/bands.hpp"

namespace imcaxy::image {
namespace {

constexpr int rows_looked_at = 64, most_pixels_of_a_row = 512;
constexpr std::size_t colours_of_a_palette = 256, greys_of_a_drawing = 48;
constexpr double most_equal_neighbours = 0.5;

/// Of `bands` bytes a pixel: copies and comparisons of a number of bytes that is known cost nothing.
template <int bands>
bool looks_photographic(const vips::VImage& image) {
  const int colours = bands - (image.has_alpha() ? 1 : 0);
  const int step = std::max(1, image.height() / rows_looked_at);
  const int width = std::min(image.width(), most_pixels_of_a_row), left = (image.width() - width) / 2;
  const std::size_t few = colours == 1 ? greys_of_a_drawing : colours_of_a_palette;
  std::unordered_set<std::uint32_t> seen;
  std::size_t pairs = 0, equal = 0;
  for (int y = 0; y < image.height(); y += step) {
    const auto* row = VIPS_IMAGE_ADDR(image.get_image(), left, y);
    for (int x = 0; x < width; ++x, row += bands) {
      std::uint32_t colour = 0;
      std::memcpy(&colour, row, bands);
      if (colours < bands && row[colours] == 0) continue;  // what nobody sees tells nothing
      if (seen.size() <= few) seen.insert(colour);
      if (x + 1 == width) continue;
      ++pairs;
      equal += std::memcmp(row, row + bands, bands) == 0;
    }
  }
  return seen.size() > few && static_cast<double>(equal) < most_equal_neighbours * static_cast<double>(pairs);
}

}  // namespace

bool is_opaque(const vips::VImage& image) {
  return !image.has_alpha() || image[image.bands() - 1].min() >= (image.format() == VIPS_FORMAT_USHORT ? 65535 : 255);
}

bool looks_photographic(const vips::VImage& image) {
  if (image.format() != VIPS_FORMAT_UCHAR || image.bands() > 4) return true;
  return resample::with_bands(image.bands(), [&](auto bands) { return looks_photographic<bands>(image); });
}

}  // namespace imcaxy::image
