#include "image/resize.hpp"

#include <algorithm>
#include <memory>
#include <vector>

namespace imcaxy::image {

vips::VImage without_profile(vips::VImage image) {
  if (image.get_typeof(VIPS_META_ICC_NAME) == 0) return image;
  image = image.copy();
  image.remove(VIPS_META_ICC_NAME);
  return image;
}

namespace {

/// To sRGB, or grey where the picture has no colour, by its profile where it has one.
vips::VImage in_srgb(vips::VImage image) {
  if (image.get_typeof(VIPS_META_ICC_NAME) != 0 && image.coding() == VIPS_CODING_NONE) {
    const bool grey = image.bands() < 3;
    try {
      image = image.icc_transform(grey ? "sgrey" : "srgb", vips::VImage::option()
                                                               ->set("embedded", true)
                                                               ->set("depth", 8)
                                                               ->set("intent", VIPS_INTENT_PERCEPTUAL)
                                                               ->set("black_point_compensation", true));
      return image;
    } catch (const vips::VError&) {
      vips_error_clear();  // a profile that does not fit its picture is as good as none
    }
  }
  const bool grey =
      image.interpretation() == VIPS_INTERPRETATION_B_W || image.interpretation() == VIPS_INTERPRETATION_GREY16;
  return without_profile(image.colourspace(grey ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB));
}

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

/// At most the stored size: with shrink on load where the format can.
vips::VImage decode_shrunk(const Bytes& picture, const Header& header, const Scale& scale) {
  if (scale.size == header.size)
    return vips::VImage::new_from_buffer(picture.data(), picture.size(), "",
                                         vips::VImage::option()->set("access", VIPS_ACCESS_SEQUENTIAL));
  const std::unique_ptr<VipsBlob, void (*)(VipsBlob*)> blob(vips_blob_new(nullptr, picture.data(), picture.size()),
                                                            [](VipsBlob* b) { vips_area_unref(VIPS_AREA(b)); });
  const ThumbnailArguments arguments(scale);
  return vips::VImage::thumbnail_buffer(blob.get(), arguments.width, arguments.options);
}

/// Bicubic, with the centres of both pictures in one place (vips_resize is half a result's pixel off).
vips::VImage enlarged(const vips::VImage& image, const Size& size) {
  const double x = static_cast<double>(size.width) / image.width(),
               y = static_cast<double>(size.height) / image.height();
  const bool alpha = image.has_alpha();
  const vips::VImage in = alpha ? image.premultiply() : image;
  auto* options = vips::VImage::option()
                      ->set("interpolate", vips::VInterpolate::new_from_name("bicubic"))
                      ->set("oarea", std::vector<int>{0, 0, size.width, size.height})
                      ->set("idx", 0.5)
                      ->set("idy", 0.5)
                      ->set("odx", -0.5)
                      ->set("ody", -0.5)
                      ->set("extend", VIPS_EXTEND_COPY)
                      ->set("premultiplied", true);
  const vips::VImage out = in.affine({x, 0, 0, y}, options);
  return alpha ? out.unpremultiply().cast(image.format()) : out;
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

}  // namespace

vips::VImage decode_resized(const Bytes& picture, const Header& header, const std::optional<Scale>& scale) {
  const Scale wanted = scale.value_or(Scale{header.size});
  vips::VImage image = in_srgb(decode_shrunk(picture, header, shrinking_part(wanted, header.size)));
  return reaching(image, header.size, wanted.size);
}

vips::VImage resized(const vips::VImage& image, const Header& header, const std::optional<Scale>& scale) {
  if (!scale || scale->size == header.size) return image;
  const Scale shrinking = shrinking_part(*scale, header.size);
  vips::VImage out = image.copy_memory();
  if (shrinking.size != header.size) {
    const ThumbnailArguments arguments(shrinking);
    out = out.thumbnail_image(arguments.width, arguments.options);
  }
  return reaching(out, header.size, scale->size);
}

vips::VImage resized_exactly(const vips::VImage& image, const Size& size) {
  Header header;
  header.size = {image.width(), image.height()};
  return resized(image, header, Scale{size});
}

}  // namespace imcaxy::image
