// `/dashboard/api/`: what the dashboard shows, for whoever has the token.
#pragma once

#include <atomic>
#include <functional>
#include <string_view>
#include <vector>

#include "base/worker_pool.hpp"
#include "cache/disk_tier.hpp"
#include "cache/invalidation.hpp"
#include "cache/memory_tier.hpp"
#include "http/server.hpp"
#include "server/dashboard/history.hpp"
#include "server/dashboard/live_stream.hpp"
#include "server/invalidation_handler.hpp"
#include "server/metrics.hpp"

namespace imcaxy::server {

/// All of it outlives the handler.
struct DashboardParts {
  Metrics& metrics;
  const History& history;
  std::function<std::vector<Reading>()> readings;
  const cache::MemoryTier& memory;
  std::vector<cache::DiskTier*> disk_tiers;
  cache::InvalidationRecords& invalidations;
  const InvalidationHandler& door;  ///< knows the token
  WorkerPool& disk_pool;
  std::uint64_t memory_limit = 0, disk_limit = 0;  ///< bytes of the caches
};

/// Thread-safe.
class DashboardHandler {
 public:
  using Reply = http::Handler::Reply;

  explicit DashboardHandler(DashboardParts parts) : parts_(std::move(parts)) {}

  /// `path`: what follows `/dashboard/api/`.
  ///   live                    server-sent events: see live_stream.hpp
  ///   entries?url=            everything in the cache that is made of a source, and the source itself
  ///   invalidations           the projects that ever invalidated
  ///   invalidations?project=  what is kept of one
  Reply handle(const http::Request& request, std::string_view path);

  /// Ends the streams, so that the server can go.
  void stop() { stopping_ = true; }

 private:
  static constexpr int most_streams = 32;

  http::Response live();
  std::string event(const std::vector<Sample>& samples, bool first) const;
  Task<http::Response> entries(const http::Request& request);
  Task<http::Response> invalidations(const http::Request& request);

  const DashboardParts parts_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::int64_t> streams_ = 0;
};

}  // namespace imcaxy::server
