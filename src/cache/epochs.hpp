// The rule "invalidation wins": what was fetched before an invalidation of its URL is never stored after it.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/hash.hpp"

namespace imcaxy::cache {

/// Counts the invalidations of each source URL, in stripes of URLs: an invalidation may hold back an innocent
/// production of the same stripe, which then simply runs again, and never lets a stale one pass.
/// Thread-safe. A stripe's mutex is held while a commit runs, so commits must be short: no I/O beyond a rename.
class Epochs {
 public:
  using Epoch = std::uint64_t;

  /// To be read before the source is asked for its bytes.
  Epoch current(std::string_view source_url) const {
    const Stripe& s = stripe(source_url);
    std::lock_guard lock(s.mutex);
    return s.epoch;
  }

  /// After this, no commit for bytes asked for earlier can happen. Call it before what is stored is removed.
  void advance(std::string_view source_url) {
    Stripe& s = stripe(source_url);
    std::lock_guard lock(s.mutex);
    ++s.epoch;
  }

  void advance_all() {
    for (Stripe& s : stripes_) {
      std::lock_guard lock(s.mutex);
      ++s.epoch;
    }
  }

  /// Runs `commit` unless the URL was invalidated since `since`; says whether it ran.
  template <class Commit>
  bool commit_if_current(std::string_view source_url, Epoch since, Commit&& commit) {
    Stripe& s = stripe(source_url);
    std::lock_guard lock(s.mutex);
    if (s.epoch != since) return false;
    commit();
    return true;
  }

 private:
  struct alignas(64) Stripe {
    mutable std::mutex mutex;
    Epoch epoch = 0;  // guarded by mutex
  };

  const Stripe& stripe(std::string_view url) const { return stripes_[hash64(url) % stripes_.size()]; }
  Stripe& stripe(std::string_view url) { return stripes_[hash64(url) % stripes_.size()]; }

  std::array<Stripe, 1024> stripes_;
};

}  // namespace imcaxy::cache
