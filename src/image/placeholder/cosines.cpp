#include "image/placeholder/cosines.hpp"

#include <cmath>
#include <numbers>

namespace imcaxy::image::placeholder {

Cosines::Cosines(int length, int count, double shift) : count_(count) {
  for (int place = 0; place < length; ++place)
    for (int number = 0; number < count; ++number)
      table_.push_back(std::cos(std::numbers::pi / length * number * (place + shift)));
}

std::vector<double> factors_of(const std::vector<double>& plane, Size size, const Cosines& across,
                               const Cosines& down) {
  const int columns = across.count(), rows = down.count();
  std::vector<double> out(static_cast<std::size_t>(columns * rows));
  std::vector<double> row(static_cast<std::size_t>(columns));
  const double* sample = plane.data();
  for (int y = 0; y < size.height; ++y) {
    row.assign(row.size(), 0);
    for (int x = 0; x < size.width; ++x, ++sample)
      for (int i = 0; i < columns; ++i) row[static_cast<std::size_t>(i)] += *sample * across.at(i, x);
    for (int j = 0; j < rows; ++j)
      for (int i = 0; i < columns; ++i)
        out[static_cast<std::size_t>(j * columns + i)] += row[static_cast<std::size_t>(i)] * down.at(j, y);
  }
  for (double& factor : out) factor /= static_cast<double>(size.width) * size.height;
  return out;
}

}  // namespace imcaxy::image::placeholder
