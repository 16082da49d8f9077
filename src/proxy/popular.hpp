// Requests whose answers are worth a search, those that are asked for most first.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "cache/memory_tier.hpp"
#include "proxy/image_request.hpp"

namespace imcaxy::proxy {

/// How often each was asked for is what the memory tier counts anyway, in the lock that it takes anyway: a hit pays
/// nothing for this. So what has left memory is not popular, and goes here, too. Bounded; beyond that the less popular
/// half is forgotten, and comes again when it is read from disk. Thread-safe.
class Popular {
 public:
  using Clock = std::chrono::steady_clock;

  Popular(const cache::MemoryTier& memory, std::size_t most) : memory_(memory), most_(most) {}

  /// Not given out before then.
  void add(ImageRequestPtr request, Clock::time_point not_before = {});

  /// Of those whose time has come, the one with the most hits times bytes that can be saved; null when there is none.
  ImageRequestPtr take(Clock::time_point now);

  std::size_t size() const;

 private:
  struct Waiting {
    ImageRequestPtr request;
    Clock::time_point not_before;
  };
  struct Ranked {
    Key128 key;
    double weight;
  };
  std::vector<Ranked> ranked(Clock::time_point now);
  void forget_half();

  const cache::MemoryTier& memory_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::unordered_map<Key128, Waiting> waiting_;  // guarded by mutex_
};

}  // namespace imcaxy::proxy
