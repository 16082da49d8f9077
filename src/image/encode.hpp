// Pixels into the bytes of a format. Internal to the image module; may throw vips::VError.
#pragma once

#include <vips/vips8>

#include "base/bytes.hpp"
#include "image/edit.hpp"

namespace imcaxy::image {

/// Without private metadata. The format can hold the picture: alpha, colour space, frames.
Bytes encoded(const vips::VImage& picture, const Encoding& how);

/// What a saver of libvips gives, which is let go. A copy: its buffers are up to twice as large as what is in them, and
/// answers are kept.
Bytes adopt(VipsBlob* blob);

/// What its `whole_colour` is for libvips.
VipsForeignSubsample subsampling(const Encoding& how);

/// A JPEG that is quick to read, with colour at every pixel; of 8 bits, grey or RGB.
Bytes written_to_be_read_again(const vips::VImage& image, int quality);

}  // namespace imcaxy::image
