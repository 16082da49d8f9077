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
#include "source/fetcher.hpp"
#include "source/folder.hpp"

namespace imcaxy::proxy {

struct OriginalsOptions {
  std::chrono::seconds negative_ttl{5};
  std::chrono::seconds ttl{0};               ///< 0: until invalidated
  std::chrono::seconds blob_ttl{0};          ///< of a blob
  std::chrono::seconds fetch_limit{60};      ///< after which a fetch counts as lost; above the fetchers' own time-outs
  std::optional<source::Folder> folder;      ///< where files are
  std::uint64_t max_file_bytes = 32u << 20;  ///< of one of them
  std::uint64_t max_bytes_from_disk = 256u << 20;  ///< that wait for a core or are worked on; more wait for their turn
};

struct OriginalsStats {
  std::atomic<std::uint64_t> disk_hits = 0, fetched = 0, failed = 0, shared = 0;
  std::atomic<std::int64_t> running = 0;
};

/// Thread-safe; its coroutines run on the caller's executor, which must run until `idle`.
class Originals {
 public:
  /// `blobs`: null where there are none.
  Originals(OriginalsOptions options, source::Fetcher& fetcher, atproto::BlobFetcher* blobs, cache::DiskTier& disk,
            cache::Epochs& epochs, WorkerPool& disk_pool, const Clock& clock = Clock::system());

  /// The bytes of a source, asked for not before `since`: what an invalidation made stale is never returned.
  Task<Result<source::Original>> get(SourceRef source, cache::Epochs::Epoch since,
                                     std::chrono::steady_clock::duration patience);

  /// What of it lies on a disk of this machine, its description, too, if it is no mounted file. Blocks on that disk.
  std::optional<cache::Entry> read_here(const SourceRef& source);

  bool idle() const { return stats_.running.load() == 0; }
  const OriginalsStats& stats() const { return stats_; }

 private:
  using Hub = hub::DataHub<source::Original>;

  Task<void> produce(hub::Production<source::Original> given, SourceRef source, cache::Epochs::Epoch since);
  Task<Result<source::Original>> fetch(const SourceRef& source);
  Task<std::optional<source::Original>> read_disk(const SourceRef& source);
  Task<void> keep(SourceRef source, source::Original original, cache::Epochs::Epoch since, WallTime asked);

  const OriginalsOptions options_;
  source::Fetcher& fetcher_;
  atproto::BlobFetcher* const blobs_;
  cache::DiskTier& disk_;
  cache::Epochs& epochs_;
  WorkerPool& disk_pool_;
  const Clock& clock_;
  ByteBudget budget_;
  NegativeCache failures_;
  Hub hub_;
  OriginalsStats stats_;
};

}  // namespace imcaxy::proxy
