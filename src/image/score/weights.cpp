#include "image/score/weights.hpp"

#include <cmath>
#include <cstddef>

#include "image/score/scorer.hpp"

namespace imcaxy::image::score {
namespace {

/// In the order of Errors, but the means first. The published weights below 0.01, of which all together move a score by
/// less than a hundredth of a point, are 0 here, so that their channels need not be computed.
struct Weights {
  double structure_mean, added_mean, lost_mean, structure_fourth, added_fourth, lost_fourth;

  bool any() const {
    return structure_mean + added_mean + lost_mean + structure_fourth + added_fourth + lost_fourth > 0;
  }
};

/// Channel by channel, scale by scale.
constexpr std::array<Weights, channels * most_levels> weights{{
    {},
    {0, 0, 0, 1.104172642665735, 0, 0},
    {0, 0, 0, 1.842245552053930, 11.44117260375767, 0},
    {0, 0, 0, 1.878759497954639, 10.94906990605142, 0},
    {0, 0.9677937080626833, 0, 0, 0.9981766977854967, 0},
    {},
    {0, 0, 0, 7.466890328078848, 0, 17.44583398413126},
    {0, 0, 0, 6.683678146179332, 0, 1.027889937768264},
    {225.2051530084927, 0, 0, 19.21323818614302, 0, 0},
    {176.3931759845069, 0, 0, 24.43300999870476, 0.2852080261211776, 0},
    {0, 0, 0, 34.77906344483772, 44.83562532887790, 0},
    {},
    {},
    {},
    {},
    {0, 0, 0, 8.826982764996862, 23.19243343998926, 0},
    {95.10804988110860, 0.9863978034400682, 0.9834382792465353, 0, 171.2667255897307, 0.9807858872435379},
    {},
}};

int count_of_levels(Size size) {
  int count = 0;
  while (count < most_levels && size.width >= least_side && size.height >= least_side) {
    ++count;
    size = {(size.width + 1) / 2, (size.height + 1) / 2};
  }
  // A picture is looked at once more after a side has fallen below 8.
  return count < most_levels && count > 0 ? count + 1 : count;
}

/// With fewer than six scales the published metric takes the weights in their order all the same, so that those of a
/// channel begin earlier.
const Weights& weights_of(std::size_t channel, std::size_t level, std::size_t levels) {
  return weights[channel * levels + level];
}

double weighed(const Errors& errors, const Weights& w) {
  return w.structure_mean * errors.structure.mean + w.added_mean * errors.added.mean + w.lost_mean * errors.lost.mean +
         w.structure_fourth * errors.structure.fourth + w.added_fourth * errors.added.fourth +
         w.lost_fourth * errors.lost.fourth;
}

}  // namespace

std::vector<Level> levels_of(Size size) {
  const auto count = static_cast<std::size_t>(count_of_levels(size));
  std::vector<Level> levels;
  for (std::size_t i = 0; i < count; ++i) {
    Level level{size, {}};
    for (std::size_t channel = 0; channel < channels; ++channel)
      level.counts[channel] = weights_of(channel, i, count).any();
    levels.push_back(level);
    size = {(size.width + 1) / 2, (size.height + 1) / 2};
  }
  while (!levels.empty() && !levels.back().any()) levels.pop_back();
  return levels;
}

double score_of(Size size, const std::vector<std::array<Errors, channels>>& errors) {
  const auto count = static_cast<std::size_t>(count_of_levels(size));
  double sum = 0;
  for (std::size_t level = 0; level < errors.size(); ++level)
    for (std::size_t channel = 0; channel < channels; ++channel)
      sum += weighed(errors[level][channel], weights_of(channel, level, count));
  sum *= 0.9562382616834844;
  sum = sum * (2.326765642916932 + sum * (-0.020884521182843837 + sum * 6.248496625763138e-5));
  return sum > 0 ? 100 - 10 * std::pow(sum, 0.6276336467831387) : 100;
}

}  // namespace imcaxy::image::score
