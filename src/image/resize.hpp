// Decoding a picture at another size: the one place where pixels are resampled. Internal to the image module.
#pragma once

#include <optional>

#include <vips/vips8>

#include "base/bytes.hpp"
#include "image/header.hpp"

namespace imcaxy::image {

/// Decodes `picture` to the size that `scale` names (of the picture as it is stored, not turned), or to its own, in
/// sRGB or grey, 8 bits a band. Plain libvips: shrink on load, Lanczos3 to shrink and bicubic to enlarge, in the file's
/// gamma. Throws vips::VError.
vips::VImage decode_resized(const Bytes& picture, const Header& header, const std::optional<Scale>& scale);

}  // namespace imcaxy::image
