#include "image/metadata.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

namespace imcaxy::image {
namespace {

using vips::VImage;

bool is_private(std::string_view field) {
  static constexpr std::array<std::string_view, 9> beginnings{
      "exif-", "xmp-", "iptc-", "photoshop-", "jpeg-thumbnail", "png-comment", "gif-comment", "image-description",
      "magick"};
  return std::ranges::any_of(beginnings, [&](std::string_view begin) { return field.starts_with(begin); });
}

bool is_turned(const VImage& image) {
  return image.get_typeof(VIPS_META_ORIENTATION) != 0 && vips_image_get_orientation(image.get_image()) > 1;
}

bool has_profile(const VImage& image) {
  return image.get_typeof(VIPS_META_ICC_NAME) != 0;
}

}  // namespace

VImage without_private_metadata(const VImage& image, bool nothing_at_all) {
  VImage out = image.copy();
  const std::unique_ptr<gchar*, void (*)(gchar**)> fields(vips_image_get_fields(image.get_image()), g_strfreev);
  for (gchar** field = fields.get(); *field != nullptr; ++field)
    if (is_private(*field)) out.remove(*field);
  if (nothing_at_all && has_profile(out)) out.remove(VIPS_META_ICC_NAME);
  // Orientation 1 says nothing, and would be written as EXIF.
  if (image.get_typeof(VIPS_META_ORIENTATION) != 0 && (nothing_at_all || !is_turned(image)))
    out.remove(VIPS_META_ORIENTATION);
  return out;
}

vips::VOption* saving_public_metadata(const VImage& image) {
#if VIPS_MAJOR_VERSION > 8 || VIPS_MINOR_VERSION >= 15
  int keep = VIPS_FOREIGN_KEEP_NONE;
  if (has_profile(image)) keep |= VIPS_FOREIGN_KEEP_ICC;
  if (is_turned(image)) keep |= VIPS_FOREIGN_KEEP_EXIF;  // libvips makes it anew, of the orientation
  return VImage::option()->set("keep", keep);
#else
  return VImage::option()->set("strip", !has_profile(image) && !is_turned(image));
#endif
}

}  // namespace imcaxy::image
