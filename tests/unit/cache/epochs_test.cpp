#include "cache/epochs.hpp"

#include <atomic>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace imcaxy::cache {
namespace {

TEST(Epochs, ACommitRunsOnlyInItsEpoch) {
  Epochs epochs;
  const auto since = epochs.current("a");
  int runs = 0;
  EXPECT_TRUE(epochs.commit_if_current("a", since, [&] { ++runs; }));
  epochs.advance("a");
  EXPECT_FALSE(epochs.commit_if_current("a", since, [&] { ++runs; }));
  EXPECT_TRUE(epochs.commit_if_current("a", epochs.current("a"), [&] { ++runs; }));
  EXPECT_EQ(runs, 2);
}

TEST(Epochs, AdvancingAllConcernsEveryUrl) {
  Epochs epochs;
  const auto a = epochs.current("a"), b = epochs.current("some other");
  epochs.advance_all();
  EXPECT_NE(epochs.current("a"), a);
  EXPECT_NE(epochs.current("some other"), b);
}

TEST(Epochs, NoCommitIsUnderWayWhenAnAdvanceReturns) {
  Epochs epochs;
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> stored = 0;  // the epoch that the stored value belongs to
  std::jthread producer([&] {
    while (!stop) {
      const auto since = epochs.current("u");
      epochs.commit_if_current("u", since, [&] { stored = since; });
    }
  });
  for (int i = 0; i < 20000; ++i) {
    epochs.advance("u");
    const auto now = epochs.current("u");
    stored = now;  // the removal; nothing older may come after it
    ASSERT_GE(stored.load(), now);
  }
  stop = true;
}

}  // namespace
}  // namespace imcaxy::cache
