// Reduced forms as libvips' images. Internal to the image module; may throw vips::VError.
#pragma once

#include <optional>

#include <vips/vips8>

#include "image/edit.hpp"
#include "image/header.hpp"
#include "image/source.hpp"

namespace imcaxy::image {

/// As decode_resized() of the original, whose header this is, but from the reduced form. Nothing where that does not
/// serve: both sides that are wanted have to be at most half of its own, the colours sRGB, and the picture a still one.
std::optional<vips::VImage> decode_reduced(const Source& source, const Header& header,
                                           const std::optional<Scale>& scale, Colours colours);

}  // namespace imcaxy::image
