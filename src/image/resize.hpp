// Decoding a picture at another size: the one place where pixels are resampled. Internal to the image module.
#pragma once

#include <optional>

#include <vips/vips8>

#include "base/bytes.hpp"
#include "image/edit.hpp"
#include "image/header.hpp"

namespace imcaxy::image {

/// Decodes `picture` to the size that `scale` names (of a frame as it is stored, not turned), or to its own, in sRGB or
/// grey, or in its own space, 8 bits a band: as many frames as `header` says. Plain libvips: shrink on load, Lanczos3
/// to shrink and bicubic to enlarge, in the file's gamma. Throws vips::VError.
vips::VImage decode_resized(const Bytes& picture, const Header& header, const std::optional<Scale>& scale,
                            Colours colours = Colours::srgb);

/// The same for a picture that was decoded before; `header` holds the size of its frames.
vips::VImage resized(const vips::VImage& image, const Header& header, const std::optional<Scale>& scale);

/// To just this size, whatever it does to the proportions.
vips::VImage resized_exactly(const vips::VImage& image, const Size& size);

}  // namespace imcaxy::image
