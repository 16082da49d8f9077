// Decoding a picture at another size: the one place where pixels are resampled. Internal to the image module.
#pragma once

#include <optional>

#include <vips/vips8>

#include "base/bytes.hpp"
#include "image/header.hpp"

namespace imcaxy::image {

/// Decodes `picture` to exactly `size` (of the picture as it is stored, not turned), or at its own size when that is
/// nothing, in sRGB or grey, 8 bits a band. Plain libvips: shrink on load, then Lanczos3 in the file's gamma.
/// Throws vips::VError.
vips::VImage decode_resized(const Bytes& picture, const Header& header, std::optional<Size> size);

}  // namespace imcaxy::image
