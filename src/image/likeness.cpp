#include "image/likeness.hpp"

#include <limits>

#include "image/score/scorer.hpp"
#include "image/workpiece.hpp"

namespace imcaxy::image {
namespace {

Result<Small> pixels_of(const Bytes& picture, const Limits& limits) {
  const auto header = read_header(picture, limits, {.all = false});
  if (!header) return std::unexpected(header.error());
  return Workpiece(picture, *header).shrink(std::numeric_limits<int>::max());
}

/// Opacity costs the metric as much again: what has none leaves it out.
bool is_opaque(const Small& picture) {
  for (std::size_t i = 3; i < picture.rgba.size(); i += 4)
    if (picture.rgba[i] != 255) return false;
  return true;
}

void drop_opacity(Small& picture) {
  std::vector<std::uint8_t> rgb;
  rgb.reserve(picture.rgba.size() / 4 * 3);
  for (std::size_t i = 0; i < picture.rgba.size(); i += 4)
    rgb.insert(rgb.end(), picture.rgba.begin() + static_cast<std::ptrdiff_t>(i),
               picture.rgba.begin() + static_cast<std::ptrdiff_t>(i + 3));
  picture.rgba = std::move(rgb);
}

}  // namespace

Result<double> likeness(const Bytes& original, const Bytes& other, const Limits& limits) {
  auto first = pixels_of(original, limits), second = pixels_of(other, limits);
  if (!first) return std::unexpected(std::move(first.error()));
  if (!second) return std::unexpected(std::move(second.error()));
  if (first->size != second->size) return fail(400, "the pictures differ in size");
  int bands = 4;
  if (is_opaque(*first) && is_opaque(*second)) {
    drop_opacity(*first);
    drop_opacity(*second);
    bands = 3;
  }
  score::Scorer scorer;
  if (auto ok = scorer.set_reference(score::view(first->size, bands, first->rgba)); !ok)
    return std::unexpected(std::move(ok.error()));
  return scorer.score(score::view(second->size, bands, second->rgba));
}

}  // namespace imcaxy::image
