#include "base/rate_limit.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace imcaxy {
namespace {

using namespace std::chrono_literals;

const RateLimit::Steady::time_point start = RateLimit::Steady::now();

TEST(RateLimit, ABurstAndThenTheRate) {
  RateLimit limit(10, 2);
  for (int i = 0; i < 3; ++i) {
    const auto decision = limit.take(start);
    EXPECT_TRUE(decision.admitted) << i;
    EXPECT_EQ(decision.limit, 3);
    EXPECT_EQ(decision.remaining, 2 - i);
  }
  const auto refused = limit.take(start);
  EXPECT_FALSE(refused.admitted);
  EXPECT_EQ(refused.remaining, 0);
  EXPECT_EQ(refused.retry_after, 100ms);
  EXPECT_EQ(refused.full_after, 300ms);
  EXPECT_FALSE(limit.take(start + 99ms).admitted);
  EXPECT_TRUE(limit.take(start + 100ms).admitted);
  EXPECT_FALSE(limit.take(start + 100ms).admitted);
}

TEST(RateLimit, ARefusalCostsNothing) {
  RateLimit limit(1, 0);
  EXPECT_TRUE(limit.take(start).admitted);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(limit.take(start + 500ms).admitted);
  EXPECT_TRUE(limit.take(start + 1s).admitted);
}

TEST(RateLimit, RestsDoNotAddUp) {
  RateLimit limit(10, 2);
  EXPECT_TRUE(limit.take(start).admitted);
  int admitted = 0;
  for (int i = 0; i < 10; ++i) admitted += limit.take(start + 1h).admitted;
  EXPECT_EQ(admitted, 3);
}

TEST(RateLimit, ManyThreadsGetNoMoreThanOne) {
  RateLimit limit(1, 99);
  std::atomic<int> admitted = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) admitted += limit.take(start).admitted;
    });
  threads.clear();
  EXPECT_EQ(admitted, 100);
}

}  // namespace
}  // namespace imcaxy
