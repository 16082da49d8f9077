#include "image/prediction/model.hpp"

#include <algorithm>
#include <cmath>

namespace imcaxy::image::prediction {
namespace {

/// Standard deviations: no picture counts as odder than that, so that nothing is concluded from what was never seen.
constexpr float reach = 2.5f;

std::array<float, terms> terms_of(const Weights& model, const Features& features) {
  std::array<float, feature_count> z;
  for (std::size_t i = 0; i < feature_count; ++i)
    z[i] = std::clamp((static_cast<float>(features[i]) - model.mean[i]) * model.scale[i], -reach, reach);
  std::array<float, terms> out;
  auto next = out.begin();
  *next++ = 1;
  next = std::ranges::copy(z, next).out;
  for (std::size_t i = 0; i < feature_count; ++i)
    for (std::size_t j = i; j < feature_count; ++j) *next++ = z[i] * z[j];
  return out;
}

/// Where `at` lies between two of the rising `from`, there between two of `to`.
template <class From, class To>
double interpolated(double at, const From& from, const To& to) {
  if (at <= from.front()) return to.front();
  for (std::size_t i = 1; i < from.size(); ++i)
    if (at < from[i]) return to[i - 1] + (to[i] - to[i - 1]) * (at - from[i - 1]) / (from[i] - from[i - 1]);
  return to.back();
}

}  // namespace

Curve::Curve(Codec codec, const Features& features) {
  const Weights& model = weights[static_cast<std::size_t>(codec)];
  least_ = model.least;
  most_ = model.most;
  const auto values = terms_of(model, features);
  double highest = least_;
  for (std::size_t k = 0; k < knots.size(); ++k) {
    double quality = 0;
    for (std::size_t i = 0; i < terms; ++i) quality += static_cast<double>(values[i]) * model.of[k][i];
    highest = std::max(highest, quality);
    quality_[k] = highest;
  }
}

int Curve::quality_for(double score) const {
  return static_cast<int>(std::lround(std::clamp(interpolated(score, knots, quality_), least_, most_)));
}

double Curve::score_of(int quality) const {
  return interpolated(quality, quality_, knots);
}

}  // namespace imcaxy::image::prediction
