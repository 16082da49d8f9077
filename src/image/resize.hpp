// Decoding a picture at another size: the one place where pixels are resampled. Internal to the image module.
#pragma once

#include <optional>

#include <vips/vips8>

#include "base/bytes.hpp"
#include "image/header.hpp"

namespace imcaxy::image {

/// After a conversion that did not go by a profile of the picture's own. One that is left does not fit; and of CMYK
/// libvips (8.18) leaves its own, in memory that is given back together with the conversion.
vips::VImage without_profile(vips::VImage image);

/// Decodes `picture` to the size that `scale` names (of the picture as it is stored, not turned), or to its own, in
/// sRGB or grey, 8 bits a band. Plain libvips: shrink on load, Lanczos3 to shrink and bicubic to enlarge, in the file's
/// gamma. Throws vips::VError.
vips::VImage decode_resized(const Bytes& picture, const Header& header, const std::optional<Scale>& scale);

/// The same for a picture that was decoded before; `header` holds its size.
vips::VImage resized(const vips::VImage& image, const Header& header, const std::optional<Scale>& scale);

/// To just this size, whatever it does to the proportions.
vips::VImage resized_exactly(const vips::VImage& image, const Size& size);

}  // namespace imcaxy::image
