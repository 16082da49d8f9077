// Sums of cosines, of which both hashes are made.
#pragma once

#include <cstddef>
#include <vector>

#include "image/scale.hpp"

namespace imcaxy::image::placeholder {

/// cos(pi / length * number * (place + shift)), for each number below `count` and each place.
class Cosines {
 public:
  Cosines(int length, int count, double shift);

  int count() const { return count_; }
  double at(int number, int place) const {
    return table_[static_cast<std::size_t>(place) * static_cast<std::size_t>(count_) +
                  static_cast<std::size_t>(number)];
  }

 private:
  int count_;
  std::vector<double> table_;
};

/// The mean of a plane times each pair of cosines: those across within those down.
std::vector<double> factors_of(const std::vector<double>& plane, Size size, const Cosines& across, const Cosines& down);

}  // namespace imcaxy::image::placeholder
