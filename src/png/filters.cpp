#include "png/filters.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <hwy/highway.h>

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
  std::array<int, step> left{};
  for (std::size_t i = 0; i + step <= size; i += step) {
#pragma GCC unroll 4
    for (std::size_t band = 0; band < step; ++band) {
      left[band] = (row[i + band] + predict(left[band], above[i + band])) & 255;
      row[i + band] = static_cast<std::uint8_t>(left[band]);
    }
  }
}

namespace hn = hwy::HWY_NAMESPACE;

/// A pixel's bytes beside each other, so that no choice is a branch.
using Four = hn::FixedTag<std::int16_t, 4>;
using FourBytes = hn::FixedTag<std::uint8_t, 4>;
using Word = hn::FixedTag<std::uint32_t, 1>;

hn::Vec<Four> load_four(const std::uint8_t* bytes) {
  std::uint32_t word;
  std::memcpy(&word, bytes, sizeof word);
  return hn::PromoteTo(Four(), hn::BitCast(FourBytes(), hn::Set(Word(), word)));
}

void store_four(hn::Vec<Four> values, std::uint8_t* bytes) {
  const std::uint32_t word = hn::GetLane(hn::BitCast(Word(), hn::DemoteTo(FourBytes(), values)));
  std::memcpy(bytes, &word, sizeof word);
}

/// Adds of left, above and corner the one that is nearest to left + above - corner, for pixels of three or four bytes.
/// Four are read and written: the next pixel is read before its first byte is overwritten, and what lies behind the row
/// is put back.
template <std::size_t step>
requires(step >= 3) void undo_paeth(std::uint8_t* row, const std::uint8_t* above, std::size_t size) {
  const Four d;
  const auto byte = hn::Set(d, std::int16_t{255});
  std::array<std::uint8_t, 4> behind;
  std::memcpy(behind.data(), row + size, behind.size());
  auto left = hn::Zero(d), corner = left;
  auto filtered = load_four(row);
  for (std::size_t i = 0; i < size; i += step) {
    const auto up = load_four(above + i);
    const auto up_corner = hn::Sub(up, corner), left_corner = hn::Sub(left, corner);
    const auto to_left = hn::Abs(up_corner), to_up = hn::Abs(left_corner),
               to_corner = hn::Abs(hn::Add(up_corner, left_corner));
    const auto other = hn::IfThenElse(hn::Gt(to_up, to_corner), corner, up);
    const auto nearest = hn::IfThenElse(hn::Gt(to_left, hn::Min(to_up, to_corner)), other, left);
    left = hn::And(hn::Add(nearest, filtered), byte);
    corner = up;
    filtered = load_four(row + i + step);
    store_four(left, row + i);
  }
  std::memcpy(row + size, behind.data(), behind.size());
}

/// The same for one or two bytes.
template <std::size_t step>
requires(step < 3) void undo_paeth(std::uint8_t* row, const std::uint8_t* above, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    const int left = i < step ? 0 : row[i - step], up = above[i], corner = i < step ? 0 : above[i - step];
    const int to_left = std::abs(up - corner), to_up = std::abs(left - corner),
              to_corner = std::abs(left + up - 2 * corner);
    const int other = to_up <= to_corner ? up : corner;
    row[i] = static_cast<std::uint8_t>(row[i] + (to_left <= std::min(to_up, to_corner) ? left : other));
  }
}

template <std::size_t step>
IMCAXY_VECTORISED void undo(Filter filter, std::uint8_t* row, const std::uint8_t* above, std::size_t size) {
  switch (filter) {
    case Filter::none:
      return;
    case Filter::sub:
      return undo_with<step>([](int left, int) { return left; }, row, above, size);
    case Filter::up:
      for (std::size_t i = 0; i < size; ++i) row[i] = static_cast<std::uint8_t>(row[i] + above[i]);
      return;
    case Filter::average:
      return undo_with<step>([](int left, int up) { return (left + up) >> 1; }, row, above, size);
    case Filter::paeth:
      return undo_paeth<step>(row, above, size);
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
