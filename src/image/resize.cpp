#include "image/resize.hpp"

namespace imcaxy::image {
namespace {

/// To sRGB, or grey where the picture has no colour, by its profile where it has one.
vips::VImage in_srgb(vips::VImage image) {
  if (image.get_typeof(VIPS_META_ICC_NAME) != 0 && image.coding() == VIPS_CODING_NONE) {
    const bool grey = image.bands() < 3;
    try {
      image = image.icc_transform(grey ? "sgrey" : "srgb", vips::VImage::option()->set("embedded", true)->set("depth", 8)->set(
                                                               "intent", VIPS_INTENT_PERCEPTUAL)->set("black_point_compensation", true));
      return image;
    } catch (const vips::VError&) {
      vips_error_clear();  // a profile that does not fit its picture is as good as none
    }
  }
  const bool grey = image.interpretation() == VIPS_INTERPRETATION_B_W || image.interpretation() == VIPS_INTERPRETATION_GREY16;
  return image.colourspace(grey ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB);
}

}  // namespace

vips::VImage decode_resized(const Bytes& picture, const Header& header, std::optional<Size> size) {
  if (!size || *size == header.size)
    return in_srgb(vips::VImage::new_from_buffer(picture.data(), picture.size(), "", vips::VImage::option()->set("access", VIPS_ACCESS_SEQUENTIAL)));
  VipsBlob* blob = vips_blob_new(nullptr, picture.data(), picture.size());
  const auto unref = [](VipsBlob* b) { vips_area_unref(VIPS_AREA(b)); };
  const std::unique_ptr<VipsBlob, decltype(unref)> owner(blob, unref);
  return in_srgb(vips::VImage::thumbnail_buffer(
      blob, size->width, vips::VImage::option()->set("height", size->height)->set("size", VIPS_SIZE_FORCE)->set("no_rotate", true)));
}

}  // namespace imcaxy::image
