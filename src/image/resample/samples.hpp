// Rows of interleaved samples to rows of light, one for each band. Internal to the resampler.
#pragma once

#include <cstddef>
#include <cstdint>

namespace imcaxy::image::resample {

/// `light`: for each of `bands` (1 to 4) a row of `width`, by that band's table: of 256 entries for samples of 8 bits,
/// of 65536 for 16. Tables and light are as a filter wants them: light - 32768.
void read_samples(const std::uint8_t* samples, int width, int bands, const std::int16_t* const* tables,
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
