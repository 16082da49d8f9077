// A picture as it lies in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "image/scale.hpp"

namespace imcaxy::image::score {

/// Samples of 8 bits in sRGB, interleaved, row after row. Whoever makes one keeps the samples alive.
struct View {
  Size size;
  int bands = 3;           ///< 3: red, green, blue; 4: and opacity, by which colours are not multiplied
  std::size_t stride = 0;  ///< bytes from one row to the next
  std::span<const std::uint8_t> samples;

  const std::uint8_t* row(int y) const { return samples.data() + static_cast<std::size_t>(y) * stride; }
};

/// Rows that lie close together.
inline View view(Size size, int bands, std::span<const std::uint8_t> samples) {
  return {size, bands, static_cast<std::size_t>(size.width) * static_cast<std::size_t>(bands), samples};
}

}  // namespace imcaxy::image::score
