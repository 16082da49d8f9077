#include "image/resample/curve_polynomial.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

namespace imcaxy::image::resample {
namespace {

constexpr double full = 65535, most_error = 4;
/// Just above the straight foot of sRGB.
constexpr double from = 10.5 / 255;

/// Gauss' elimination with row pivots; the last column is the right side.
template <std::size_t n>
std::array<double, n> solved(std::array<std::array<double, n + 1>, n> rows) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto pivot = std::max_element(rows.begin() + static_cast<std::ptrdiff_t>(i), rows.end(),
                                        [i](const auto& a, const auto& b) { return std::abs(a[i]) < std::abs(b[i]); });
    std::swap(rows[i], *pivot);
    for (std::size_t j = 0; j < n; ++j) {
      if (j == i) continue;
      const double factor = rows[j][i] / rows[i][i];
      for (std::size_t k = i; k <= n; ++k) rows[j][k] -= factor * rows[i][k];
    }
  }
  std::array<double, n> solution;
  for (std::size_t i = 0; i < n; ++i) solution[i] = rows[i][n] / rows[i][i];
  return solution;
}

}  // namespace

std::array<float, 5> CurvePolynomial::half_bend() const {
  std::array<float, 5> out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto power = static_cast<float>(factor.size() - 1 - i);
    out[i] = factor[i] * power * (power - 1) / 2;
  }
  return out;
}

double CurvePolynomial::light(double sample) const {
  if (sample < from) return sample * (foot[0] + foot[1] * sample);
  double sum = 0;
  for (const float f : factor) sum = sum * sample + f;
  return sum;
}

/// Through the curve at Chebyshev's points above the foot, which is nearly as good as a polynomial gets.
std::optional<CurvePolynomial> fit_polynomial(const std::function<double(double)>& light) {
  constexpr std::size_t n = std::tuple_size_v<decltype(CurvePolynomial::factor)>;
  std::array<std::array<double, n + 1>, n> rows;
  for (std::size_t i = 0; i < n; ++i) {
    const double point = std::cos(std::numbers::pi * (static_cast<double>(i) + 0.5) / n);
    const double sample = from + (1 - from) * (point + 1) / 2;
    for (std::size_t k = 0; k < n; ++k) rows[i][k] = std::pow(sample, static_cast<double>(n - 1 - k));
    rows[i][n] = light(sample) * full;
  }
  CurvePolynomial out{.from = static_cast<float>(from)};
  std::ranges::transform(solved<n>(rows), out.factor.begin(), [](double f) { return static_cast<float>(f); });
  // Through the curve at the foot's middle and end.
  const double middle = light(from / 2) * full / (from / 2), end = light(from) * full / from;
  out.foot = {static_cast<float>(2 * middle - end), static_cast<float>(2 * (end - middle) / from)};
  for (int sample = 0; sample < 256; ++sample)
    if (std::abs(out.light(sample / 255.0) - light(sample / 255.0) * full) > most_error) return std::nullopt;
  return out;
}

}  // namespace imcaxy::image::resample
