#include "image/score/pyramid.hpp"

#include <algorithm>

namespace imcaxy::image::score {

std::array<float*, 3> Pyramid::light(std::size_t level, int y) {
  Light& from = level == 0 ? rows_ : planes_[level % 2];
  const int row = level == 0 ? y % 2 : y;
  return {from[0][row], from[1][row], from[2][row]};
}

/// When the row is the second of two, or the last one, which then counts twice.
void Pyramid::halve_into_next(std::size_t level, const Level& next, int y) {
  const auto above = light(level, y - y % 2), below = light(level, y), out = light(level + 1, y / 2);
  for (std::size_t band = 0; band < 3; ++band) halve(above[band], below[band], next.size.width, out[band]);
}

std::array<const float*, channels> Pyramid::opsin_of(const std::array<float*, 3>& light, const Level& level) {
  const int width = level.size.width, rounded = (width + line_block - 1) / line_block * line_block;
  const std::array<float*, 3> all{opsin_[0], opsin_[1], opsin_[2]};
  opsin({light[0], light[1], light[2]}, width,
        {level.counts[0] ? all[0] : nullptr, all[1], level.counts[2] ? all[2] : nullptr});
  std::array<const float*, channels> out{};
  for (std::size_t channel = 0; channel < channels; ++channel) {
    if (!level.counts[channel]) continue;
    std::fill(all[channel] + width, all[channel] + rounded, 0.0f);
    out[channel] = all[channel];
  }
  return out;
}

void Pyramid::walk(const View& view, const Ground& ground, const std::vector<Level>& levels, const Visit& visit) {
  for (Lines& band : rows_) band.reset(view.size.width, 2);
  for (std::size_t number = 0; number < levels.size(); ++number) {
    const Level& level = levels[number];
    const Level* const next = number + 1 < levels.size() ? &levels[number + 1] : nullptr;
    if (next != nullptr)
      for (Lines& band : planes_[(number + 1) % 2]) band.reset(next->size.width, next->size.height);
    opsin_.reset(level.size.width, channels);
    const auto [width, height] = level.size;
    for (int y = 0; y < height; ++y) {
      const auto row = light(number, y);
      if (number == 0) read_light(view.row(y), width, view.bands, ground, row);
      // Of an odd width the last column counts twice.
      if (width % 2 != 0)
        for (float* const band : row) band[width] = band[width - 1];
      if (next != nullptr && (y % 2 != 0 || y == height - 1)) halve_into_next(number, *next, y);
      if (level.any()) visit(number, y, opsin_of(row, level));
    }
  }
}

}  // namespace imcaxy::image::score
