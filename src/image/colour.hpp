// Colour spaces and profiles. Internal to the image module; may throw vips::VError.
#pragma once

#include <vips/vips8>

namespace imcaxy::image {

/// Whether the picture's ICC profile can be read and is one for such pixels; what is no such profile is as good as
/// none.
bool has_usable_profile(const vips::VImage& image);

/// To sRGB, or grey where the picture has no colour, 8 bits a band: by its profile where it has a usable one. The
/// result has no profile: sRGB goes without saying.
vips::VImage in_srgb(const vips::VImage& image);

/// 8 bits a band in the space of the picture's own profile, which stays; in_srgb() where there is none.
vips::VImage in_own_space(const vips::VImage& image);

/// The profile that in_srgb() converts to, by libvips' name for it.
const char* srgb_profile(int bands);

vips::VImage without_profile(const vips::VImage& image);

/// `work` on colours that are multiplied by their opacity, so that what can't be seen does not shine through.
template <class Work>
vips::VImage premultiplied(const vips::VImage& image, Work work) {
  if (!image.has_alpha()) return work(image);
  return work(image.premultiply()).unpremultiply().rint().cast(image.format());
}

}  // namespace imcaxy::image
