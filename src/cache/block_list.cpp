#include "cache/block_list.hpp"

#include <algorithm>

#include "cache/sqlite.hpp"

namespace imcaxy::cache {
namespace {

constexpr const char* schema = R"(
  CREATE TABLE IF NOT EXISTS blocks (
    owner TEXT NOT NULL, cid TEXT NOT NULL, reason TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (owner, cid));
  PRAGMA synchronous=FULL;)";

}  // namespace

struct BlockList::Database {
  cache::Database connection;
  Statement all = connection.prepare("SELECT owner, cid, reason, since FROM blocks");
  Statement insert =
      connection.prepare("INSERT OR REPLACE INTO blocks (owner, cid, reason, since) VALUES (?1, ?2, ?3, ?4)");
  Statement erase = connection.prepare("DELETE FROM blocks WHERE owner = ?1 AND cid = ?2");
};

BlockList::BlockList(std::unique_ptr<Database> database) : database_(std::move(database)) {}
BlockList::~BlockList() = default;

Result<std::unique_ptr<BlockList>> BlockList::open(const std::string& path) {
  auto connection = cache::Database::open(path, schema);
  if (!connection && connection.error().status == cache::Database::damaged_status)
    return fail(500,
                "the list of blocks " + path +
                    " is damaged: bring it back from a backup, or remove it if nothing has to stay blocked",
                connection.error().cause);
  if (!connection) return std::unexpected(std::move(connection.error()));
  std::unique_ptr<BlockList> list(new BlockList(std::make_unique<Database>(Database{std::move(*connection)})));
  if (auto loaded = list->load(); !loaded) return std::unexpected(std::move(loaded.error()));
  return list;
}

Result<void> BlockList::load() {
  Statement& all = database_->all;
  Statement::Step step;
  while ((step = all.next()) == Statement::Step::row) {
    Block block{std::string(all.text(0)), std::string(all.text(1)), std::string(all.text(2)),
                WallTime(std::chrono::milliseconds(all.number(3)))};
    std::string name = name_of(block.owner, block.cid);
    blocks_.emplace(std::move(name), std::move(block));
  }
  if (step == Statement::Step::error)
    return fail(500, "the list of blocks can't be read", database_->connection.error());
  count_ = blocks_.size();
  return {};
}

std::string BlockList::name_of(std::string_view owner, std::string_view cid) {
  return std::string(owner).append("/").append(cid);
}

bool BlockList::contains(std::string_view owner, std::string_view cid) const {
  if (count_.load() == 0) return false;
  std::shared_lock lock(mutex_);
  return blocks_.contains(name_of(owner, "")) || blocks_.contains(name_of(owner, cid));
}

Result<void> BlockList::add(const Block& block) {
  std::lock_guard writing(database_mutex_);
  const bool ok = database_->insert.bind(1, block.owner)
                      .bind(2, block.cid)
                      .bind(3, block.reason)
                      .bind(4, std::int64_t{block.since.time_since_epoch().count()})
                      .run();
  if (!ok) return fail(500, "the block could not be recorded", database_->connection.error());
  std::unique_lock lock(mutex_);
  blocks_.insert_or_assign(name_of(block.owner, block.cid), block);
  count_ = blocks_.size();
  return {};
}

Result<bool> BlockList::remove(const std::string& owner, const std::string& cid) {
  std::lock_guard writing(database_mutex_);
  if (!database_->erase.bind(1, owner).bind(2, cid).run())
    return fail(500, "the block could not be removed", database_->connection.error());
  std::unique_lock lock(mutex_);
  const bool was_there = blocks_.erase(name_of(owner, cid)) > 0;
  count_ = blocks_.size();
  return was_there;
}

Result<void> BlockList::replace(const std::vector<Block>& blocks) {
  std::unordered_map<std::string, Block> old;
  {
    std::shared_lock lock(mutex_);
    old = blocks_;
  }
  for (const Block& block : blocks) {
    const auto it = old.find(name_of(block.owner, block.cid));
    const bool same = it != old.end() && it->second == block;
    if (it != old.end()) old.erase(it);
    if (same) continue;
    if (auto added = add(block); !added) return added;
  }
  for (const auto& [name, block] : old)
    if (auto removed = remove(block.owner, block.cid); !removed) return std::unexpected(std::move(removed.error()));
  return {};
}

std::vector<Block> BlockList::list() const {
  std::vector<Block> out;
  {
    std::shared_lock lock(mutex_);
    for (const auto& [name, block] : blocks_) out.push_back(block);
  }
  std::ranges::sort(out, {}, [](const Block& b) { return std::tie(b.since, b.owner, b.cid); });
  return out;
}

}  // namespace imcaxy::cache
