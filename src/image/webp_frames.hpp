// The frames of a written WebP animation.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace imcaxy::image {

/// libwebp joins neighbours that look alike into one frame that stays longer. This gives every frame its place and its
/// delay again: what is added is transparent, and a few bytes. `delays` are those that the encoder was given, in
/// milliseconds. Bytes that are no such animation, or do not fit the delays, are returned as they are.
Bytes with_every_frame(const Bytes& webp, const std::vector<int>& delays);

/// The delay that libvips writes for one that is asked for.
int webp_delay(int wanted);

}  // namespace imcaxy::image
