// What plain Imaginary would have sent instead of the answers that are asked for most: measured, never guessed.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/hash.hpp"
#include "base/lru_map.hpp"
#include "base/worker_pool.hpp"
#include "cache/memory_tier.hpp"
#include "image/header.hpp"
#include "proxy/image_request.hpp"
#include "proxy/originals.hpp"

namespace imcaxy::proxy {

struct ImaginarySizesStats {
  std::atomic<std::uint64_t> measured = 0, failed = 0;
};

/// The same operation on the same original at the same size, but as Imaginary does it where nothing more is asked: in
/// the format of the source, JPEG and WebP at quality 75, written with libvips' own settings. The metadata that
/// Imaginary leaves in is not counted, so its answers would have been a little larger. What it can't do, or chooses by
/// the client (`type=auto`), stays unknown.
///
/// Looks at what is in memory and was asked for again, those first that most bytes were sent of, and measures a few at
/// a time by threads of `cpu_pool` when it is idle. One measure is good for all formats that we answer a request in.
/// Thread-safe; must outlive the tasks that it gave to the pool (the pool has stopped).
class ImaginarySizes {
 public:
  ImaginarySizes(image::Limits limits, const RequestReader& reader, const cache::MemoryTier& memory,
                 Originals& originals, WorkerPool& cpu_pool);

  /// To be called every few seconds: tells the entries in memory what became known, and has the next ones measured.
  void tick();

  /// Bytes, for an answer that did not come from memory; 0: not known.
  std::uint32_t find(const cache::EntryMeta& meta) const;

  const ImaginarySizesStats& stats() const { return stats_; }

 private:
  /// Nothing: it was not tried yet. 0: there is no such answer.
  std::optional<std::uint32_t> look_up(Key128 key) const;
  void measure(const cache::EntryPtr& entry);
  std::optional<std::uint32_t> try_to_measure(const cache::EntryMeta& meta);

  const image::Limits limits_;
  const RequestReader& reader_;
  const cache::MemoryTier& memory_;
  Originals& originals_;
  WorkerPool& cpu_pool_;
  std::atomic<std::int64_t> running_ = 0;
  mutable std::mutex mutex_;
  mutable LruMap<Key128, std::uint32_t> known_;  // guarded by mutex_
  ImaginarySizesStats stats_;
};

}  // namespace imcaxy::proxy
