// Pictures of libvips through the resampler: the one way in which pixels change their number. Internal to the image
// module; may throw vips::VError.
#pragma once

#include <optional>

#include <vips/vips8>

#include "base/bytes.hpp"
#include "image/header.hpp"
#include "image/scale.hpp"

namespace imcaxy::image {

/// Every frame at just this size, whatever that does to its proportions. 8 or 16 bits a band in, 8 out; grey or RGB,
/// with opacity or without; by the curve of its profile, which stays. Pixels are read from top to bottom, once; the
/// result's are in memory.
vips::VImage in_size(const vips::VImage& image, const Size& frame);

/// Where the colour of a JPEG is stored at a quarter of its pixels, two or four of them may be averaged first, which
/// takes a third less time.
enum class Averages { none, across, across_and_down };

/// The same from a JPEG's bytes, which are not decoded by libvips. `opened`: what libvips makes of its header, for all
/// that is no pixels. Nothing when it is a JPEG that only libvips reads.
std::optional<vips::VImage> jpeg_in_size(const Bytes& jpeg, const vips::VImage& opened, const Size& size,
                                         Averages averages);

/// The same from a PNG. Nothing for what is not plain, large or damaged.
std::optional<vips::VImage> png_in_size(const Bytes& png, const vips::VImage& opened, const Size& size);

}  // namespace imcaxy::image
