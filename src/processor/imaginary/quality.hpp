// Quality where a request names no number: as a score that every picture is to have.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace imcaxy::processor::imaginary {

/// The words that `quality` may have. Nothing said is normal.
enum class QualityClass { low, normal, high };

/// Scores by SSIMULACRA 2 (image/score/scorer.hpp).
struct QualityTargets {
  double low = 65, normal = 75, high = 85;

  double of(QualityClass quality) const;
  /// The scores that pictures need whose pixels lie `density` by `density` in one of CSS', 1 to 3, so that they have
  /// these scores at the size at which they are seen. Measured: see bench/README.md.
  QualityTargets on_screen(int density) const;
  bool operator==(const QualityTargets&) const = default;
};

/// What a target may be: the scores that quality can be predicted for (image/prediction/model.hpp).
inline constexpr double least_target = 50, most_target = 90;

/// `normal=75`, `high=85`, `low=65`, as IMCAXY_QUALITY_TARGETS has them; those that are not named stay as they are
/// here. Nothing for an empty list: then quality is a number that is the same for all pictures.
Result<std::optional<QualityTargets>> parse_quality_targets(const std::vector<std::string>& list);

}  // namespace imcaxy::processor::imaginary
