// Entries on disk: one self-describing file each, bounded in bytes, the least recently used leave first.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cache/entry.hpp"
#include "cache/entry_file.hpp"
#include "cache/index_store.hpp"
#include "cache/purge.hpp"

namespace imcaxy::cache {

struct DiskTierOptions {
  std::string name;             ///< in the index and in the metrics
  std::filesystem::path root;   ///< belongs to the tier: everything else in it is removed
  std::uint64_t max_bytes = 0;  ///< 0: keeps nothing
  /// What was not read for so long is removed; 0: never. Counted in hours: the time of a file tells its last use.
  std::chrono::milliseconds max_idle{0};
};

struct DiskTierStats {
  std::uint64_t entries = 0, bytes = 0, evictions = 0, expirations = 0, damaged = 0, write_errors = 0;
};

/// Thread-safe. All but `contains`, `file_bytes` and `stats` use the file system: call them on a thread that may wait.
/// An entry is `<root>/<a>/<bc>/<32 digits>`; it is written under another name and renamed when complete, so that no
/// half entry is ever seen, whatever ends the process. The files are the truth and the index follows them.
class DiskTier final : public Purgeable {
 public:
  /// Takes over what lies in the folder: entries that the index lacks are added, those beyond the bound leave.
  static Result<std::unique_ptr<DiskTier>> open(DiskTierOptions options, IndexStore& index,
                                                const Clock& clock = Clock::system());

  bool contains(const Key128& key) const { return file_bytes(key).has_value(); }
  /// About as many bytes as reading it will take; nothing when it is not there.
  std::optional<std::uint64_t> file_bytes(const Key128& key) const;

  /// Nothing when it is not there or its time is over. A damaged one is dropped and counted.
  std::optional<Entry> read(const Key128& key);

  /// An entry under another name, waiting for its commit. Removed when dropped.
  class Staged {
   public:
    Staged(std::filesystem::path path, EntryMeta meta, std::uint64_t bytes)
        : path_(std::move(path)), meta_(std::move(meta)), bytes_(bytes) {}
    Staged(Staged&& other) noexcept
        : path_(std::exchange(other.path_, {})), meta_(std::move(other.meta_)), bytes_(other.bytes_) {}
    Staged& operator=(Staged&&) = delete;
    ~Staged();

   private:
    friend class DiskTier;
    std::filesystem::path path_;
    EntryMeta meta_;
    std::uint64_t bytes_;
  };
  /// Writes the entry. On a full disk it first makes room, once; 507 when that does not help.
  Result<Staged> stage(const Entry& entry);

  /// Makes it visible: one rename.
  Result<void> commit(Staged staged);

  /// Removes the least recently used until the bound holds; after commits.
  void trim();
  /// Removes what is expired, or was idle for too long; from time to time.
  void remove_expired();

  void erase(const Key128& key);
  std::vector<Purged> purge(const UrlSet& urls) override;

  /// What is there of these sources, at most so many; their bodies are not read, and it is no use of them.
  std::vector<EntryFileHead> find(const UrlSet& urls, std::size_t most);

  /// Of all entries, those that were used last first.
  std::vector<Key128> keys() const;

  DiskTierStats stats() const;
  const std::string& name() const { return options_.name; }

 private:
  struct Node {
    std::uint64_t bytes = 0;
    std::optional<WallTime> expires;
    WallTime used;
    std::list<Key128>::iterator place;
  };

  DiskTier(DiskTierOptions options, IndexStore& index, const Clock& clock);
  void adopt_files();
  void adopt_file(const std::filesystem::path& path, const Key128& key, std::uint64_t last_use);
  std::filesystem::path path_of(const Key128& key) const;
  WallTime last_use_of(const std::filesystem::path& path) const;
  /// The following three: with mutex_ held.
  void insert(const Key128& key, std::uint64_t bytes, std::optional<WallTime> expires, WallTime used);
  bool over(const Node& node, WallTime now) const;
  bool remove_node(const Key128& key);
  std::vector<Key128> take_oldest(std::uint64_t down_to_bytes);
  void remove_files(const std::vector<Key128>& keys);

  const DiskTierOptions options_;
  IndexStore& index_;
  const Clock& clock_;
  mutable std::mutex mutex_;  // guards nodes_, by_use_, bytes_
  std::unordered_map<Key128, Node> nodes_;
  std::list<Key128> by_use_;  // front: used last
  std::uint64_t bytes_ = 0;
  std::atomic<std::uint64_t> use_ = 0;  // logical time: a clock that goes backwards changes nothing
  std::atomic<std::uint64_t> staged_ = 0;
  std::atomic<std::uint64_t> evictions_ = 0, expirations_ = 0, damaged_ = 0, write_errors_ = 0;
};

}  // namespace imcaxy::cache
