// Rows of interleaved samples to rows of light, one for each band. Internal to the resampler.
#pragma once

#include <cstddef>
#include <cstdint>

namespace imcaxy::image::resample {

/// `light`: for each of `bands` (1 to 4) a row of `width`, as a filter wants it: light - 32768. By that band's table:
/// for samples of 8 bits Curve::placed_light_of_8_bits(), for 16 Curve::light_of_16_bits().
void read_samples(const std::uint8_t* samples, int width, int bands, const std::uint64_t* const* tables,
                  std::int16_t* const* light);
void read_samples(const std::uint16_t* samples, int width, int bands, const std::int16_t* const* tables,
                  std::int16_t* const* light);

/// Averages of boxes: `sums` are those of `rows` rows, and so many samples of a row as `box` says are taken together;
/// the last box is filled with the last sample.
void average_boxes(const std::int32_t* sums, int width, int box, int rows, std::int16_t* light);

/// The other way, to samples of 8 bits: light is counted from 0, tables have 65536 entries.
void write_samples(const std::uint16_t* const* light, int width, int bands, const std::uint8_t* const* tables,
                   std::uint8_t* samples);

}  // namespace imcaxy::image::resample
