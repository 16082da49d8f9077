// The colour that most of a picture has.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "image/placeholder/small.hpp"

namespace imcaxy::image::placeholder {

/// Pixels vote, by their opacity, for the eight nearest of 12x12x12 colours that are spread evenly over sRGB, for the
/// nearer ones more, so that no border between two of them splits a colour. The answer is the mean of what voted for
/// the winner: a colour that is in the picture, and not a mixture of all. Nothing when all is transparent.
std::optional<std::array<std::uint8_t, 3>> dominant_colour(const Small& picture);

}  // namespace imcaxy::image::placeholder
