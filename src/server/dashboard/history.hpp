// What the dashboard draws: the server's figures of the last minutes, one sample every few seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "base/clock.hpp"
#include "server/metrics.hpp"

namespace imcaxy::server {

/// What is going on at a moment.
struct Load {
  std::uint64_t connections = 0, productions = 0, queued = 0;
};

/// What happened since the sample before, and what was at its end.
struct Sample {
  WallTime at{};
  double seconds = 0;  ///< since the one before
  Metrics::Pictures pictures;
  Metrics::Durations total{}, process{};
  Load load;
};

/// Thread-safe.
class History {
 public:
  static constexpr std::chrono::seconds pause{2};
  static constexpr std::size_t most_samples = 300;

  explicit History(const Metrics& metrics) : metrics_(metrics), last_(take()) {}

  /// To be called every `pause`.
  void tick(const Load& load);

  /// Counts up with each sample.
  std::uint64_t number() const;
  /// The last ones, the oldest first; of `number` samples those that the history still has.
  std::vector<Sample> last(std::uint64_t number = most_samples) const;

 private:
  /// Sums since the start.
  struct Sums {
    std::chrono::steady_clock::time_point at;
    Metrics::Pictures pictures;
    Metrics::Durations total{}, process{};
  };
  Sums take() const;

  const Metrics& metrics_;
  Sums last_;  // of the thread that calls tick
  mutable std::mutex mutex_;
  std::uint64_t number_ = 0;    // guarded by mutex_
  std::deque<Sample> samples_;  // guarded by mutex_
};

}  // namespace imcaxy::server
