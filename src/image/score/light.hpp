// Samples to light.
#pragma once

#include <array>
#include <optional>

#include "image/score/view.hpp"

namespace imcaxy::image::score {

/// What a picture with opacity is put on: a gray between 0 and 1, in sRGB.
using Ground = std::optional<double>;

/// The light of a row's red, green and blue, 0 to 1. Without a ground opacity is not looked at.
void read_light(const std::uint8_t* samples, int width, int bands, const Ground& ground,
                const std::array<float*, 3>& light);

}  // namespace imcaxy::image::score
