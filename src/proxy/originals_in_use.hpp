// The originals that somebody works on just now: who needs one of them, too, needs no disk.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "proxy/original.hpp"

namespace imcaxy::proxy {

/// Keeps none of them in memory. Thread-safe.
class OriginalsInUse {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// After this time it is read again, so that the disk knows that it is used, and when its time is over.
  static constexpr std::chrono::seconds longest{10};

  /// One whose bytes somebody holds.
  std::optional<Original> find(const Key128& key, Time now) const {
    std::lock_guard lock(mutex_);
    const auto it = known_.find(key);
    if (it == known_.end() || now - it->second.since >= longest) return std::nullopt;
    auto body = it->second.body.lock();
    if (!body) return std::nullopt;
    Original original = it->second.described;
    original.body = std::move(*body);
    return original;
  }

  void remember(const Key128& key, const Original& original, Time now) {
    Known known{original, Bytes::Watch(original.body), now};
    known.described.body = {};
    std::lock_guard lock(mutex_);
    std::erase_if(known_, [](const auto& entry) { return entry.second.body.gone(); });
    known_.insert_or_assign(key, std::move(known));
  }

 private:
  struct Known {
    Original described;  ///< without its bytes
    Bytes::Watch body;
    Time since;
  };

  mutable std::mutex mutex_;
  std::unordered_map<Key128, Known> known_;  // guarded by mutex_
};

}  // namespace imcaxy::proxy
