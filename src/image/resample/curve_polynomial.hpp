// A transfer curve as polynomials.
#pragma once

#include <array>
#include <functional>
#include <optional>

namespace imcaxy::image::resample {

/// Of samples from 0 to 1 their light, from 0 to 65535: below `from` it is sample * (foot[0] + foot[1] * sample), above
/// the polynomial with these factors, its highest power first.
struct CurvePolynomial {
  float from = 0;
  std::array<float, 2> foot{};
  std::array<float, 7> factor{};

  /// Half the second derivative: what spread does to the mean of a curve. The foot's is foot[1].
  std::array<float, 5> half_bend() const;
  double light(double sample) const;
};

/// `light(s)`: both 0 to 1. Nothing when the result is further than 4 of 65535 from the curve at one of 256 samples.
std::optional<CurvePolynomial> fit_polynomial(const std::function<double(double)>& light);

}  // namespace imcaxy::image::resample
