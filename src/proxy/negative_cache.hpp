// Failures, remembered for a few seconds, so that a broken picture on a popular page costs one look-up and not a storm.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "cache/epochs.hpp"

namespace imcaxy::proxy {

/// An invalidation of the source's URL ends what is remembered of it. Thread-safe; bounded.
class NegativeCache {
 public:
  NegativeCache(std::chrono::seconds ttl, const cache::Epochs& epochs) : ttl_(ttl), epochs_(epochs) {}

  std::optional<Error> find(const Key128& key, std::string_view source_url);

  /// `since`: the URL's epoch before its bytes were asked for. Overload and time-outs of our own are not remembered,
  /// and false says so.
  bool remember(const Key128& key, std::string_view source_url, cache::Epochs::Epoch since, const Error& error);

 private:
  using Steady = std::chrono::steady_clock;
  struct Failure {
    Error error;
    Steady::time_point until;
    cache::Epochs::Epoch epoch;
  };

  static constexpr std::size_t max_entries = 4096;

  const std::chrono::seconds ttl_;
  const cache::Epochs& epochs_;
  std::mutex mutex_;
  std::unordered_map<Key128, Failure> failures_;  // guarded by mutex_
};

}  // namespace imcaxy::proxy
