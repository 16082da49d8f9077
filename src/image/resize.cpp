#include "image/resize.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "image/colour.hpp"
#include "image/foreign.hpp"
#include "image/foreign_picture.hpp"
#include "image/frames.hpp"

namespace imcaxy::image {
namespace {

/// What vips_thumbnail is told for a size that is at most the picture's own.
struct ThumbnailArguments {
  int width;
  vips::VOption* options;

  explicit ThumbnailArguments(const Scale& scale) : width(scale.size.width), options(vips::VImage::option()) {
    options->set("no_rotate", true)
        ->set("height", scale.lead == Scale::Lead::width ? VIPS_MAX_COORD : scale.size.height);
    if (scale.lead == Scale::Lead::both) options->set("size", VIPS_SIZE_FORCE);
    if (scale.lead == Scale::Lead::height) width = VIPS_MAX_COORD;
  }
};

/// At most the stored size.
Scale shrinking_part(const Scale& scale, const Size& stored) {
  return {{std::min(scale.size.width, stored.width), std::min(scale.size.height, stored.height)}, scale.lead};
}

bool is_ink(const Header& header) {
  return header.space == "cmyk";
}

/// How much smaller a JPEG may be decoded so that the wanted size is less than half of what is left.
int jpeg_shrink(const Header& header, const Size& wanted) {
  const double factor = std::min(static_cast<double>(header.size.width) / wanted.width,
                                 static_cast<double>(header.size.height) / wanted.height);
  return factor >= 16 ? 8 : factor >= 8 ? 4 : factor >= 4 ? 2 : 1;
}

/// The pages that the header names.
vips::VImage loaded(const Bytes& picture, const Header& header, const Size& wanted) {
  auto* options = vips::VImage::option()->set("access", VIPS_ACCESS_SEQUENTIAL);
  if (header.page) options->set("page", *header.page);
  // Not -1 for all: the limits have seen this number.
  if (header.frames > 1) options->set("n", header.frames);
  if (header.format == Format::jpeg && is_ink(header)) options->set("shrink", jpeg_shrink(header, wanted));
  return vips::VImage::new_from_buffer(picture.data(), picture.size(), "", options);
}

/// Shrinks while it decodes, where the format can. Of pictures without pages only, or their first page.
vips::VImage decoded_small(const Bytes& picture, const Scale& scale) {
  const std::unique_ptr<VipsBlob, void (*)(VipsBlob*)> blob(vips_blob_new(nullptr, picture.data(), picture.size()),
                                                            [](VipsBlob* b) { vips_area_unref(VIPS_AREA(b)); });
  const ThumbnailArguments arguments(scale);
  return vips::VImage::thumbnail_buffer(blob.get(), arguments.width, arguments.options);
}

/// Of one frame, to at most its own size, in the space that it is in.
vips::VImage shrunk(const vips::VImage& frame, const Scale& scale) {
  const bool same_width = frame.width() == scale.size.width, same_height = frame.height() == scale.size.height;
  if (same_width && same_height) return frame;
  const bool ink = frame.interpretation() == VIPS_INTERPRETATION_CMYK;
  if (!ink && !same_width && !same_height) {
    const ThumbnailArguments arguments(scale);
    return frame.thumbnail_image(arguments.width, arguments.options);
  }
  // vips_thumbnail would turn ink into light, and where one side stays, it forgets about the opacity.
  double x = static_cast<double>(scale.size.width) / frame.width(),
         y = static_cast<double>(scale.size.height) / frame.height();
  if (scale.lead == Scale::Lead::width) y = x;
  if (scale.lead == Scale::Lead::height) x = y;
  return premultiplied(frame,
                       [&](const vips::VImage& in) { return in.resize(x, vips::VImage::option()->set("vscale", y)); });
}

/// Bicubic, with the centres of both pictures in one place (vips_resize is half a result's pixel off).
vips::VImage enlarged(const vips::VImage& image, const Size& size) {
  const double x = static_cast<double>(size.width) / image.width(),
               y = static_cast<double>(size.height) / image.height();
  auto* options = vips::VImage::option()
                      ->set("interpolate", vips::VInterpolate::new_from_name("bicubic"))
                      ->set("oarea", std::vector<int>{0, 0, size.width, size.height})
                      ->set("idx", 0.5)
                      ->set("idy", 0.5)
                      ->set("odx", -0.5)
                      ->set("ody", -0.5)
                      ->set("extend", VIPS_EXTEND_COPY)
                      ->set("premultiplied", true);
  return premultiplied(image, [&](const vips::VImage& in) { return in.affine({x, 0, 0, y}, options); });
}

/// Rounding inside libvips can leave a row or a column too many or too few.
vips::VImage exactly(const vips::VImage& image, const Size& size) {
  if (image.width() == size.width && image.height() == size.height) return image;
  return image.embed((size.width - image.width()) / 2, (size.height - image.height()) / 2, size.width, size.height,
                     vips::VImage::option()->set("extend", VIPS_EXTEND_COPY));
}

/// What shrinking left to be done.
vips::VImage reaching(vips::VImage image, const Size& before, const Size& wanted) {
  if (wanted.width > before.width || wanted.height > before.height) image = enlarged(image, wanted);
  return exactly(image, wanted);
}

vips::VImage converted(const vips::VImage& image, Colours colours) {
  return colours == Colours::own ? in_own_space(image) : in_srgb(image);
}

/// Shrinking on load leaves the colours to vips_thumbnail, which knows nothing of inks, of light as floating point, or
/// of which page is wanted.
bool shrinks_on_load(const Header& header) {
  const bool plain = header.space == "srgb" || header.space == "b-w" || header.space == "rgb16" ||
                     header.space == "grey16" || header.space == "rgb";
  return plain && !header.floating && !header.page && header.frames == 1;
}

/// Rendered to the size, or decoded and resampled.
vips::VImage decode_foreign_resized(const Bytes& picture, const Header& header, const Scale& wanted, Colours colours) {
  const vips::VImage image = converted(decode_foreign(picture, header, wanted), colours);
  const Size size{image.width(), image.height()};
  if (std::abs(size.width - wanted.size.width) <= 1 && std::abs(size.height - wanted.size.height) <= 1)
    return exactly(image, wanted.size);
  return reaching(shrunk(image, shrinking_part(wanted, size)), size, wanted.size);
}

}  // namespace

vips::VImage decode_resized(const Bytes& picture, const Header& header, const std::optional<Scale>& scale,
                            Colours colours) {
  const Scale wanted = scale.value_or(Scale{header.size});
  if (is_foreign(header.format)) return decode_foreign_resized(picture, header, wanted, colours);
  const Scale shrinking = shrinking_part(wanted, header.size);
  if (shrinking.size != header.size && shrinks_on_load(header)) {
    const vips::VImage small = converted(decoded_small(picture, shrinking), colours);
    return reaching(small, header.size, wanted.size);
  }
  // Ink is converted when there is less of it; all else is shrunk in the space of the result.
  vips::VImage image = loaded(picture, header, shrinking.size);
  if (is_ink(header)) return reaching(converted(shrunk(image, shrinking), colours), header.size, wanted.size);
  image = converted(image, colours);
  if (wanted.size == header.size) return image;
  return each_frame(
      image, [&](const vips::VImage& frame) { return reaching(shrunk(frame, shrinking), header.size, wanted.size); });
}

vips::VImage resized(const vips::VImage& image, const Header& header, const std::optional<Scale>& scale) {
  if (!scale || scale->size == header.size) return image;
  const Scale shrinking = shrinking_part(*scale, header.size);
  return each_frame(image.copy_memory(), [&](const vips::VImage& frame) {
    return reaching(shrunk(frame, shrinking), header.size, scale->size);
  });
}

vips::VImage resized_exactly(const vips::VImage& image, const Size& size) {
  Header header;
  header.size = {image.width(), frame_height(image)};
  return resized(image, header, Scale{size});
}

}  // namespace imcaxy::image
