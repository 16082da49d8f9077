// What can be told of a picture quickly, of that which decides how well codecs do with it.
#pragma once

#include <array>
#include <cstddef>

#include "image/score/view.hpp"

namespace imcaxy::image::prediction {

/// In the order of the model's weights. Logarithms are to the base of 2, of samples of 8 bits. "Differences" are those
/// of neighbours; scale 2 and 4 are means of 2x2 and 4x4 pixels.
enum Feature : std::size_t {
  log_pixels,
  log_difference_1,  ///< of brightness
  log_difference_2,
  log_difference_4,
  log_bend_1,       ///< differences of differences: noise and thin lines
  log_roughness_1,  ///< the root of the mean square of the differences: edges weigh more
  log_red_green_1,  ///< differences of colour
  log_red_green_2,
  log_blue_1,
  log_blue_2,
  block_mean,  ///< of the logarithms of the mean difference in each block of 8x8
  block_deviation,
  block_low,    ///< the tenth that is lowest begins here
  block_high,   ///< and the tenth that is highest
  flat_blocks,  ///< their share
  brightness,   ///< mean, 0 to 1
  contrast,     ///< standard deviation of it
  saturation,   ///< mean distance of colours from grey, 0 to 1
  feature_count
};
using Features = std::array<double, feature_count>;

/// Smaller pictures have none.
inline constexpr int least_side_for_features = 16;

/// Of 1 to 4 bands, grey or red, green and blue; opacity is not looked at. Both sides have at least
/// `least_side_for_features` pixels. Looks at some 200,000 pixels at most, evenly spread: about 0.3 ms.
Features features_of(const score::View& picture);

}  // namespace imcaxy::image::prediction
