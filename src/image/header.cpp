#include "image/header.hpp"

#include <fmt/format.h>

#include "image/foreign.hpp"
#include "image/foreign_picture.hpp"
#include "image/vips_call.hpp"

namespace imcaxy::image {

namespace {

/// By the linked libvips itself.
Header read_own_header(const Bytes& picture, Format format) {
  const vips::VImage image = vips::VImage::new_from_buffer(picture.data(), picture.size(), "");
  Header header;
  header.format = format;
  header.size = {image.width(), image.height()};
  header.frames = vips_image_get_n_pages(image.get_image());
  header.bands = image.bands();
  // TIFF has a field of its own that is 1 when nobody cared.
  const int orientation =
      image.get_typeof(VIPS_META_ORIENTATION) != 0 ? vips_image_get_orientation(image.get_image()) : 0;
  header.orientation = orientation > 1 || image.get_typeof("exif-ifd0-Orientation") != 0 ? orientation : 0;
  header.alpha = image.has_alpha();
  header.profile = image.get_typeof(VIPS_META_ICC_NAME) != 0;
  header.space = vips_enum_nick(VIPS_TYPE_INTERPRETATION, image.interpretation());
  return header;
}

}  // namespace

Result<Header> read_header(const Bytes& picture, const Limits& limits) {
  return vips_call([&]() -> Result<Header> {
    const Format format = sniff(picture.view());
    Header header =
        is_foreign(format) ? read_foreign_header(picture, format, limits) : read_own_header(picture, format);
    const auto pixels = static_cast<std::uint64_t>(header.size.width) * static_cast<std::uint64_t>(header.size.height) *
                        static_cast<std::uint64_t>(header.frames);
    if (pixels > limits.max_pixels) return fail(422, "Image resolution is too big");
    if (header.frames > limits.max_frames)
      return fail(422, fmt::format("Image has {} frames, at most {} are allowed (IMCAXY_MAX_FRAMES)", header.frames,
                                   limits.max_frames));
    return header;
  });
}

}  // namespace imcaxy::image
