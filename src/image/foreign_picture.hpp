// Foreign pictures as libvips' images. Internal to the image module; all may throw vips::VError and ForeignError.
#pragma once

#include <vips/vips8>

#include "base/bytes.hpp"
#include "image/edit.hpp"
#include "image/header.hpp"
#include "image/scale.hpp"

namespace imcaxy::image {

/// Of one page.
Header read_foreign_header(const Bytes& picture, Format format, const Limits& limits, int page = 0);

/// The page that the header names, or the first, as it is stored, in its own colours, with its profile. PDF
/// comes at the size that is wanted, other formats at that or a larger one. The pixels are those that the other process
/// wrote, uncopied.
vips::VImage decode_foreign(const Bytes& picture, const Header& header, const Scale& wanted);

Bytes encode_foreign(const vips::VImage& image, const Encoding& how);

}  // namespace imcaxy::image
