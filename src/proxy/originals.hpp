// The source's bytes: from disk, or fetched once for all who need them now, and kept.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "atproto/blob_fetcher.hpp"
#include "base/await.hpp"
#include "base/byte_budget.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/worker_pool.hpp"
#include "cache/disk_tier.hpp"
#include "cache/epochs.hpp"
#include "hub/data_hub.hpp"
#include "proxy/image_request.hpp"
#include "proxy/negative_cache.hpp"
#include "proxy/original.hpp"
#include "proxy/originals_in_use.hpp"
#include "source/fetcher.hpp"
#include "source/folder.hpp"
#include "source/freshness.hpp"

namespace imcaxy::proxy {

struct OriginalsOptions {
  std::chrono::seconds negative_ttl{5};
  source::FreshnessRules freshness;          ///< of what is fetched by URL
  std::chrono::seconds blob_ttl{0};          ///< of a blob; 0: until invalidated
  std::chrono::seconds fetch_limit{60};      ///< after which a fetch counts as lost; above the fetchers' own time-outs
  std::optional<source::Folder> folder;      ///< where files are
  std::uint64_t max_file_bytes = 32u << 20;  ///< of one of them
  std::uint64_t max_bytes_from_disk = 256u << 20;  ///< that wait for a core or are worked on; more wait for their turn
};

struct OriginalsStats {
  std::atomic<std::uint64_t> disk_hits = 0, fetched = 0, failed = 0;
  std::atomic<std::uint64_t> shared = 0;  ///< those of others who read, fetch or use the same
  /// Of questions whether an original still holds: how they ended.
  std::atomic<std::uint64_t> unchanged = 0, changed = 0, unanswered = 0;
  std::atomic<std::int64_t> running = 0;
};

/// Thread-safe; its coroutines run on the caller's executor, which must run until `idle`.
class Originals {
 public:
  /// `blobs`: null where there are none.
  Originals(OriginalsOptions options, source::Fetcher& fetcher, atproto::BlobFetcher* blobs, cache::DiskTier& disk,
            cache::Epochs& epochs, WorkerPool& disk_pool, const Clock& clock = Clock::system());

  /// The bytes of a source, asked for not before `since`: what an invalidation made stale is never returned. What
  /// others use just now is shared. Where they are no longer fresh the source is asked whether they still hold, once
  /// for all who want to know. When it can't be asked they may be used for a while: then they are fresh until it is
  /// worth another try.
  Task<Result<Original>> get(SourceRef source, cache::Epochs::Epoch since,
                             std::chrono::steady_clock::duration patience);

  /// What of it lies on a disk of this machine, its description, too, if it is no mounted file. Blocks on that disk.
  std::optional<cache::Entry> read_here(const SourceRef& source);

  bool idle() const { return stats_.running.load() == 0; }
  const OriginalsStats& stats() const { return stats_; }

 private:
  using Hub = hub::DataHub<Original>;
  using Production = hub::Production<Original>;
  using Epoch = cache::Epochs::Epoch;

  Task<void> produce(Production given, SourceRef source, Epoch since);
  Task<void> take_failure(Production& production, const SourceRef& source, std::optional<cache::Entry> stored,
                          Error error);
  Task<Result<source::Original>> fetch(const SourceRef& source, const cache::Entry* stored);
  Task<std::optional<cache::Entry>> read_disk(const SourceRef& source);
  cache::Entry make_entry(const SourceRef& source, source::Original fetched, std::optional<cache::Entry> stored,
                          WallTime asked);
  Task<void> keep(cache::Entry entry, Epoch since);

  const OriginalsOptions options_;
  source::Fetcher& fetcher_;
  atproto::BlobFetcher* const blobs_;
  cache::DiskTier& disk_;
  cache::Epochs& epochs_;
  WorkerPool& disk_pool_;
  const Clock& clock_;
  ByteBudget budget_;
  NegativeCache failures_;
  OriginalsInUse in_use_;
  Hub hub_;
  OriginalsStats stats_;
};

}  // namespace imcaxy::proxy
