// What counts how much in a score.
#pragma once

#include <array>
#include <vector>

#include "image/scale.hpp"

namespace imcaxy::image::score {

/// X (red against green), Y (brightness), B (blue against brightness).
inline constexpr int channels = 3;
inline constexpr int most_levels = 6;

/// Of one channel at one scale, over all pixels: the mean, and the fourth root of the mean fourth power, of three
/// errors.
struct Errors {
  struct Norms {
    double mean = 0, fourth = 0;
  };
  Norms structure;  ///< what SSIM takes for different
  Norms added;      ///< edges where there were none: ringing, blocks, banding
  Norms lost;       ///< edges that are there no longer: blur
};

/// A scale at which pictures are compared, and which of their channels count.
struct Level {
  Size size;
  std::array<bool, channels> counts{};

  bool any() const { return counts[0] || counts[1] || counts[2]; }
};

/// Each scale half as large as the one before: six of them, or as many as there are until a side is below 8. Those at
/// the end of which nothing counts are left out.
std::vector<Level> levels_of(Size size);

/// The score by the errors of each level; those of channels that do not count are not looked at.
double score_of(Size size, const std::vector<std::array<Errors, channels>>& errors);

}  // namespace imcaxy::image::score
