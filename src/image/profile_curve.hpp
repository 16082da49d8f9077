// The transfer curve that a picture's colours are told in. Internal to the image module; may throw vips::VError.
#pragma once

#include <memory>

#include <vips/vips8>

#include "image/resample/curve.hpp"

namespace imcaxy::image {

/// Of a picture with a usable profile how its greys are related to light, by that profile; sRGB's of all others, and
/// where the profile makes no sense; none at all where the
/// library was not started with linear light. Those of the last profiles are remembered. Thread-safe.
std::shared_ptr<const resample::Curve> curve_of(const vips::VImage& image);

}  // namespace imcaxy::image
