// Counters that many threads raise without sharing a cache line.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace imcaxy {

inline constexpr std::size_t counter_shards = 16;

/// The calling thread's shard: threads are dealt out in turn.
inline std::size_t counter_shard() {
  static std::atomic<std::size_t> next = 0;
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed) % counter_shards;
  return mine;
}

/// `Size` counters, each in one block a shard. Thread-safe; a sum that is read while others count may lag behind.
template <std::size_t Size>
class ShardedCounters {
 public:
  void add(std::size_t index, std::uint64_t by = 1) {
    shards_[counter_shard()].values[index].fetch_add(by, std::memory_order_relaxed);
  }
  std::uint64_t sum(std::size_t index) const {
    std::uint64_t total = 0;
    for (const Shard& shard : shards_) total += shard.values[index].load(std::memory_order_relaxed);
    return total;
  }

 private:
  struct alignas(64) Shard {
    std::array<std::atomic<std::uint64_t>, Size> values{};
  };
  std::array<Shard, counter_shards> shards_{};
};

}  // namespace imcaxy
