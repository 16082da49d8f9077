// Resizes a picture row by row: Lanczos in linear light, as many rows in memory as the filter is high.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

#include "image/resample/curve.hpp"
#include "image/scale.hpp"

namespace imcaxy::image::resample {

inline constexpr int most_bands = 4;

/// What goes in and comes out.
struct Shape {
  Size source, target;
  int bands = 3;       ///< 1 to most_bands, interleaved
  bool alpha = false;  ///< the last band is the opacity; colours are not multiplied by it
  /// Rows come as light of which each sample is the average of so many of the source across and down (1 or 2); at the
  /// right and lower border of as many as there are, and the last again.
  Size averaged{1, 1};
};

/// From 8 or 16 bits a sample to 8. What is reduced more than four times is averaged by whole factors first, as libvips
/// does (its `gap` of 2). Between the passes nothing is cut off, so that what overshoots along one axis may come back
/// along the other. Not thread-safe.
class Resampler {
 public:
  /// Gets each row of the result as soon as it is done.
  using Emit = std::function<void(const std::uint8_t* row)>;

  /// `curve` lives longer.
  Resampler(const Shape& shape, const Curve& curve, Emit emit);
  ~Resampler();
  Resampler(const Resampler&) = delete;
  Resampler& operator=(const Resampler&) = delete;

  /// The source's next row. After its last one the next picture of this shape begins.
  void push(const std::uint8_t* row);
  void push(const std::uint16_t* row);

  /// Instead, of a shape with `averaged`: fill the rows of these bands with light - 32768, then push them. Beyond the
  /// width 64 samples may be written.
  std::array<std::int16_t*, most_bands> next_light();
  void push_light();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace imcaxy::image::resample
