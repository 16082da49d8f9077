#include "image/header.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "image/foreign.hpp"
#include "image/foreign_picture.hpp"
#include "image/vips_call.hpp"

namespace imcaxy::image {
namespace {

vips::VImage opened(const Bytes& picture, std::optional<int> page) {
  auto* options = vips::VImage::option();
  if (page) options->set("page", *page);
  return vips::VImage::new_from_buffer(picture.data(), picture.size(), "", options);
}

/// How many frames have to be decoded for what is wanted: those of an animation build on the ones before.
int frames_to_decode(const Header& header) {
  return can_animate(header.format) ? std::max(header.frames, header.page.value_or(0) + 1) : 1;
}

Result<void> check_page(const Header& header, const Pages& pages) {
  if (!pages.page || (*pages.page >= 0 && *pages.page < header.pages)) return {};
  return fail(404, fmt::format("there is no page {}: the picture has {}, counted from 0", *pages.page,
                               header.pages == 1 ? "1 page" : fmt::format("{} pages", header.pages)));
}

/// By the linked libvips itself.
Result<Header> read_own(const Bytes& picture, Format format, const Pages& pages) {
  vips::VImage image = opened(picture, std::nullopt);
  Header header;
  header.format = format;
  header.pages = vips_image_get_n_pages(image.get_image());
  if (auto ok = check_page(header, pages); !ok) return std::unexpected(std::move(ok.error()));
  if (pages.page && has_pages(format)) {
    image = opened(picture, pages.page);
    header.page = pages.page;
  }
  header.size = {image.width(), image.height()};
  if (pages.all && !pages.page && can_animate(format)) header.frames = header.pages;
  header.bands = image.bands();
  // TIFF has a field of its own that is 1 when nobody cared.
  const int orientation =
      image.get_typeof(VIPS_META_ORIENTATION) != 0 ? vips_image_get_orientation(image.get_image()) : 0;
  header.orientation = orientation > 1 || image.get_typeof("exif-ifd0-Orientation") != 0 ? orientation : 0;
  header.alpha = image.has_alpha();
  header.profile = image.get_typeof(VIPS_META_ICC_NAME) != 0;
  header.space = vips_enum_nick(VIPS_TYPE_INTERPRETATION, image.interpretation());
  header.floating = vips_band_format_isfloat(image.format()) != 0;
  header.per_mm_across = image.xres();
  header.per_mm_down = image.yres();
  return header;
}

/// By the other process. Pages may differ in size, so a named one is asked for by itself.
Result<Header> read_foreign(const Bytes& picture, Format format, const Limits& limits, const Pages& pages) {
  Header header = read_foreign_header(picture, format, limits);
  if (auto ok = check_page(header, pages); !ok) return std::unexpected(std::move(ok.error()));
  if (pages.page.value_or(0) > 0) header = read_foreign_header(picture, format, limits, *pages.page);
  header.page = pages.page;
  return header;
}

}  // namespace

Result<Header> read_header(const Bytes& picture, const Limits& limits, const Pages& pages) {
  return vips_call([&]() -> Result<Header> {
    const Format format = sniff(picture.view());
    auto read = is_foreign(format) ? read_foreign(picture, format, limits, pages) : read_own(picture, format, pages);
    if (!read) return read;
    const Header& header = *read;
    const int frames = frames_to_decode(header);
    const auto pixels = static_cast<std::uint64_t>(header.size.width) * static_cast<std::uint64_t>(header.size.height) *
                        static_cast<std::uint64_t>(frames);
    if (pixels > limits.max_pixels) return fail(422, "Image resolution is too big");
    if (frames > limits.max_frames)
      return fail(422, fmt::format("Image has {} frames, at most {} are allowed (IMCAXY_MAX_FRAMES)", frames,
                                   limits.max_frames));
    return read;
  });
}

}  // namespace imcaxy::image
