// What the server counts, and its forms: Prometheus text and JSON.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

#include "base/sharded_counter.hpp"
#include "server/dashboard/activity.hpp"
#include "server/savings.hpp"

namespace imcaxy::server {

enum class Route : std::uint8_t {
  other,
  imaginary,
  invalidate,
  latest_invalidation,
  health,
  ready,
  metrics,
  stats,
  version,
  index,
  blob,
  moderation,
  web,
  dashboard,
  playground
};
inline constexpr std::array<std::string_view, 15> route_names{
    "other",   "imaginary", "invalidate", "latestInvalidation", "health", "ready",     "metrics",   "stats",
    "version", "index",     "img",        "moderation",         "web",    "dashboard", "playground"};

enum class CacheResult : std::uint8_t { none, memory, disk, shared, coalesced, miss };
inline constexpr std::array<std::string_view, 6> cache_result_names{"none",       "hit-memory", "hit-disk",
                                                                    "hit-shared", "coalesced",  "miss"};

enum class Stage : std::uint8_t { total, cache, fetch, queue, process };
inline constexpr std::array<std::string_view, 5> stage_names{"total", "cache", "fetch", "queue", "process"};

/// A figure that is read from its owner when somebody asks.
struct Reading {
  std::string_view name, help;
  bool counter = false;  ///< else a gauge
  double value = 0;
  std::string_view label, label_value;  ///< none where empty
};

/// Thread-safe; counting takes no lock.
class Metrics {
 public:
  /// Of an answer with a picture.
  struct Picture {
    Savings::Note kind = 0;
    std::uint64_t original_bytes = 0;   ///< that it was made of; 0: unknown
    std::uint64_t imaginary_bytes = 0;  ///< that plain Imaginary would have sent; 0: unknown
  };
  void answered(Route route, CacheResult result, unsigned status, std::uint64_t bytes, const Picture& picture,
                std::chrono::steady_clock::duration took);
  void observe(Stage stage, std::chrono::duration<double, std::milli> took);

  std::uint64_t requests() const;
  std::uint64_t requests(CacheResult result) const;
  std::uint64_t bytes_sent() const { return bytes_.sum(0); }

  static constexpr std::array<double, 14> bounds_ms{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1000, 5000};
  /// How many took at most as long as each bound, and not as the one before; the last place: longer than all.
  using Durations = std::array<std::uint64_t, bounds_ms.size() + 1>;
  Durations durations(Stage stage) const;

  /// Of answers with pictures, errors in their place included.
  struct Pictures {
    std::array<std::uint64_t, cache_result_names.size()> by_result{};
    std::uint64_t client_errors = 0, server_errors = 0;  ///< 4xx, 5xx
    /// Of whole pictures whose originals' size is known: what was sent, and what they were made of.
    std::uint64_t sent_bytes = 0, original_bytes = 0;
    /// Of those of which it is known what plain Imaginary would have sent.
    std::uint64_t compared_sent_bytes = 0, imaginary_bytes = 0;
  };
  Pictures pictures() const;
  const Savings& savings() const { return savings_; }

  Activity& activity() { return activity_; }

  /// Prometheus' text format, version 0.0.4. The first reading of a name has its help.
  std::string text(const std::vector<Reading>& readings) const;

 private:
  static constexpr std::array<unsigned, 28> statuses{200, 204, 206, 301, 302, 304, 400, 401, 403, 404,
                                                     405, 406, 408, 412, 413, 414, 415, 416, 422, 429,
                                                     431, 451, 500, 501, 502, 503, 504, 0};
  static constexpr std::size_t cells =
      bounds_ms.size() + 2;  // one beyond the last bound, one for the sum in microseconds

  static std::size_t slot(std::size_t route, std::size_t result, std::size_t status) {
    return (route * cache_result_names.size() + result) * statuses.size() + status;
  }
  void add_requests(std::vector<prometheus::MetricFamily>& out) const;
  void add_savings(std::vector<prometheus::MetricFamily>& out) const;
  void add_durations(std::vector<prometheus::MetricFamily>& out) const;

  ShardedCounters<route_names.size() * cache_result_names.size() * statuses.size()> requests_;
  ShardedCounters<1> bytes_;
  Savings savings_;
  ShardedCounters<stage_names.size() * cells> durations_;
  Activity activity_;
};

}  // namespace imcaxy::server
