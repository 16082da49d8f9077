// Decoding a picture at another size: the one place that decides how. Internal to the image module.
#pragma once

#include <optional>

#include <vips/vips8>

#include "base/bytes.hpp"
#include "image/edit.hpp"
#include "image/header.hpp"

namespace imcaxy::image {

/// Whether samples may be averaged before they are weighed, where that is quicker.
enum class Precision { exact, lossy };

/// Decodes `picture` to the size that `scale` names (of a frame as it is stored, not turned), or to its own, in sRGB or
/// grey, or in its own space, 8 bits a band: as many frames as `header` says. Pixels are resampled in linear light;
/// drawings (SVG, PDF) are drawn at the size. Throws vips::VError.
vips::VImage decode_resized(const Bytes& picture, const Header& header, const std::optional<Scale>& scale,
                            Colours colours = Colours::srgb, Precision precision = Precision::exact);

/// A picture that was decoded before, every frame to just this size, whatever that does to its proportions.
vips::VImage resized(const vips::VImage& image, const Size& size);

}  // namespace imcaxy::image
