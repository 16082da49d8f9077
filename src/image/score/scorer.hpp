// How much alike two pictures look: SSIMULACRA 2.1.
//
// The metric, its weights and its other constants are the work of Jon Sneyers (Cloudinary), published with its source
// under the BSD 3-clause license at https://github.com/cloudinary/ssimulacra2; its colours are those of JPEG XL. This
// is another implementation of that description. What has no influence on the score to a hundredth of a point is left
// out: see weights.cpp.
#pragma once

#include <memory>

#include "base/error.hpp"
#include "image/score/view.hpp"

namespace imcaxy::image::score {

/// Sides that can be scored: the metric is not made for less.
inline constexpr int least_side = 8, most_side = 65535;
/// And pixels: they bound the memory.
inline constexpr int most_pixels = 1 << 24;

/// Holds one picture prepared, so that scoring others against it costs little more than half. Its memory is used again
/// by the next picture and returned with the object: about 25 bytes for each pixel of the largest reference, twice that
/// with opacity. Not thread-safe.
class Scorer {
 public:
  Scorer();
  ~Scorer();
  Scorer(Scorer&&) noexcept;
  Scorer& operator=(Scorer&&) noexcept;

  /// The original, which the others are compared to until the next one comes. It is not needed any longer afterwards.
  /// Fails with 400 for sizes beyond the limits, 500 for a view that does not fit its samples; then there is none.
  Result<void> set_reference(const View& original);

  /// 100 for the same picture, about 90 when no difference can be seen even in a flicker test, 70 when nobody is
  /// disturbed, 50 for fair, 30 for poor, and without end below 0. Never NaN. With opacity in either picture, both are
  /// put on a dark and on a bright ground, and the worse score counts. Fails with 500 without a reference of this size.
  Result<double> score(const View& other);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace imcaxy::image::score
