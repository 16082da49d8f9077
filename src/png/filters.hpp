// The filters of PNG (W3C Portable Network Graphics, section 9) for 8-bit samples.
#pragma once

#include <cstddef>
#include <cstdint>

namespace imcaxy::png {

enum class Filter : std::uint8_t { none, sub, up, average, paeth };

/// Chooses the one whose result has the smallest sum of absolute values, as signed bytes, and writes it: its number,
/// then `size` bytes. `above`: the row before, or zeros. `step`: bytes of a pixel.
void filter_row(const std::uint8_t* row, const std::uint8_t* above, std::size_t size, std::size_t step,
                std::uint8_t* out);

/// Bytes behind a row that unfilter_row reads and leaves as they are; behind the row above it reads them, too.
inline constexpr std::size_t row_padding = 8;

/// Undoes one in place. False when there is no such filter.
bool unfilter_row(std::uint8_t filter, std::uint8_t* row, const std::uint8_t* above, std::size_t size,
                  std::size_t step);

}  // namespace imcaxy::png
