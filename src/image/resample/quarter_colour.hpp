// Pictures whose colour comes at a quarter of the pixels, as in most JPEGs: the light of their 2x2 pixels, without
// making the pixels.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "image/resample/curve.hpp"

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
  /// The curve by its polynomial, or by tables in registers, which some machines can search (see samples.hpp), and
  /// which are half as costly.
  enum class By { polynomial, registers };
  static By fastest();

  /// `curve` has a polynomial; one that is too steep for tables is taken by that. `width`: of the colour's rows.
  QuarterColour(const Curve& curve, int width, By by = fastest());
  ~QuarterColour();

  /// light - 32768 of red, green and blue; into 64 samples beyond the width.
  using Light = std::array<std::int16_t*, 3>;
  void average(const QuarterColourRow& row, const Light& light);

  /// The same of two pixels beside each other each, of the upper or the lower row of brightness.
  void average_upper(const QuarterColourRow& row, const Light& light);
  void average_lower(const QuarterColourRow& row, const Light& light);

  /// Whether it makes the pixels, too, cheaper than a decoder and a table do.
  bool makes_pixels() const;
  /// The pixels of the upper or the lower row of brightness, two for each of the width, where it does.
  void pixels_upper(const QuarterColourRow& row, const Light& light);
  void pixels_lower(const QuarterColourRow& row, const Light& light);

 private:
  struct Way;

  using Parts = std::array<std::int16_t, 3>;
  struct Smooth;

  /// `parts`: of the rows of colour, eight together.
  Smooth smooth_down(const QuarterColourRow& row, const Parts& parts);
  void average_by(const Parts& parts, const QuarterColourRow& row, const Light& light);

  const std::unique_ptr<const Way> way_;
  std::vector<std::int16_t> blue_, red_;
};

}  // namespace imcaxy::image::resample
