// A picture small enough to be looked at pixel by pixel.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/scale.hpp"

namespace imcaxy::image {

/// Rows without gaps of red, green, blue and opacity, 8 bits each, sRGB; colours are not multiplied by the opacity.
struct Small {
  Size size;
  std::vector<std::uint8_t> rgba;

  std::size_t pixels() const { return rgba.size() / 4; }
};

inline constexpr int most_of_small = 100;  ///< pixels of a side, of what hashes are made of

namespace placeholder {

using Colour = std::array<double, 3>;  ///< red, green and blue, 0 to 1

/// Mean of what is visible; black of a picture that is not.
Colour mean_colour(const Small& picture);

/// A pixel as it looks upon a ground.
Colour colour_upon(const Small& picture, std::size_t pixel, const Colour& ground);

/// To 8 bits, whatever it is.
std::uint8_t to_sample(double value);

}  // namespace placeholder
}  // namespace imcaxy::image
