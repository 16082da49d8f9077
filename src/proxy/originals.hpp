// The source's bytes: from disk, or fetched once for all who need them now, and kept.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "base/await.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/worker_pool.hpp"
#include "cache/disk_tier.hpp"
#include "cache/epochs.hpp"
#include "hub/data_hub.hpp"
#include "proxy/negative_cache.hpp"
#include "source/fetcher.hpp"

namespace imcaxy::proxy {

struct OriginalsStats {
  std::atomic<std::uint64_t> disk_hits = 0, fetched = 0, failed = 0, shared = 0;
};

/// Thread-safe; its coroutines run on the caller's executor. Must outlive them.
class Originals {
 public:
  Originals(source::Fetcher& fetcher, cache::DiskTier& disk, cache::Epochs& epochs, WorkerPool& disk_pool,
            std::chrono::seconds negative_ttl, const Clock& clock);

  struct Wanted {
    std::string source_url;  ///< normal form
    std::string fetch_url;
    Key128 key;
  };
  /// The bytes of a URL, asked for not before `since`: what an invalidation made stale is never returned.
  Task<Result<source::Original>> get(Wanted wanted, cache::Epochs::Epoch since,
                                     std::chrono::steady_clock::duration patience);

  const OriginalsStats& stats() const { return stats_; }
  std::size_t running() const { return hub_.running(); }

 private:
  using Hub = hub::DataHub<source::Original>;

  Task<void> produce(hub::Production<source::Original> production, Wanted wanted, cache::Epochs::Epoch since);
  void keep(const Wanted& wanted, const source::Original& original, cache::Epochs::Epoch since);

  source::Fetcher& fetcher_;
  cache::DiskTier& disk_;
  cache::Epochs& epochs_;
  WorkerPool& disk_pool_;
  const Clock& clock_;
  NegativeCache failures_;
  Hub hub_;
  OriginalsStats stats_;
};

}  // namespace imcaxy::proxy
