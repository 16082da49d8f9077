// Encoders at the effort that pays when nobody waits. Internal to the image module; may throw vips::VError.
#pragma once

#include <vips/vips8>

#include "base/bytes.hpp"
#include "image/edit.hpp"

namespace imcaxy::image {

/// A still picture, in one of the encoding's ways.
Bytes thoroughly_encoded(const vips::VImage& image, const Encoding& how);

/// How many ways there are, none of which is the best for all pictures; 0 for formats that have none. Some ways of what
/// is lossless are so but nearly: the result has to be looked at.
int thorough_ways(const Encoding& how);

/// What stands in for the encoding's quality in its way, so that the picture looks about the same.
int usual_quality(const Encoding& how);

}  // namespace imcaxy::image
