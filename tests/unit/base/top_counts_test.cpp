#include "base/top_counts.hpp"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace imcaxy {
namespace {

std::map<std::string, std::uint64_t> counts_of(const TopCounts& top) {
  std::map<std::string, std::uint64_t> out;
  for (const TopCounts::Count& count : top.counts()) out[count.key] = count.count;
  return out;
}

TEST(TopCounts, AreExactWhileThereIsRoom) {
  TopCounts top(3);
  for (const char* key : {"a", "b", "a", "c", "a"}) top.add(key);
  top.add("b", 10);
  EXPECT_EQ(counts_of(top), (std::map<std::string, std::uint64_t>{{"a", 3}, {"b", 11}, {"c", 1}}));
  top.clear();
  EXPECT_TRUE(top.counts().empty());
}

TEST(TopCounts, OfMoreKeysThanPlacesTheFrequentStay) {
  constexpr std::size_t places = 50;
  TopCounts top(places);
  std::map<std::string, std::uint64_t> truth;
  std::mt19937 random(1);
  std::uint64_t all = 0;
  for (int i = 0; i < 200'000; ++i, ++all) {
    // A tenth of all goes to each of three keys, the rest to ten thousand others.
    const auto dice = random() % 10;
    const std::string key = dice < 3 ? "hot" + std::to_string(dice) : "cold" + std::to_string(random() % 10'000);
    ++truth[key];
    top.add(key);
  }
  EXPECT_EQ(top.counts().size(), places);
  std::uint64_t sum = 0;
  for (const TopCounts::Count& count : top.counts()) {
    EXPECT_GE(count.count, truth[count.key]) << count.key;
    EXPECT_LE(count.count - count.too_many, truth[count.key]) << count.key;
    sum += count.count;
  }
  EXPECT_EQ(sum, all);
  const auto found = counts_of(top);
  for (const char* hot : {"hot0", "hot1", "hot2"}) {
    ASSERT_TRUE(found.contains(hot));
    EXPECT_LE(found.at(hot), truth[hot] + all / places) << hot;
  }
}

}  // namespace
}  // namespace imcaxy
