// Text and pictures over a picture. Internal to the image module; may throw vips::VError.
#pragma once

#include <vips/vips8>

#include "image/edit.hpp"

namespace imcaxy::image {

vips::VImage with_text(const vips::VImage& image, const TextMark& mark);
vips::VImage with_picture(const vips::VImage& image, const PictureMark& mark);

}  // namespace imcaxy::image
