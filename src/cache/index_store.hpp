// The index of the disk tiers in SQLite: which entries there are, and what an invalidation looks them up by.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "cache/entry.hpp"
#include "cache/url_set.hpp"

namespace imcaxy::cache {

/// What a disk tier has to know of an entry at its start.
struct IndexRow {
  Key128 key;
  std::uint64_t bytes = 0;     ///< of the entry's file
  std::uint64_t last_use = 0;  ///< logical time: larger is later
  std::optional<WallTime> expires;
};

/// Writes are queued and done in batches by one thread; nobody waits for them but `flush`. All of it can be lost: the
/// entries' files describe themselves. Thread-safe.
class IndexStore {
 public:
  /// A damaged file is replaced by an empty one, which the log tells.
  static Result<std::unique_ptr<IndexStore>> open(const std::string& path);
  ~IndexStore();
  IndexStore(const IndexStore&) = delete;
  IndexStore& operator=(const IndexStore&) = delete;

  void put(std::string_view tier, const EntryMeta& meta, std::uint64_t bytes, std::uint64_t last_use);
  void touch(std::string_view tier, const Key128& key, std::uint64_t last_use);
  void erase(std::string_view tier, const Key128& key);

  /// Waits until everything that was queued before is written. False when a write has ever failed: then the index may
  /// lack entries until the next start.
  bool flush();

  std::vector<IndexRow> load(std::string_view tier);

  /// The keys of the entries that come from one of the URLs; an error when the index can't tell.
  Result<std::vector<Key128>> find(std::string_view tier, const UrlSet& urls);

 private:
  struct Database;
  /// One queued write; `kind` says which fields count.
  struct Write {
    enum class Kind { put, touch, erase } kind;
    std::string tier;
    Key128 key;
    std::string source_url;
    std::int64_t bytes = 0, last_use = 0;
    std::optional<WallTime> expires;
  };

  explicit IndexStore(std::unique_ptr<Database> database);
  void enqueue(Write write);
  void run();
  bool write(std::vector<Write>& batch);

  std::unique_ptr<Database> database_;
  std::mutex database_mutex_;  // guards database_
  std::mutex mutex_;           // guards what follows
  std::condition_variable wake_, written_;
  std::vector<Write> queue_;
  std::uint64_t queued_ = 0, done_ = 0;  // writes ever
  bool complete_ = true, hurry_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace imcaxy::cache
