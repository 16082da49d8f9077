#include "png/filters.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace imcaxy::png {
namespace {

/// Loops that the compiler turns into vectors of bytes.
#define IMCAXY_VECTORISED [[gnu::optimize("O3"), gnu::noinline]]

IMCAXY_VECTORISED void subtract(const std::uint8_t* a, const std::uint8_t* b, std::size_t size, std::uint8_t* out) {
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(a[i] - b[i]);
}

IMCAXY_VECTORISED void subtract_average(const std::uint8_t* row, const std::uint8_t* left, const std::uint8_t* above,
                                        std::size_t size, std::uint8_t* out) {
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(row[i] - ((left[i] + above[i]) >> 1));
}

IMCAXY_VECTORISED unsigned cost(const std::uint8_t* filtered, std::size_t size) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += std::min<unsigned>(filtered[i], 256u - filtered[i]);
  return sum;
}

/// Of the three the one nearest to left + above - corner.
[[gnu::always_inline]] inline int nearest(int left, int above, int corner) {
  const int to_left = std::abs(above - corner), to_above = std::abs(left - corner),
            to_corner = std::abs(left + above - 2 * corner);
  const int other = to_above <= to_corner ? above : corner;
  return to_left <= std::min(to_above, to_corner) ? left : other;
}

void apply(Filter filter, const std::uint8_t* row, const std::uint8_t* above, std::size_t size, std::size_t step,
           std::uint8_t* out) {
  // The first pixel has no neighbour to its left.
  const std::uint8_t *const rest = row + step, *const rest_above = above + step;
  const std::size_t rest_size = size - step;
  switch (filter) {
    case Filter::none:
    case Filter::paeth:
      return;  // never tried
    case Filter::sub:
      std::memcpy(out, row, step);
      return subtract(rest, row, rest_size, out + step);
    case Filter::up:
      return subtract(row, above, size, out);
    case Filter::average:
      for (std::size_t i = 0; i < step; ++i) out[i] = static_cast<std::uint8_t>(row[i] - above[i] / 2);
      return subtract_average(rest, row, rest_above, rest_size, out + step);
  }
}

/// What is left of a pixel stays in registers: to read again what was just written is what takes the time.
template <std::size_t step, class Predict>
[[gnu::always_inline]] inline void undo_with(Predict predict, std::uint8_t* row, const std::uint8_t* above,
                                             std::size_t size) {
  std::array<int, step> left{}, above_left{};
  for (std::size_t i = 0; i + step <= size; i += step) {
#pragma GCC unroll 4
    for (std::size_t band = 0; band < step; ++band) {
      const int here_above = above[i + band];
      left[band] = (row[i + band] + predict(left[band], here_above, above_left[band])) & 255;
      above_left[band] = here_above;
      row[i + band] = static_cast<std::uint8_t>(left[band]);
    }
  }
}

template <std::size_t step>
IMCAXY_VECTORISED void undo(Filter filter, std::uint8_t* row, const std::uint8_t* above, std::size_t size) {
  switch (filter) {
    case Filter::none:
      return;
    case Filter::sub:
      return undo_with<step>([](int left, int, int) { return left; }, row, above, size);
    case Filter::up:
      for (std::size_t i = 0; i < size; ++i) row[i] = static_cast<std::uint8_t>(row[i] + above[i]);
      return;
    case Filter::average:
      return undo_with<step>([](int left, int up, int) { return (left + up) >> 1; }, row, above, size);
    case Filter::paeth:
      return undo_with<step>([](int left, int up, int corner) { return nearest(left, up, corner); }, row, above, size);
  }
}

}  // namespace

void filter_row(const std::uint8_t* row, const std::uint8_t* above, std::size_t size, std::size_t step,
                std::uint8_t* out) {
  // Paeth's takes longer than these together and wins hardly a byte.
  thread_local std::array<std::vector<std::uint8_t>, 2> kept;
  std::vector<std::uint8_t>*best = &kept[0], *tried = &kept[1];
  best->resize(size);
  tried->resize(size);
  unsigned least = ~0u;
  for (const Filter filter : {Filter::sub, Filter::up, Filter::average}) {
    apply(filter, row, above, size, step, tried->data());
    const unsigned its_cost = cost(tried->data(), size);
    if (its_cost >= least) continue;
    least = its_cost;
    out[0] = static_cast<std::uint8_t>(filter);
    std::swap(best, tried);
  }
  std::memcpy(out + 1, best->data(), size);
}

bool unfilter_row(std::uint8_t filter, std::uint8_t* row, const std::uint8_t* above, std::size_t size,
                  std::size_t step) {
  if (filter > static_cast<std::uint8_t>(Filter::paeth)) return false;
  const auto f = static_cast<Filter>(filter);
  switch (step) {
    case 1:
      undo<1>(f, row, above, size);
      break;
    case 2:
      undo<2>(f, row, above, size);
      break;
    case 3:
      undo<3>(f, row, above, size);
      break;
    default:
      undo<4>(f, row, above, size);
  }
  return true;
}

}  // namespace imcaxy::png
