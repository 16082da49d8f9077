// A polynomial of the second degree for each codec and score: see scripts/train_quality.
#pragma once

#include <array>
#include <cstddef>

#include "image/prediction/features.hpp"

namespace imcaxy::image::prediction {

/// An encoder as we use it; the order is that of the weights.
enum class Codec : std::size_t {
  jpeg,        ///< colour of 2x2 pixels
  jpeg_whole,  ///< colour of every pixel
  webp,
  avif,       ///< colour of every pixel, quick
  avif_dear,  ///< the same with normal effort
};
inline constexpr std::size_t codecs = 5;

/// The scores that there are weights for; between them it goes straight.
inline constexpr std::array<double, 8> knots{50, 60, 65, 70, 75, 80, 85, 90};

/// 1, the features, and their products.
inline constexpr std::size_t terms = 1 + feature_count + feature_count * (feature_count + 1) / 2;

struct Weights {
  double least, most;  ///< qualities
  /// What makes features of one size: their means, and one by their standard deviations.
  std::array<float, feature_count> mean, scale;
  std::array<std::array<float, terms>, knots.size()> of;
};
extern const std::array<Weights, codecs> weights;

/// For a codec and a picture: which quality is expected to give which score. Both rise together.
class Curve {
 public:
  Curve(Codec codec, const Features& features);

  /// Rounded, within the codec's bounds.
  int quality_for(double score) const;
  /// What is expected of a quality; of one beyond all knots no more than the last.
  double score_of(int quality) const;

 private:
  double least_, most_;
  std::array<double, knots.size()> quality_{};
};

}  // namespace imcaxy::image::prediction
