// The pictures that all nodes share: bytes in a bucket, what is known of them in the database.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "cache/entry.hpp"
#include "cache/purge.hpp"
#include "cluster/event_log.hpp"
#include "cluster/images.hpp"
#include "s3/client.hpp"

namespace imcaxy::cluster {

struct SharedTierStats {
  std::atomic<std::uint64_t> hits = 0, misses = 0, stored = 0, stale = 0, damaged = 0, evictions = 0, expirations = 0;
  std::atomic<std::uint64_t> read_errors = 0, write_errors = 0, bytes_stored = 0;
  std::atomic<std::uint64_t> images = 0, bytes = 0;  ///< as of the last upkeep, of any node
};

/// A picture is there once its document is, which is written after its bytes; a new one has a new name in the bucket.
/// Nothing is given out that the log has invalidated since its source was asked, whenever and by whomever it was put
/// there. Thread-safe; all but `read` block on the network.
class SharedTier final : public cache::Purgeable {
 public:
  /// `log` has to know what this node has applied.
  SharedTier(Images& images, EventLog& log, s3::Client& bucket) : images_(images), log_(log), bucket_(bucket) {}

  /// Nothing when there is none that may be served. The error tells who can't be reached.
  Result<std::optional<StoredImage>> find(const std::string& signature, const std::string& processor);

  /// Its bytes: `on_bytes` gets them as they come, on another thread; false ends it. `done` comes at the end: 404 when
  /// they are gone, 502 when they are not what was stored; then the picture is forgotten. 503 when the bucket can't be
  /// asked, or has nothing to say for two seconds.
  using OnBytes = std::move_only_function<bool(std::string_view)>;
  void read(const StoredImage& image, OnBytes on_bytes, std::move_only_function<void(Result<void>)> done);
  /// After `read` ended with 404 or 502.
  void forget(const StoredImage& image);

  /// `since`: what this node had applied of the log before the source was asked. An entry that came too late is
  /// dropped, which is no error.
  Result<void> store(const cache::Entry& entry, Position since);

  /// The bucket failed time after time, and is only looked at from time to time.
  bool without_bytes() const { return bucket_.left_alone(); }

  /// A picture's source says that it still holds.
  Result<void> renew(const cache::EntryMeta& meta);

  /// What can't be removed now is not served either, once the log has the event.
  std::vector<cache::Purged> purge(const cache::UrlSet& set) override;

  /// What one node does for all from time to time: expired pictures, more bytes than `max_bytes` (0: any number).
  Result<void> keep_bounds(std::uint64_t max_bytes);
  /// Removes objects that no document names: what a node left when it died between the two. Looks at some thousands,
  /// and goes on there the next time.
  Result<void> remove_orphans();

  const SharedTierStats& stats() const { return stats_; }

 private:
  Result<void> remove(const std::vector<StoredImage>& images);
  void remove_objects(std::vector<std::string> objects);

  Images& images_;
  EventLog& log_;
  s3::Client& bucket_;
  SharedTierStats stats_;
  std::string orphans_page_;  // of the one thread that does the upkeep
};

}  // namespace imcaxy::cluster
