// So many events a second, with bursts.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace imcaxy {

/// The generic cell rate algorithm (ITU-T I.371, as a virtual schedule): each event moves a point of time forward by
/// one interval; an event is refused while that point is too far ahead. Thread-safe, without locks.
class RateLimit {
 public:
  using Steady = std::chrono::steady_clock;

  /// `burst`: events at once beyond the one that is always allowed. REQUIRES: per_second > 0, burst >= 0.
  RateLimit(std::int64_t per_second, std::int64_t burst)
      : interval_(1'000'000'000 / per_second), most_(burst + 1), tolerance_(interval_ * most_) {}

  struct Decision {
    bool admitted;
    std::int64_t limit;                    ///< events at once
    std::int64_t remaining;                ///< that would be admitted now
    std::chrono::nanoseconds full_after;   ///< until all of them would be
    std::chrono::nanoseconds retry_after;  ///< of a refusal
  };

  Decision take(Steady::time_point at) {
    const std::int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
    std::int64_t planned = planned_.load(std::memory_order_relaxed);
    for (;;) {
      const std::int64_t next = std::max(planned, now) + interval_;
      if (const std::int64_t wait = next - tolerance_ - now; wait > 0)
        return decide(false, std::max(planned, now) - now, wait);
      if (planned_.compare_exchange_weak(planned, next, std::memory_order_relaxed)) return decide(true, next - now, 0);
    }
  }

 private:
  Decision decide(bool admitted, std::int64_t used, std::int64_t wait) const {
    return {admitted, most_, std::max<std::int64_t>(0, (tolerance_ - used) / interval_), std::chrono::nanoseconds(used),
            std::chrono::nanoseconds(wait)};
  }

  const std::int64_t interval_, most_, tolerance_;  // nanoseconds, events, nanoseconds
  std::atomic<std::int64_t> planned_ = 0;           ///< nanoseconds of the steady clock
};

}  // namespace imcaxy
