// Pixels into a WebP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace imcaxy::webp {

/// Neither side may be longer.
inline constexpr int longest_side = 16383;

struct Pixels {
  int width = 0, height = 0;
  int bands = 3;                          ///< 3: red, green and blue, 4: opacity, too
  const std::uint8_t* samples = nullptr;  ///< bands interleaved
  std::size_t row_bytes = 0;              ///< from one row to the next
};

struct Writing {
  int quality = 75;  ///< 1 to 100; opacity is written without loss
  int effort = 2;    ///< 0 to 6: libwebp's `method`
};

/// With loss, and nothing but the pixels: no profile, no metadata. Thread-safe. Needs one and a half bytes of memory
/// for each pixel, beside the answer.
Result<std::string> write(const Pixels& pixels, const Writing& writing);

}  // namespace imcaxy::webp
