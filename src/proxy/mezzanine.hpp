// The mezzanine between originals and answers: reduced forms of large sources that are asked for in several sizes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/await.hpp"
#include "base/byte_budget.hpp"
#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/worker_pool.hpp"
#include "cache/disk_tier.hpp"
#include "cache/epochs.hpp"
#include "image/header.hpp"
#include "image/scale.hpp"
#include "proxy/asked_sizes.hpp"
#include "proxy/image_request.hpp"
#include "proxy/originals.hpp"

namespace imcaxy::proxy {

struct MezzanineOptions {
  bool enabled = true;
  image::Limits limits;
  std::chrono::seconds read_limit{5};             ///< after which the original has to do
  std::uint64_t max_bytes_from_disk = 64u << 20;  ///< that wait for a core or are worked on; more wait for their turn
};

struct MezzanineStats {
  std::atomic<std::uint64_t> made = 0, used = 0, failed = 0;
  std::atomic<std::int64_t> running = 0;  ///< that are being made, or wait to be
};

/// A reduced form, and which original it is of: originals may change without an invalidation when their time is over.
struct ReducedForm {
  Bytes bytes;
  Key128 original;  ///< hash of its bytes

  /// Reads all of the original.
  bool is_of(const Bytes& bytes_of_original) const { return hash128(bytes_of_original.view()) == original; }
};

/// Reduced forms lie in the originals' tier, as entries of the same source, so that they share its bound and go with
/// it. They are made by threads of `cpu_pool` when it is idle, or, of sources that are asked for in many sizes, as work
/// among other work; nobody ever waits for one. Uploads have none: they come once.
/// Thread-safe; must outlive the tasks that it gave to the pool (`idle`, or the pool has stopped).
class Mezzanine {
 public:
  using Epoch = cache::Epochs::Epoch;

  Mezzanine(MezzanineOptions options, Originals& originals, cache::DiskTier& disk, cache::Epochs& epochs,
            WorkerPool& cpu_pool, WorkerPool& disk_pool);

  /// What is kept for this source, if anything.
  Task<std::optional<ReducedForm>> find(SourceRef source);

  /// An answer of this size was made of the original of a large source, which was asked for in `since`.
  void made_of_original(const SourceRef& source, Epoch since, const image::Size& size);
  /// An answer was made of a reduced form.
  void made_of_reduced() { ++stats_.used; }
  /// What is kept is of another original.
  void forget(const SourceRef& source);

  bool idle() const { return stats_.running.load() == 0; }
  const MezzanineStats& stats() const { return stats_; }

 private:
  void make(const SourceRef& source, Epoch since);
  AskedSizes::End try_to_make(const SourceRef& source, Epoch since);

  const MezzanineOptions options_;
  Originals& originals_;
  cache::DiskTier& disk_;
  cache::Epochs& epochs_;
  WorkerPool& cpu_pool_;
  WorkerPool& disk_pool_;
  ByteBudget budget_;
  AskedSizes sizes_;
  MezzanineStats stats_;
};

}  // namespace imcaxy::proxy
