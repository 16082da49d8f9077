// Encoders at the effort that pays when nobody waits. Internal to the image module; may throw vips::VError.
#pragma once

#include <vips/vips8>

#include "base/bytes.hpp"
#include "image/edit.hpp"

namespace imcaxy::image {

/// JPEG, lossy WebP or AVIF of a still picture, in one of the format's ways.
VipsBlob* thoroughly_encoded(const vips::VImage& image, vips::VOption* options, const Encoding& how);

/// How many ways there are, none of which is the best for all pictures; 0 for other formats.
int thorough_ways(Format format);

}  // namespace imcaxy::image
