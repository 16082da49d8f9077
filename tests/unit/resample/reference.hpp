// The resampler's filter written down once more, in double precision and without haste, from its definition: samples
// are averaged by whole factors, then weighed by Lanczos' kernel around the nearest of 64 phases.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace imcaxy::image::resample::test {

using Samples = std::vector<double>;

inline double kernel(double x) {
  if (x == 0) return 1;
  if (std::abs(x) >= 3) return 0;
  const double a = std::numbers::pi * x;
  return 3 * std::sin(a) * std::sin(a / 3) / (a * a);
}

/// Along one axis.
inline Samples resized(const Samples& source, int target) {
  const auto at = [](const Samples& s, long i) {
    return s[static_cast<std::size_t>(std::clamp(i, 0L, static_cast<long>(s.size()) - 1))];
  };
  const double ratio = static_cast<double>(source.size()) / target;
  const long box = std::max(1L, static_cast<long>(ratio / 2));
  Samples averaged;
  for (long i = 0; i * box < static_cast<long>(source.size()); ++i) {
    double sum = 0;
    for (long j = 0; j < box; ++j) sum += at(source, i * box + j);
    averaged.push_back(sum / static_cast<double>(box));
  }
  const double left = ratio / static_cast<double>(box), scale = std::max(1.0, left);
  Samples out;
  for (int i = 0; i < target; ++i) {
    const double centre = std::floor(((i + 0.5) * left - 0.5) * 64 + 0.5) / 64;
    double sum = 0, weights = 0;
    for (long j = static_cast<long>(std::floor(centre - 3 * scale)); j <= std::ceil(centre + 3 * scale); ++j) {
      const double weight = kernel((static_cast<double>(j) - centre) / scale);
      sum += weight * at(averaged, j);
      weights += weight;
    }
    out.push_back(sum / weights);
  }
  return out;
}

/// Across, then down.
inline Samples resized(const Samples& source, int width, int to_width, int to_height) {
  const int height = static_cast<int>(source.size()) / width;
  std::vector<Samples> rows;
  for (int y = 0; y < height; ++y)
    rows.push_back(resized(Samples(source.begin() + y * width, source.begin() + (y + 1) * width), to_width));
  Samples out(static_cast<std::size_t>(to_width) * static_cast<std::size_t>(to_height));
  for (int x = 0; x < to_width; ++x) {
    Samples column;
    for (const Samples& row : rows) column.push_back(row[static_cast<std::size_t>(x)]);
    const Samples done = resized(column, to_height);
    for (int y = 0; y < to_height; ++y)
      out[static_cast<std::size_t>(y) * static_cast<std::size_t>(to_width) + static_cast<std::size_t>(x)] =
          done[static_cast<std::size_t>(y)];
  }
  return out;
}

}  // namespace imcaxy::image::resample::test
