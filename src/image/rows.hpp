// A picture of libvips row by row. Internal to the image module; may throw vips::VError.
#pragma once

#include <algorithm>
#include <memory>

#include <vips/vips8>

namespace imcaxy::image {

/// From top to bottom, each pixel once: `take(void* row)`, which only reads. Of a picture in memory nothing is copied.
template <class Take>
void for_each_row(const vips::VImage& image, Take take) {
  constexpr int strip_height = 16;
  const std::unique_ptr<VipsRegion, decltype(&g_object_unref)> region(vips_region_new(image.get_image()),
                                                                      g_object_unref);
  for (int top = 0; top < image.height(); top += strip_height) {
    const VipsRect strip{0, top, image.width(), std::min(strip_height, image.height() - top)};
    if (vips_region_prepare(region.get(), &strip) != 0) throw vips::VError();
    for (int y = top; y < top + strip.height; ++y) take(VIPS_REGION_ADDR(region.get(), 0, y));
  }
}

/// The same picture with its pixels in memory. libvips' own way to it starts a thread.
inline vips::VImage in_memory(const vips::VImage& image) {
  if (image.get_image()->dtype == VIPS_IMAGE_SETBUF || image.get_image()->dtype == VIPS_IMAGE_SETBUF_FOREIGN)
    return image;
  const vips::VImage out = vips::VImage::new_memory();
  if (vips_image_pipelinev(out.get_image(), VIPS_DEMAND_STYLE_ANY, image.get_image(), nullptr) != 0)
    throw vips::VError();
  int y = 0;
  for_each_row(image, [&](void* row) {
    if (vips_image_write_line(out.get_image(), y++, static_cast<VipsPel*>(row)) != 0) throw vips::VError();
  });
  return out;
}

}  // namespace imcaxy::image
