// The mean light of 2x2 pixels by tables in registers (see samples.hpp), half as costly as by polynomials.
// Internal to the resampler.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "image/resample/curve.hpp"
#include "image/resample/quarter_colour.hpp"

namespace imcaxy::image::resample {

/// Of samples from 0 to 255: light, how much more the next has, and, times 65536, what each quarter of a squared sample
/// of variance adds.
struct LightTables {
  /// Times 63 it fits into 16 bits.
  static constexpr int most_step = 1040;

  std::array<std::uint16_t, 256> node, step, bend;
};
/// Nothing for curves that are too steep or too crooked.
std::optional<LightTables> light_tables(const Curve& curve);

namespace by_registers {

/// As QuarterColour::average, with colours smoothed down already, eight times the sample: they are read from one before
/// to 64 beyond the width. Only where by_registers::possible().
void average(const QuarterColourRow& row, const LightTables& tables, const std::int16_t* blue, const std::int16_t* red,
             const QuarterColour::Light& light);
/// The pixels themselves, two for each of the row's `width`.
void pixels(const std::uint8_t* brightness, int width, const LightTables& tables, const std::int16_t* blue,
            const std::int16_t* red, const QuarterColour::Light& light);

}  // namespace by_registers
}  // namespace imcaxy::image::resample
