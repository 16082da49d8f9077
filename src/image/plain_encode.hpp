// Pictures as libvips writes them where nothing more is asked of it. Internal to the image module.
#pragma once

#include <vips/vips8>

#include "base/bytes.hpp"
#include "image/edit.hpp"

namespace imcaxy::image {

/// JPEG, PNG or WebP as bimg has libvips write it. May throw vips::VError.
Bytes encoded_plainly(const vips::VImage& image, const Encoding& how);

}  // namespace imcaxy::image
