// Behind answers: the popular ones are encoded again with a search for the fewest bytes, while cores are idle.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/await.hpp"
#include "base/worker_pool.hpp"
#include "cache/disk_tier.hpp"
#include "cache/epochs.hpp"
#include "cache/memory_tier.hpp"
#include "cluster/sharing.hpp"
#include "image/refine.hpp"
#include "proxy/image_request.hpp"
#include "proxy/originals.hpp"
#include "proxy/popular.hpp"
#include "refinery/process.hpp"

namespace imcaxy::proxy {

struct OptimiserOptions {
  bool enabled = true;
  image::Limits limits;
  std::size_t most_waiting = 4096;
  unsigned searches = 1;  ///< at a time
  /// So long no core has had work before a search begins.
  std::chrono::milliseconds quiet{50};
  /// Until something is looked at again that another node works on.
  std::chrono::seconds look_again{30};
};

struct OptimiserStats {
  std::atomic<std::uint64_t> replaced = 0;                       ///< answers that gave way to what a search found
  std::atomic<std::uint64_t> bytes_before = 0, bytes_after = 0;  ///< of those
  std::atomic<std::uint64_t> learned = 0;                        ///< of them, those that another node had found
  /// Searches and their ends without another answer.
  std::atomic<std::uint64_t> nothing_smaller = 0, failed = 0;
  std::atomic<std::uint64_t> not_searchable = 0;  ///< animations, gain maps, sizes beyond the bounds
  std::atomic<std::uint64_t> no_original = 0;     ///< it is not on this machine any more, or another one is
  std::atomic<std::uint64_t> overtaken = 0;       ///< invalidated, stale, replaced or evicted by then
  std::atomic<std::uint64_t> at_another_node = 0;
  std::atomic<std::int64_t> running = 0;
};

/// An answer qualifies when its request names no quality, and it is a JPEG, WebP, AVIF or PNG that was made here, of a
/// source that is fetched or mounted, for everybody. A PNG that was asked for by name keeps its pixels. What was
/// searched for says so in its entry (`EntryMeta::effort`), so a restart goes on where it was. The answer is replaced
/// in memory, then on disk, as one step for invalidations, and only if it is the very one that the search began with;
/// its times stay, its entity tag is another. What clients are being sent is not touched.
///
/// A few searches at a time, of large pictures one, on threads of their own, and begun only when the pool of cores is
/// quiet; the search itself stands still as soon as that has work (refinery/process.hpp). Where there are other nodes,
/// one searches for all, and the others take over what it found when they come to that picture; until then they serve
/// what they have. Thread-safe.
class Optimiser {
 public:
  using Search = std::function<Result<image::Refinement>(const image::Master&, const Bytes& now, const image::Limits&,
                                                         const refinery::Ask&)>;
  /// Makes the header lines of hits, as Service has it.
  using PrepareHeaders = std::function<Bytes(const cache::EntryMeta&)>;

  struct Parts {
    cache::MemoryTier& memory;
    cache::DiskTier& disk;
    cache::Epochs& epochs;
    Originals& originals;
    WorkerPool& cpu_pool;
    cluster::Sharing* sharing;  ///< null where this node is the only one
    PrepareHeaders prepare;
    const Clock& clock = Clock::system();
  };
  Optimiser(OptimiserOptions options, Parts parts, Search search = refinery::refine_apart);
  ~Optimiser() { stop(); }

  /// Such an answer is in memory and on disk now. Returns at once.
  void consider(const ImageRequestPtr& request, const cache::EntryMeta& meta);

  /// Ends the search that runs. The pool of cores may be stopped before or after it.
  void stop();

  /// Nothing runs, and nothing waits that could.
  bool idle() const { return stats_.running.load() == 0 && popular_.size() == 0; }
  std::size_t waiting() const { return popular_.size(); }
  const OptimiserStats& stats() const { return stats_; }

 private:
  using Epoch = cache::Epochs::Epoch;

  /// What a search begins with.
  struct Begun {
    ImageRequestPtr request;
    cluster::Position position;
    Epoch since;
    cache::MemoryItemPtr item;

    const cache::Entry& entry() const { return *item->entry; }
  };

  void run();
  ImageRequestPtr wait_for_next();
  void improve(ImageRequestPtr request);
  void search(const Begun& begun);
  std::optional<Result<image::Master>> make_master(const Begun& begun);
  refinery::Say say(const Begun& begun) const;
  bool learn(const Begun& begun, const cluster::StoredImage& stored);
  cache::EntryPtr replace(const Begun& begun, cache::Entry entry);
  void share(const Begun& begun, cache::EntryPtr entry);

  const OptimiserOptions options_;
  const Parts parts_;
  const Search search_;
  Popular popular_;
  OptimiserStats stats_;
  mutable std::mutex mutex_;  // of the two that follow
  std::condition_variable wake_;
  std::atomic<bool> stopping_ = false;
  std::mutex large_;  // of the search for a large picture, for the memory that it takes
  std::vector<std::thread> threads_;
};

}  // namespace imcaxy::proxy
