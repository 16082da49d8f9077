// How much a host is asked for at a time, and that it is left alone when it says so.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/await.hpp"
#include "base/byte_budget.hpp"
#include "base/lru_map.hpp"

namespace imcaxy::atproto {

struct HostLimitsOptions {
  std::size_t at_a_time = 16;  ///< transfers with one host
  std::size_t max_hosts = 10'000;
  std::chrono::milliseconds first_pause{1000};  ///< after a refusal that names no time; doubled by each further one
  std::chrono::milliseconds longest_pause{300'000};
};

/// Thread-safe; coroutines run on the caller's executor.
class HostLimits {
 public:
  using Steady = std::chrono::steady_clock;
  /// The right to one transfer, while it lives.
  using Turn = ByteBudget::Lease;

  explicit HostLimits(HostLimitsOptions options) : options_(options), hosts_(options.max_hosts) {}

  /// Waits, first come first served, also for the end of a pause; null when there is no turn before `deadline`.
  Task<Turn> wait(std::string host, Steady::time_point deadline);

  /// The host said "too many requests", or that it is overloaded.
  void refused(const std::string& host, std::optional<std::chrono::seconds> retry_after);
  /// It answered.
  void served(const std::string& host);

 private:
  struct Host {
    explicit Host(std::size_t at_a_time) : turns(at_a_time) {}
    ByteBudget turns;
    Steady::time_point paused_until{};  // guarded by mutex_
    unsigned refusals = 0;              // guarded by mutex_
  };

  std::shared_ptr<Host> host_of(const std::string& host);
  Steady::time_point pause_of(const Host& host);

  const HostLimitsOptions options_;
  std::mutex mutex_;
  LruMap<std::string, std::shared_ptr<Host>> hosts_;  // guarded by mutex_
};

}  // namespace imcaxy::atproto
