// Pictures whose colour comes at a quarter of the pixels, as in most JPEGs: the light of their 2x2 pixels, without
// making the pixels.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "image/resample/curve_polynomial.hpp"

namespace imcaxy::image::resample {

/// Two rows of brightness and the row of colour between them (ITU-T T.871: Y, Cb, Cr), `width` being that of the
/// colour. Brightness has twice as many samples; all rows may be read 128 samples beyond.
struct QuarterColourRow {
  int width = 0;
  std::array<const std::uint8_t*, 2> brightness{};
  /// The row itself between its neighbours above and below.
  std::array<const std::uint8_t*, 3> blue{}, red{};
};

/// Mean light of each 2x2 pixels, or 2x1. Colour is smoothed as a decoder does when it spreads a sample over four
/// pixels. Instead of the mean of the pixels' light it is the light of their mean and what their spread adds to it, by
/// the curve's second derivative (a Taylor series): within 3 % of the light even of noise. Not
/// thread-safe.
class QuarterColour {
 public:
  /// `width`: of the colour's rows.
  QuarterColour(const CurvePolynomial& curve, int width);

  /// light - 32768 of red, green and blue; into 64 samples beyond the width.
  using Light = std::array<std::int16_t*, 3>;
  void average(const QuarterColourRow& row, const Light& light);

  /// The same of two pixels beside each other each, of the upper or the lower row of brightness.
  void average_upper(const QuarterColourRow& row, const Light& light);
  void average_lower(const QuarterColourRow& row, const Light& light);

 private:
  /// `parts`: of the rows of colour, eight together.
  void average(const QuarterColourRow& row, const std::array<std::int16_t, 3>& parts, const Light& light);

  const CurvePolynomial curve_;
  const std::array<float, 5> half_bend_;
  std::vector<std::int16_t> blue_, red_;
};

}  // namespace imcaxy::image::resample
