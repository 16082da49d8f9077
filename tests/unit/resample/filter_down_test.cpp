#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "image/resample/filter_down_by_vnni.hpp"
#include "image/resample/kernels.hpp"

namespace imcaxy::image::resample {
namespace {

using FilterDown = decltype(filter_down);

/// What the sums are by definition. Rows of noise, weights of both signs that add up to 1.
void expect_sums(FilterDown filter, int count, std::size_t size) {
  constexpr int shift = 15;
  std::minstd_rand random(static_cast<unsigned>(count) + static_cast<unsigned>(size));
  std::vector<std::vector<std::int16_t>> rows(static_cast<std::size_t>(count), std::vector<std::int16_t>(size));
  for (auto& row : rows) std::ranges::generate(row, [&] { return static_cast<std::int16_t>(random() >> 8); });
  std::vector<std::int16_t> weights(rows.size());
  int left = 1 << shift;
  for (std::size_t i = 0; i + 1 < weights.size(); ++i) {
    weights[i] = static_cast<std::int16_t>(static_cast<int>(random() >> 8) % (40'000 / count) - 2000 / count);
    left -= weights[i];
  }
  weights.back() = static_cast<std::int16_t>(left);
  std::vector<const std::int16_t*> pointers;
  for (const auto& row : rows) pointers.push_back(row.data());
  std::vector<std::int16_t> halved(size);
  filter(pointers.data(), weights.data(), count, shift, size, halved.data());
  for (std::size_t x = 0; x < size; ++x) {
    std::int64_t sum = 1 << shift;
    for (std::size_t i = 0; i < rows.size(); ++i) sum += std::int64_t{rows[i][x]} * weights[i];
    ASSERT_EQ(halved[x], std::clamp<std::int64_t>(sum >> (shift + 1), -32768, 32767)) << count << "x" << size;
  }
}

TEST(FilterDownByHighway, IsTheSum) {
  for (const int count : {2, 6, 12, 18, 26})
    for (const std::size_t size : {16u, 32u, 48u, 160u, 1920u}) expect_sums(by_highway::filter_down, count, size);
}

TEST(FilterDownByVnni, IsTheSum) {
  if (!by_vnni::possible()) GTEST_SKIP() << "this machine has no AVX-512 VNNI";
  for (const int count : {2, 6, 12, 18, 26})
    for (const std::size_t size : {16u, 32u, 48u, 160u, 1920u}) expect_sums(by_vnni::filter_down, count, size);
}

}  // namespace
}  // namespace imcaxy::image::resample
