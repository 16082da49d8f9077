// The way of a request: look up, produce once, serve, store.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/await.hpp"
#include "base/worker_pool.hpp"
#include "cache/disk_tier.hpp"
#include "cache/epochs.hpp"
#include "cache/memory_tier.hpp"
#include "cluster/sharing.hpp"
#include "hub/data_hub.hpp"
#include "hub/reader.hpp"
#include "proxy/image_request.hpp"
#include "proxy/mezzanine.hpp"
#include "proxy/negative_cache.hpp"
#include "proxy/optimiser.hpp"
#include "proxy/originals.hpp"
#include "proxy/timings.hpp"
#include "proxy/workbench.hpp"

namespace imcaxy::proxy {

struct ServiceOptions {
  std::size_t max_in_flight = 1024;  ///< productions that wait or run; beyond: 503
  std::chrono::seconds request_timeout{60};
  std::chrono::seconds negative_ttl{5};
  std::chrono::seconds ttl{0};       ///< of an answer whose source has no freshness of its own; 0: until invalidated
  bool fallback_to_original = true;  ///< when a picture can't be processed
  image::Limits limits;
};

/// What the hub hands to the readers before the bytes.
struct ResultHead {
  std::shared_ptr<const cache::EntryMeta> meta;
  Origin origin = Origin::produced;
  Timings timings;
  std::string fallback_reason;  ///< not empty: these are the source's own bytes, and why
};

/// An answer on its way.
struct Served {
  hub::Reader<ResultHead> reader;
  const ResultHead* head;  ///< lives as long as reader
  bool joined;             ///< another request's production
};

struct ServiceStats {
  std::atomic<std::uint64_t> processed = 0, coalesced = 0, overloaded = 0, restarted = 0, fallbacks = 0;
  /// Answers that were served stale: while their source was asked, or because it could not be.
  std::atomic<std::uint64_t> stale_while_revalidate = 0, stale_if_error = 0;
  std::atomic<std::uint64_t> hurried = 0;  ///< answers in a format that is quicker to write than the best
  std::atomic<std::int64_t> in_flight = 0, readers = 0;
};

/// Thread-safe; coroutines run on the caller's executor, which must run until `idle` is true.
class Service {
 public:
  /// Makes the header lines of hits, once for each entry that enters memory.
  using PrepareHeaders = std::function<Bytes(const cache::EntryMeta&)>;

  /// `sharing`: null where this node is the only one.
  Service(ServiceOptions options, cache::MemoryTier& memory, cache::DiskTier& disk, cache::Epochs& epochs,
          Originals& originals, Mezzanine& mezzanine, WorkerPool& cpu_pool, WorkerPool& disk_pool,
          cluster::Sharing* sharing, PrepareHeaders prepare, const Clock& clock = Clock::system());

  /// Is told of the answers that are kept. Before the first request; null: nobody.
  void set_optimiser(Optimiser* optimiser) { optimiser_ = optimiser; }

  /// A fresh hit in memory: nothing but one shard's lock. Nothing after a pause in which another node may have
  /// invalidated what is here; `serve` finds out.
  cache::MemoryItemPtr find_in_memory(const ImageRequest& request);

  /// Everything else. The client may leave at any time: what was started is finished and stored.
  Task<Result<Served>> serve(ImageRequestPtr request);

  /// Runs `work`, which returns a Result, on a thread for such work, without a limit of time: it may refer to its
  /// caller.
  template <class Work>
  auto on_cpu(Work work) {
    return run_on(cpu_pool_, std::chrono::hours(24), std::move(work));
  }

  /// The same on a thread for the disk.
  template <class Work>
  auto on_disk(Work work) {
    return run_on(disk_pool_, std::chrono::hours(24), std::move(work));
  }

  bool idle() const { return stats_.in_flight.load() == 0; }
  const ServiceStats& stats() const { return stats_; }
  std::size_t running() const { return hub_.running(); }

 private:
  using Hub = hub::DataHub<ResultHead>;
  using Production = hub::Production<ResultHead>;
  using Epoch = cache::Epochs::Epoch;

  struct Made {
    cache::EntryPtr entry;
    Timings timings;
    std::string fallback_reason;
  };

  /// What the attempts of one production share.
  struct Attempt {
    ImageRequestPtr request;
    Epoch since;
    cluster::Position position;  ///< in the log of the other nodes
    Timings timings;
  };
  enum class Way { ended, again, make };
  enum class When { now, idle };

  Task<void> produce(Production given, ImageRequestPtr request);
  cache::MemoryItemPtr look_in_memory(const ImageRequest& request);
  bool keep_in_memory(const Attempt& attempt, const cache::EntryPtr& entry);
  Task<Way> serve_stored(Production& production, Attempt& attempt);
  Task<Way> serve_stale(Production& production, Attempt& attempt, cache::EntryPtr entry, Origin origin);
  Task<Way> renew(Production& production, Attempt& attempt, cache::EntryPtr entry, Origin origin);
  Task<void> renew_behind(Production given, Attempt attempt, cache::EntryPtr entry);
  Task<void> drop(Key128 key);
  Task<Way> serve_shared(Production& production, Attempt& attempt, cluster::Turn& turn);
  Task<Way> serve_found(Production& production, Attempt& attempt, cluster::StoredImage image);
  Task<Way> serve_made(Production& production, Attempt& attempt, cluster::Turn& turn);
  Task<std::optional<cache::Entry>> read_disk(const ImageRequest& request);
  /// An answer that comes piece by piece is begun in `production`, unless the source was invalidated by then.
  Task<Result<Made>> make(Production& production, ImageRequestPtr request, Epoch since, Timings timings,
                          When when = When::now);
  /// The outer error: it could not be tried.
  Task<Result<processor::Outcome>> process(ImageRequestPtr request, Material material, Workbench::Pieces pieces,
                                           Timings& timings, When when);
  Task<processor::Marks> fetch_marks(const ImageRequest& request, Timings& timings);
  Task<void> store(const cache::EntryPtr& entry, Epoch since);
  Task<void> keep(Attempt attempt, cache::EntryPtr entry, cluster::Turn& turn);
  Task<void> make_better_behind(Production given, Attempt attempt);
  void consider(const Attempt& attempt, const cache::EntryMeta& meta);
  Task<void> share(const cache::EntryPtr& entry, cluster::Position since);
  cache::EntryMeta make_meta(const ImageRequest& request, std::string mime_type, const Original& original,
                             WallTime asked) const;
  cache::EntryPtr make_entry(const ImageRequest& request, processor::Answer answer, const Original& original,
                             WallTime asked) const;
  void publish(Production& production, const cache::EntryPtr& entry, Origin origin, const Timings& timings,
               std::string fallback_reason = {});

  const ServiceOptions options_;
  cache::MemoryTier& memory_;
  cache::DiskTier& disk_;
  cache::Epochs& epochs_;
  Originals& originals_;
  Mezzanine& mezzanine_;
  WorkerPool& cpu_pool_;
  WorkerPool& disk_pool_;
  cluster::Sharing* const sharing_;
  const PrepareHeaders prepare_;
  Optimiser* optimiser_ = nullptr;
  const Clock& clock_;
  NegativeCache failures_;
  Hub hub_;
  ServiceStats stats_;
};

}  // namespace imcaxy::proxy
