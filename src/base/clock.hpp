// Wall-clock time as a value that tests can set. Durations and deadlines use std::chrono::steady_clock instead.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imcaxy {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime now() const = 0;

  static const Clock& system();  ///< the machine's; lives as long as the process
};

/// A clock that stands still until it is told; for tests. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start) : now_(start.time_since_epoch().count()) {}
  WallTime now() const override { return WallTime(std::chrono::milliseconds(now_.load())); }
  void set(WallTime time) { now_ = time.time_since_epoch().count(); }
  void advance(std::chrono::milliseconds by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_;
};

std::string to_rfc3339(WallTime time);                                          ///< 2026-11-23T20:41:32.123Z
std::optional<WallTime> from_rfc3339(std::string_view text);                    ///< the form that to_rfc3339 writes
std::string to_http_date(WallTime time);                                        ///< RFC 9110 section 5.6.7, IMF-fixdate
std::optional<std::chrono::sys_seconds> from_http_date(std::string_view text);  ///< IMF-fixdate only

}  // namespace imcaxy
