#include "base/sharded_counter.hpp"

#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace imcaxy {
namespace {

TEST(ShardedCounters, StartAtZeroAndCountApart) {
  ShardedCounters<3> counters;
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(counters.sum(i), 0u);
  counters.add(0);
  counters.add(2, 5);
  counters.add(2);
  EXPECT_EQ(counters.sum(0), 1u);
  EXPECT_EQ(counters.sum(1), 0u);
  EXPECT_EQ(counters.sum(2), 6u);
}

TEST(ShardedCounters, HoldLargeNumbers) {
  ShardedCounters<1> counters;
  counters.add(0, 1ull << 40);
  counters.add(0, 1ull << 40);
  EXPECT_EQ(counters.sum(0), 1ull << 41);
}

// More threads than shards, so that some share one.
TEST(ShardedCounters, LoseNothingWhenManyThreadsCount) {
  constexpr std::size_t threads = counter_shards + 4, rounds = 20000;
  ShardedCounters<2> counters;
  {
    std::vector<std::jthread> running;
    for (std::size_t t = 0; t < threads; ++t)
      running.emplace_back([&] {
        for (std::size_t i = 0; i < rounds; ++i) {
          counters.add(0);
          counters.add(1, 3);
        }
      });
  }
  EXPECT_EQ(counters.sum(0), threads * rounds);
  EXPECT_EQ(counters.sum(1), threads * rounds * 3);
}

TEST(CounterShard, IsAThreadsOwnForItsWholeLife) {
  const std::size_t mine = counter_shard();
  std::jthread([] { counter_shard(); }).join();
  EXPECT_EQ(counter_shard(), mine);
}

TEST(CounterShard, ThreadsInTurnGetAllShards) {
  std::multiset<std::size_t> seen;
  for (std::size_t i = 0; i < 2 * counter_shards; ++i) std::jthread([&] { seen.insert(counter_shard()); }).join();
  for (std::size_t shard = 0; shard < counter_shards; ++shard) EXPECT_EQ(seen.count(shard), 2u) << shard;
}

}  // namespace
}  // namespace imcaxy
