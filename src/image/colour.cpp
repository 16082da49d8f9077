#include "image/colour.hpp"

namespace imcaxy::image {
namespace {

using vips::VImage;

/// Floating point without colour counts light from 0 to 1, as its kin with three bands does, which libvips knows.
bool is_linear_grey(const VImage& image) {
  const bool real = image.format() == VIPS_FORMAT_FLOAT || image.format() == VIPS_FORMAT_DOUBLE;
  return real && image.bands() < 3 && image.interpretation() != VIPS_INTERPRETATION_LAB;
}

VImage linear_grey_in_srgb(const VImage& image) {
  const VImage light = image.extract_band(0);
  const VImage grey = light.bandjoin(light)
                          .bandjoin(light)
                          .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_scRGB))
                          .colourspace(VIPS_INTERPRETATION_sRGB)
                          .extract_band(1)
                          .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_B_W));
  if (image.bands() == 1) return grey;
  return grey.bandjoin(image.extract_band(1).linear(255, 0).cast(VIPS_FORMAT_UCHAR));
}

VImage by_interpretation(const VImage& image) {
  if (is_linear_grey(image)) return linear_grey_in_srgb(image);
  return image.colourspace(image.bands() < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB);
}

}  // namespace

bool has_usable_profile(const VImage& image) {
  if (image.get_typeof(VIPS_META_ICC_NAME) == 0 || image.coding() != VIPS_CODING_NONE) return false;
  std::size_t size = 0;
  const void* data = image.get_blob(VIPS_META_ICC_NAME, &size);
  return vips_icc_is_compatible_profile(image.get_image(), data, size) != 0;
}

const char* srgb_profile(int bands) {
  return bands < 3 ? "sgrey" : "srgb";
}

VImage without_profile(const VImage& image) {
  if (image.get_typeof(VIPS_META_ICC_NAME) == 0) return image;
  VImage out = image.copy();
  out.remove(VIPS_META_ICC_NAME);
  return out;
}

VImage in_srgb(const VImage& image) {
  if (has_usable_profile(image)) {
    try {
      return without_profile(
          image.icc_transform(srgb_profile(image.bands()), VImage::option()
                                                               ->set("embedded", true)
                                                               ->set("depth", 8)
                                                               ->set("intent", VIPS_INTENT_PERCEPTUAL)
                                                               ->set("black_point_compensation", true)));
    } catch (const vips::VError&) {
      vips_error_clear();
    }
  }
  // Of CMYK libvips (8.18) leaves its own, in memory that is given back together with the conversion.
  return without_profile(by_interpretation(without_profile(image)));
}

VImage in_own_space(const VImage& image) {
  if (!has_usable_profile(image)) return in_srgb(image);
  switch (image.interpretation()) {
    case VIPS_INTERPRETATION_CMYK:
      if (image.has_alpha()) return in_srgb(image);  // no format that is written can hold it
      return image.cast(VIPS_FORMAT_UCHAR, VImage::option()->set("shift", true));
    case VIPS_INTERPRETATION_sRGB:
    case VIPS_INTERPRETATION_RGB:
    case VIPS_INTERPRETATION_RGB16:
    case VIPS_INTERPRETATION_B_W:
    case VIPS_INTERPRETATION_GREY16:
      return by_interpretation(image);  // between these libvips changes nothing but the depth
    default:
      return in_srgb(image);
  }
}

}  // namespace imcaxy::image
