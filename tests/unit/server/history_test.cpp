#include "server/dashboard/history.hpp"

#include <gtest/gtest.h>

namespace imcaxy::server {
namespace {

using namespace std::chrono_literals;

TEST(History, ASampleTellsWhatHappenedSinceTheOneBefore) {
  Metrics metrics;
  metrics.answered(Route::imaginary, CacheResult::miss, 200, 10, {0, 1000, 0}, 20ms);
  History history(metrics);
  metrics.answered(Route::imaginary, CacheResult::memory, 200, 10, {0, 1000, 0}, 20us);
  metrics.answered(Route::blob, CacheResult::memory, 200, 10, {}, 20us);
  metrics.answered(Route::imaginary, CacheResult::none, 404, 50, {}, 3ms);
  metrics.answered(Route::health, CacheResult::none, 503, 50, {}, 1ms);
  history.tick({.connections = 1, .productions = 2, .queued = 7});
  history.tick({});
  ASSERT_EQ(history.number(), 2u);
  const auto samples = history.last();
  const Metrics::Pictures& first = samples.at(0).pictures;
  EXPECT_EQ(first.by_result[static_cast<std::size_t>(CacheResult::memory)], 2u);
  EXPECT_EQ(first.by_result[static_cast<std::size_t>(CacheResult::miss)], 0u) << "that was before";
  EXPECT_EQ(first.client_errors, 1u);
  EXPECT_EQ(first.server_errors, 0u) << "a probe is no picture";
  EXPECT_EQ(first.sent_bytes, 10u) << "what was made of nobody knows what does not count";
  EXPECT_EQ(first.original_bytes, 1000u);
  EXPECT_EQ(samples.at(0).load.queued, 7u);
  EXPECT_EQ(samples.at(1).pictures.original_bytes, 0u);
  EXPECT_EQ(history.last(1).size(), 1u);
}

TEST(History, IsBounded) {
  Metrics metrics;
  History history(metrics);
  for (std::size_t i = 0; i < History::most_samples + 50; ++i) history.tick({});
  EXPECT_EQ(history.last().size(), History::most_samples);
  EXPECT_EQ(history.number(), History::most_samples + 50);
}

TEST(Metrics, SavingsAreThoseOfWholePictures) {
  Metrics metrics;
  metrics.answered(Route::imaginary, CacheResult::memory, 200, 100, {0, 5000, 0}, 1ms);
  metrics.answered(Route::imaginary, CacheResult::memory, 304, 0, {0, 5000, 0}, 1ms);   // the client had it
  metrics.answered(Route::imaginary, CacheResult::memory, 206, 50, {0, 5000, 0}, 1ms);  // a part
  metrics.answered(Route::imaginary, CacheResult::memory, 200, 0, {0, 5000, 0}, 1ms);   // HEAD
  EXPECT_EQ(metrics.pictures().sent_bytes, 100u);
  EXPECT_EQ(metrics.pictures().original_bytes, 5000u);
  EXPECT_NE(metrics.text({}).find(
                "imcaxy_picture_original_bytes_total{format=\"avif\",client=\"avif\",network=\"usual\"} 5000"),
            std::string::npos);
}

TEST(Metrics, AStreamThatStaysOpenIsNoSlowAnswer) {
  Metrics metrics;
  metrics.answered(Route::dashboard, CacheResult::none, 200, 100, {}, 1h);
  for (const std::uint64_t count : metrics.durations(Stage::total)) EXPECT_EQ(count, 0u);
}

}  // namespace
}  // namespace imcaxy::server
