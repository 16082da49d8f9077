// What a moderator took away: accounts and single blobs of theirs that are not served any more.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace imcaxy::cache {

struct Block {
  std::string owner;
  std::string cid;  ///< empty: everything of the owner's
  std::string reason;
  WallTime since;

  bool operator==(const Block&) const = default;
};

/// Where moderators' decisions go: the list of this node, or that of all. Thread-safe; blocks.
class BlockWriter {
 public:
  virtual ~BlockWriter() = default;
  /// When it returns, it is on disk.
  virtual Result<void> add(const Block& block) = 0;
  /// False when there was no such block.
  virtual Result<bool> remove(const std::string& owner, const std::string& cid) = 0;
};

/// Kept in a SQLite file of its own and in memory. Thread-safe.
class BlockList final : public BlockWriter {
 public:
  /// A damaged file is an error and not an empty list: nothing that was taken away comes back by itself.
  static Result<std::unique_ptr<BlockList>> open(const std::string& path);
  ~BlockList() override;

  /// Takes no lock while nothing is blocked.
  bool contains(std::string_view owner, std::string_view cid) const;

  Result<void> add(const Block& block) override;
  Result<bool> remove(const std::string& owner, const std::string& cid) override;
  /// Makes it these, and touches nothing that is the same already.
  Result<void> replace(const std::vector<Block>& blocks);
  /// The oldest first.
  std::vector<Block> list() const;

 private:
  struct Database;
  explicit BlockList(std::unique_ptr<Database> database);
  Result<void> load();

  static std::string name_of(std::string_view owner, std::string_view cid);

  std::mutex database_mutex_;
  std::unique_ptr<Database> database_;  // guarded by database_mutex_
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Block> blocks_;  // by name_of; guarded by mutex_
  std::atomic<std::size_t> count_ = 0;
};

}  // namespace imcaxy::cache
