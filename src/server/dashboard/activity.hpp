// What the dashboard shows of single requests: which sources are asked for most, and what went wrong lately.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/lru_map.hpp"
#include "base/sharded_counter.hpp"
#include "base/top_counts.hpp"
#include "http/message.hpp"

namespace imcaxy::server {

/// Thread-safe, and bounded in memory whatever comes.
class Activity {
 public:
  /// A picture of this source was answered. Never waits: what comes too fast is sampled, each sample counting for those
  /// that it stands for, so that a thread that answers a hundred thousand a second takes a few samples of them.
  void served(std::string_view source);

  /// The answer was an error. Its message is a kind of its own; an example of each kind is kept.
  void failed(const http::Request& request, const Error& error);

  /// To be called every few seconds: sampling begins anew, and old counts are forgotten after a while.
  void tick();
  static constexpr int ticks_a_period = 300;

  /// In the period that is running and the one before, the most frequent first; counts are estimates.
  std::vector<TopCounts::Count> top_sources(std::size_t most) const;

  struct Failure {
    int status = 0;
    std::string message;
    std::uint64_t count = 0;
    WallTime last{};
    std::string target, cause, id;  ///< of the last one; the target without keys
  };
  /// The latest first.
  std::vector<Failure> failures() const;

 private:
  /// Of the threads that share it. They may disturb each other: a count is then off by a few.
  struct alignas(64) Sampler {
    std::atomic<std::uint32_t> tick = 0, wait = 0, stride = 1, taken = 0;
  };
  static constexpr std::uint32_t samples_a_stride = 256;
  static constexpr std::size_t most_sources = 256, most_failures = 32;

  std::array<Sampler, counter_shards> samplers_;
  std::atomic<std::uint32_t> ticks_ = 1;
  mutable std::mutex sources_mutex_;  // guards the next two
  TopCounts current_{most_sources}, previous_{most_sources};
  mutable std::mutex failures_mutex_;
  LruMap<std::string, Failure> failures_{most_failures};  // guarded by failures_mutex_
};

}  // namespace imcaxy::server
