// The rows of a picture at all scales, as opsin channels.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "image/score/light.hpp"
#include "image/score/lines.hpp"
#include "image/score/weights.hpp"

namespace imcaxy::image::score {

/// Scratch memory for one picture at a time. Not thread-safe.
class Pyramid {
 public:
  /// Gets a row of a level, `channel` of which is null where it does not count. Behind their width rows are 0.
  using Visit = std::function<void(std::size_t level, int y, const std::array<const float*, channels>& channel)>;

  /// Level by level, row by row.
  void walk(const View& view, const Ground& ground, const std::vector<Level>& levels, const Visit& visit);

 private:
  using Light = std::array<Lines, 3>;

  /// The light of a row of a level.
  std::array<float*, 3> light(std::size_t level, int y);
  void halve_into_next(std::size_t level, const Level& next, int y);
  std::array<const float*, channels> opsin_of(const std::array<float*, 3>& light, const Level& level);

  Light rows_;                   ///< of the picture itself: the latest two
  std::array<Light, 2> planes_;  ///< of its smaller forms: the level's and the next one's, in turns
  Lines opsin_;
};

}  // namespace imcaxy::image::score
