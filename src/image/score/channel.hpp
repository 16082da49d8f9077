// One channel at one scale: what is known of the reference, and how another picture differs from it.
#pragma once

#include "image/scale.hpp"
#include "image/score/lines.hpp"
#include "image/score/weights.hpp"

namespace imcaxy::image::score {

/// Row by row: samples, their blurred mean, and their variance with the constant of SSIM's denominator.
struct Known {
  Lines sample, mean, variance;
};

/// Makes them of rows, which come in order.
class Describer {
 public:
  void begin(Size size, Known& known);
  void push(int y, const float* row);

 private:
  Size size_;
  Known* known_ = nullptr;
  Lines products_;
  Ring means_, squares_;
};

/// Takes another picture's rows in order.
class Comparer {
 public:
  void begin(Size size, const Known& known);
  void push(int y, const float* row);
  /// After the last row.
  Errors errors() const;

 private:
  Size size_;
  const Known* known_ = nullptr;
  Sums sums_;
  Lines products_;
  Ring samples_, means_, squares_, differences_;
};

}  // namespace imcaxy::image::score
