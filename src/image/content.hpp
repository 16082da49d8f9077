// Looking at finished pixels. Internal to the image module; may throw vips::VError.
#pragma once

#include <vips/vips8>

namespace imcaxy::image {

/// Whether an alpha band hides nothing. Reads all of it. True without one.
bool is_opaque(const vips::VImage& image);

/// Tells photographs from drawings, text and screens by two signs: neighbours are seldom just equal, and there are more
/// colours than a palette has. Looks at some ten thousand pixels of an 8-bit image in memory.
bool looks_photographic(const vips::VImage& image);

}  // namespace imcaxy::image
