// Rows of interleaved samples to rows of light, one for each band. Internal to the resampler.
#pragma once

#include <cstddef>
#include <cstdint>

#include "image/resample/curve.hpp"

namespace imcaxy::image::resample {

/// `light`: for each of `bands` (1 to 4) a row of `width`, as a filter wants it: light - 32768, by that band's curve.
/// Beyond the width 64 samples may be written.
void read_samples(const std::uint8_t* samples, int width, int bands, const Curve* const* curves,
                  std::int16_t* const* light);
void read_samples(const std::uint16_t* samples, int width, int bands, const Curve* const* curves,
                  std::int16_t* const* light);

/// Averages of boxes: `sums` are those of `rows` rows, and so many samples of a row as `box` says are taken together;
/// the last box is filled with the last sample.
void average_boxes(const std::int32_t* sums, int width, int box, int rows, std::int16_t* light);

/// The other way, to samples of 8 bits: light is counted from 0.
void write_samples(const std::uint16_t* const* light, int width, int bands, const Curve* const* curves,
                   std::uint8_t* samples);

/// Two ways to do the same, of which the machine's better one is taken above: by tables in memory, and by tables in
/// registers, which AVX-512 VBMI can search (Ice Lake, Zen 4 and later), ten times as fast.
namespace by_memory {
void read_samples(const std::uint8_t* samples, int width, int bands, const Curve* const* curves,
                  std::int16_t* const* light);
void write_samples(const std::uint16_t* const* light, int width, int bands, const Curve* const* curves,
                   std::uint8_t* samples);
}  // namespace by_memory
namespace by_registers {
bool possible();
void read_samples(const std::uint8_t* samples, int width, int bands, const Curve* const* curves,
                  std::int16_t* const* light);
/// All curves have nodes.
void write_samples(const std::uint16_t* const* light, int width, int bands, const Curve* const* curves,
                   std::uint8_t* samples);
}  // namespace by_registers

}  // namespace imcaxy::image::resample
