// The hottest entries, in memory: a hit costs one shard's lock and a reference count.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "cache/entry.hpp"
#include "cache/purge.hpp"

namespace imcaxy::cache {

struct MemoryTierStats {
  std::uint64_t entries = 0, bytes = 0, evictions = 0;
};

/// What is kept: an entry, and what its user computed once for all hits.
struct MemoryItem {
  EntryPtr entry;
  Bytes prepared;  ///< the header lines of a hit, made once
  /// What plain Imaginary would have sent instead; 0: nobody knows. Becomes known while the item is there.
  mutable std::atomic<std::uint32_t> imaginary_bytes = 0;

  std::uint64_t cost_bytes() const;
};
using MemoryItemPtr = std::shared_ptr<const MemoryItem>;

/// Bounded in bytes, in shards, each evicting by S3-FIFO (Yang et al., "FIFO queues are all you need for cache
/// eviction", SOSP 2023): newcomers pass a small queue, only what is asked for again enters the main one, so a scan
/// evicts nothing that is hot. Thread-safe. What was handed out stays valid after its eviction.
class MemoryTier final : public Purgeable {
 public:
  /// `max_bytes` 0: keeps nothing. An entry larger than a shard's part is not kept.
  explicit MemoryTier(std::uint64_t max_bytes, const Clock& clock = Clock::system());

  /// Nothing when it is not there or its time is over.
  MemoryItemPtr get(const Key128& key);

  /// Replaces what the key had. False when it is too large to be kept.
  bool put(MemoryItemPtr item);

  void erase(const Key128& key);
  void clear();
  /// Looks at every entry: for invalidations, not for requests.
  std::vector<Purged> purge(const UrlSet& urls) override;
  MemoryTierStats stats() const;

  /// What is there of these sources, and how often it was asked for since it came. Looks at every entry, as `purge`
  /// does.
  struct Resident {
    EntryPtr entry;
    std::uint64_t hits = 0;
  };
  std::vector<Resident> find(const UrlSet& urls) const;

  /// Every entry with its hits, under the lock of its shard: `look` has to be short, and must not come back here.
  void each(const std::function<void(const MemoryItemPtr& item, std::uint64_t hits)>& look) const;

  /// What is there, and how often it was asked for since it came. It is no use of it.
  struct Found {
    MemoryItemPtr item;
    std::uint64_t hits = 0;
  };
  Found peek(const Key128& key) const;

  /// Puts `item` where `old` is, with its place and its hits. False when something else is there by now, or nothing.
  bool replace(const MemoryItemPtr& old, MemoryItemPtr item);

 private:
  struct Node {
    MemoryItemPtr item;
    std::uint64_t cost = 0;
    std::uint64_t hits = 0;  ///< since it came
    std::uint8_t uses = 0;   ///< since it was queued, at most 3
    bool in_main = false;
    std::list<Key128>::iterator place;
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;  // guards all of it
    std::unordered_map<Key128, Node> nodes;
    std::list<Key128> small, main;  // front: newest
    std::uint64_t small_bytes = 0, main_bytes = 0, evictions = 0;
    std::list<Key128> ghosts;  // keys that left `small` unused, newest in front
    std::unordered_map<Key128, std::list<Key128>::iterator> ghost_index;
  };

  Shard& shard_of(const Key128& key) { return shards_[key.high % shards_.size()]; }
  const Shard& shard_of(const Key128& key) const { return shards_[key.high % shards_.size()]; }
  void make_room(Shard& shard);
  void evict_from_small(Shard& shard);
  void evict_from_main(Shard& shard);
  void remember_ghost(Shard& shard, const Key128& key);
  void remove(Shard& shard, std::unordered_map<Key128, Node>::iterator it);

  const std::uint64_t shard_bytes_;
  const Clock& clock_;
  std::vector<Shard> shards_;
};

}  // namespace imcaxy::cache
