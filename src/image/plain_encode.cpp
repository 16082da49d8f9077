#include "image/plain_encode.hpp"

namespace imcaxy::image {
namespace {

using vips::VImage;

Bytes copied(VipsBlob* blob) {
  std::size_t size = 0;
  const auto* data = static_cast<const char*>(vips_blob_get(blob, &size));
  const Bytes bytes = Bytes::copy({data, size});
  vips_area_unref(VIPS_AREA(blob));
  return bytes;
}

}  // namespace

/// Settings that are not named here are those that libvips has, in the order of bimg's vips.h.
Bytes encoded_plainly(const VImage& image, const Encoding& how) {
  vips::VOption* const options = VImage::option();
  switch (how.format) {
    case Format::png:
      options->set("compression", how.compression)
          ->set("interlace", how.interlace)
          ->set("filter", VIPS_FOREIGN_PNG_FILTER_ALL);
      if (how.palette) options->set("palette", true);
      return copied(image.pngsave_buffer(options));
    case Format::webp:
      return copied(image.webpsave_buffer(options->set("Q", how.quality)));
    default:
      return copied(image.jpegsave_buffer(
          options->set("Q", how.quality)->set("optimize_coding", true)->set("interlace", how.interlace)));
  }
}

}  // namespace imcaxy::image
