// The loops over samples, each compiled for several instruction sets of which the running machine's best is used.
// Internal to the resampler; no bounds are checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace imcaxy::image::resample {

/// Weights of one window are read in blocks of so many.
inline constexpr int tap_block = 16;
/// Rows of samples are followed by so many that may be read and written, whatever they are.
inline constexpr std::size_t row_padding = 64;

/// Weights of windows as integers, multiplied by 1 << shift.
struct IntegerBank {
  int taps = 0;  ///< of each window, a multiple of tap_block; those at the end may be 0
  int shift = 0;
  std::vector<std::int16_t> weight;  ///< window after window
};

/// For each sample of a row, a multiple of 4 of them: the first that it sees, and where its weights begin.
struct Places {
  std::vector<std::int32_t> first, window;
};

/// (light + 32768) * (alpha + 32768) / 65535 - 32768.
void premultiply(std::int16_t* light, const std::int16_t* alpha, int width);

/// Adds a row to sums.
void add_row(const std::int16_t* light, std::size_t size, std::int32_t* sums);

/// `count` times the sum of two neighbours, times `scale`.
void average_pairs(const std::int32_t* sums, int count, float scale, std::int16_t* light);

/// Down: the sum of `count` rows, an even number, with a weight for each, times 1 << shift; half of it is stored, so
/// that what overshoots finds room. Light is counted from the middle, as light - 32768. `size` is a multiple of 16.
void filter_down(const std::int16_t* const* rows, const std::int16_t* weights, int count, int shift, std::size_t size,
                 std::int16_t* halved);
/// Where there is no better way: see filter_down_by_vnni.hpp.
namespace by_highway {
void filter_down(const std::int16_t* const* rows, const std::int16_t* weights, int count, int shift, std::size_t size,
                 std::int16_t* halved);
}  // namespace by_highway

/// Across, 1 to 4 bands of what filter_down made: places.first.size() samples of light, from 0 to 65535 and beyond, for
/// each.
void filter_across(const std::int16_t* const* halved, int bands, const IntegerBank& bank, const Places& places,
                   float* const* light);

/// Rounded, and limited to 0 to 65535. `size` as above.
void to_integers(const float* light, std::size_t size, std::uint16_t* out);

/// light * 65535 / alpha; 0 where alpha is less than 1. `size` as above.
void unpremultiply(float* light, const float* alpha, std::size_t size);

}  // namespace imcaxy::image::resample
