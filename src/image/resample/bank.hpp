// Which samples make one sample of a result along one axis, and with which weights.
#pragma once

#include <cstddef>
#include <vector>

namespace imcaxy::image::resample {

/// Lanczos with three lobes: sinc(x) sinc(x/3) for |x| < 3 (Duchon, "Lanczos Filtering in One and Two Dimensions",
/// 1979).
double lanczos3(double x);

/// How many samples are averaged before the filter: as libvips does, so many that the filter still has to reduce at
/// least twice.
int box_size(double ratio);

/// One axis of a resize: sample i of the result lies at (i + 0.5) * ratio - 0.5 among the samples that the filter sees,
/// to the nearest of 64 phases, for each of which there is a window of weights that add up to 1. The filter is as wide
/// as what is coarser, source or result. Windows reach beyond the border: there the border's value counts.
struct Bank {
  static constexpr int phases = 64;

  int taps = 0;                ///< of each window
  std::vector<double> weight;  ///< phase after phase, `taps` each
  std::vector<int> first;      ///< for each sample of the result the first that its window sees; may be negative
  std::vector<int> phase;      ///< and its window

  const double* window(int of_phase) const {
    return weight.data() + static_cast<std::size_t>(of_phase) * static_cast<std::size_t>(taps);
  }
};

/// `ratio`: samples for each of the result's `count`.
Bank lanczos_bank(double ratio, int count);

/// The same for samples that are averages of two each: averaging has blurred them by cos(pi f) at f cycles a sample of
/// the two, which is made good up to the second order, by -1/32, 17/16 and -1/32 of neighbours.
Bank sharpened(const Bank& bank);

}  // namespace imcaxy::image::resample
