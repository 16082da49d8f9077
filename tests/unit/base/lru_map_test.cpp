#include "base/lru_map.hpp"

#include <string>

#include <gtest/gtest.h>

namespace imcaxy {
namespace {

TEST(LruMap, ForgetsWhatWasNotUsedForTheLongestTime) {
  LruMap<std::string, int> map(2);
  map.put("a", 1);
  map.put("b", 2);
  EXPECT_EQ(*map.find("a"), 1);
  map.put("c", 3);
  EXPECT_EQ(map.find("b"), nullptr);
  EXPECT_EQ(*map.find("a"), 1);
  EXPECT_EQ(*map.find("c"), 3);
  map.put("a", 4);
  EXPECT_EQ(*map.find("a"), 4);
  EXPECT_EQ(map.size(), 2u);
  map.erase("a");
  map.erase("never");
  EXPECT_EQ(map.find("a"), nullptr);
  EXPECT_EQ(map.size(), 1u);
}

}  // namespace
}  // namespace imcaxy
