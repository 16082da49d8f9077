#include "cache/memory_tier.hpp"

#include <map>
#include <random>
#include <thread>

#include <gtest/gtest.h>

namespace imcaxy::cache {
namespace {

using namespace std::chrono_literals;

Key128 key_of(int n) {
  return hash128("entry " + std::to_string(n));
}

MemoryItemPtr item(int n, std::size_t bytes, std::optional<WallTime> expires = {}) {
  auto entry = std::make_shared<Entry>();
  entry->meta.key = key_of(n);
  entry->meta.expires = expires;
  entry->body = Bytes::adopt(std::string(bytes, static_cast<char>('a' + n % 26)));
  auto made = std::make_shared<MemoryItem>();
  made->entry = std::move(entry);
  return made;
}

TEST(MemoryTier, ReplacesNothingButWhatIsKnown) {
  MemoryTier tier(1 << 20);
  const MemoryItemPtr old = item(1, 1000), better = item(1, 400), late = item(1, 300);
  EXPECT_FALSE(tier.replace(old, better)) << "nothing is there";
  ASSERT_TRUE(tier.put(old));
  tier.get(key_of(1));
  tier.get(key_of(1));
  const std::uint64_t before = tier.stats().bytes;
  EXPECT_TRUE(tier.replace(old, better));
  EXPECT_EQ(tier.get(key_of(1)), better);
  EXPECT_EQ(tier.peek(key_of(1)).hits, 3u) << "it is as popular as before";
  EXPECT_EQ(before - tier.stats().bytes, 600u);
  EXPECT_FALSE(tier.replace(old, late)) << "something else is there by now";
  EXPECT_EQ(tier.peek(key_of(1)).item, better);
  EXPECT_EQ(tier.peek(key_of(2)).item, nullptr);
  tier.erase(key_of(1));
  EXPECT_EQ(tier.stats().bytes, 0u);
}

TEST(MemoryTier, GivesBackWhatWasPutUntilItIsErased) {
  MemoryTier tier(1 << 20);
  EXPECT_EQ(tier.get(key_of(1)), nullptr);
  ASSERT_TRUE(tier.put(item(1, 100)));
  const MemoryItemPtr hit = tier.get(key_of(1));
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->entry->body.view(), std::string(100, 'b'));
  tier.erase(key_of(1));
  EXPECT_EQ(tier.get(key_of(1)), nullptr);
  EXPECT_EQ(tier.stats().bytes, 0u);
  EXPECT_EQ(hit->entry->body.size(), 100u) << "what was handed out outlives its eviction";
}

TEST(MemoryTier, TellsWhatItHasOfASourceAndHowOftenItWasAskedFor) {
  MemoryTier tier(1 << 20);
  for (const auto& [n, source] : {std::pair{1, "http://a/"}, {2, "http://b/"}, {3, "http://a/"}}) {
    auto entry = std::make_shared<Entry>(*item(n, 100)->entry);
    entry->meta.source_url = source;
    auto made = std::make_shared<MemoryItem>();
    made->entry = std::move(entry);
    ASSERT_TRUE(tier.put(std::move(made)));
  }
  for (int i = 0; i < 5; ++i) tier.get(key_of(3));
  std::map<Key128, std::uint64_t> hits;
  for (const auto& resident : tier.find({{"http://a/"}, {}})) hits[resident.entry->meta.key] = resident.hits;
  EXPECT_EQ(hits, (std::map<Key128, std::uint64_t>{{key_of(1), 0}, {key_of(3), 5}}));
}

TEST(MemoryTier, ReplacesAndCountsOnce) {
  MemoryTier tier(1 << 20);
  tier.put(item(1, 100));
  const auto one = tier.stats();
  tier.put(item(1, 100));
  EXPECT_EQ(tier.stats().entries, 1u);
  EXPECT_EQ(tier.stats().bytes, one.bytes);
}

TEST(MemoryTier, StaysInItsBoundAndRefusesWhatCanNeverFit) {
  MemoryTier tier(100'000);
  for (int n = 0; n < 1000; ++n) tier.put(item(n, 1000));
  EXPECT_LE(tier.stats().bytes, 100'000u);
  EXPECT_GT(tier.stats().entries, 50u);
  EXPECT_GT(tier.stats().evictions, 900u);
  EXPECT_FALSE(tier.put(item(2000, 200'000)));
  EXPECT_LE(tier.stats().bytes, 100'000u);
}

TEST(MemoryTier, WithoutABudgetItKeepsNothing) {
  MemoryTier tier(0);
  EXPECT_FALSE(tier.put(item(1, 1)));
  EXPECT_EQ(tier.get(key_of(1)), nullptr);
}

TEST(MemoryTier, AScanDoesNotEvictWhatIsHot) {
  MemoryTier tier(1'000'000);
  for (int n = 0; n < 100; ++n) tier.put(item(n, 1000));
  for (int round = 0; round < 3; ++round)
    for (int n = 0; n < 100; ++n) tier.get(key_of(n));
  for (int n = 1000; n < 21000; ++n) tier.put(item(n, 1000));
  int kept = 0;
  for (int n = 0; n < 100; ++n) kept += tier.get(key_of(n)) != nullptr;
  EXPECT_EQ(kept, 100);
}

TEST(MemoryTier, AnEntryEndsAtItsTimeAndSurvivesAClockThatGoesBack) {
  ManualClock clock(WallTime(1'000'000s));
  MemoryTier tier(1 << 20, clock);
  tier.put(item(1, 10, clock.now() + 10s));
  clock.set(WallTime(500s));
  EXPECT_TRUE(tier.get(key_of(1)));
  clock.set(WallTime(1'000'011s));
  EXPECT_FALSE(tier.get(key_of(1)));
  EXPECT_EQ(tier.stats().entries, 0u);
}

TEST(MemoryTier, HoldsItsBoundAndItsBytesUnderManyThreads) {
  MemoryTier tier(16 << 20);
  {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < 4; ++t)
      threads.emplace_back([&tier, t] {
        std::mt19937 random(t);
        for (int i = 0; i < 20000; ++i) {
          const int n = static_cast<int>(random() % 3000);
          if (random() % 10 == 0) {
            tier.erase(key_of(n));
          } else if (const auto hit = tier.get(key_of(n))) {
            ASSERT_EQ(hit->entry->body.view()[0], static_cast<char>('a' + n % 26));
          } else {
            tier.put(item(n, 10000));
          }
        }
      });
  }
  const auto stats = tier.stats();
  EXPECT_LE(stats.bytes, 16u << 20);
  EXPECT_GT(stats.entries, 100u);
  tier.clear();
  EXPECT_EQ(tier.stats().bytes, 0u);
}

}  // namespace
}  // namespace imcaxy::cache
