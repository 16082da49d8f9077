#include "cache/index_store.hpp"

#include <pthread.h>

#include <chrono>
#include <filesystem>

#include <spdlog/spdlog.h>

#include "cache/sqlite.hpp"

namespace imcaxy::cache {
namespace {

/// How long writes gather before they are written together.
constexpr auto batch_time = std::chrono::milliseconds(200);
constexpr std::size_t batch_size = 1000;

constexpr const char* schema = R"(
  CREATE TABLE IF NOT EXISTS entries (
    tier TEXT NOT NULL, key TEXT NOT NULL, source_url TEXT NOT NULL, bytes INTEGER NOT NULL,
    last_use INTEGER NOT NULL, expires INTEGER, PRIMARY KEY (tier, key)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS entries_by_source ON entries (source_url);
  SELECT count(*) FROM entries;)";

/// The smallest text that is larger than all that begin with `prefix`; empty when there is none.
std::string after_prefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace

struct IndexStore::Database {
  cache::Database connection;
  Statement put = connection.prepare("INSERT OR REPLACE INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  Statement touch = connection.prepare("UPDATE entries SET last_use = ?3 WHERE tier = ?1 AND key = ?2");
  Statement erase = connection.prepare("DELETE FROM entries WHERE tier = ?1 AND key = ?2");
  Statement by_url = connection.prepare("SELECT key FROM entries WHERE source_url = ?2 AND tier = ?1");
  Statement by_range = connection.prepare(
      "SELECT key FROM entries WHERE source_url >= ?2 AND (?3 = '' OR source_url < ?3) AND tier = ?1");
  Statement all = connection.prepare("SELECT key, bytes, last_use, expires FROM entries WHERE tier = ?1");
};

Result<std::unique_ptr<IndexStore>> IndexStore::open(const std::string& path) {
  auto connection = cache::Database::open(path, schema);
  if (!connection && connection.error().status == cache::Database::damaged_status) {
    spdlog::warn("{} ({}); it is made again from the entries' files", connection.error().message,
                 connection.error().cause);
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix, ignored);
    connection = cache::Database::open(path, schema);
  }
  if (!connection) return std::unexpected(std::move(connection.error()));
  return std::unique_ptr<IndexStore>(new IndexStore(std::make_unique<Database>(Database{std::move(*connection)})));
}

IndexStore::IndexStore(std::unique_ptr<Database> database) : database_(std::move(database)) {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "index-writer");
}

IndexStore::~IndexStore() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void IndexStore::put(std::string_view tier, const EntryMeta& meta, std::uint64_t bytes, std::uint64_t last_use) {
  enqueue({Write::Kind::put, std::string(tier), meta.key, meta.source_url, static_cast<std::int64_t>(bytes),
           static_cast<std::int64_t>(last_use), meta.expires});
}

void IndexStore::touch(std::string_view tier, const Key128& key, std::uint64_t last_use) {
  enqueue({Write::Kind::touch, std::string(tier), key, "", 0, static_cast<std::int64_t>(last_use), std::nullopt});
}

void IndexStore::erase(std::string_view tier, const Key128& key) {
  enqueue({Write::Kind::erase, std::string(tier), key, "", 0, 0, std::nullopt});
}

void IndexStore::enqueue(Write write) {
  std::lock_guard lock(mutex_);
  queue_.push_back(std::move(write));
  ++queued_;
  if (queue_.size() == 1 || queue_.size() == batch_size) wake_.notify_all();
}

bool IndexStore::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t until = queued_;
  hurry_ = true;
  wake_.notify_all();
  written_.wait(lock, [&] { return done_ >= until; });
  return complete_;
}

void IndexStore::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || hurry_ || !queue_.empty(); });
    wake_.wait_for(lock, batch_time, [&] { return stopping_ || hurry_ || queue_.size() >= batch_size; });
    std::vector<Write> batch;
    batch.swap(queue_);
    hurry_ = false;
    lock.unlock();
    const bool ok = batch.empty() || write(batch);
    lock.lock();
    complete_ = complete_ && ok;
    done_ += batch.size();
    written_.notify_all();
    if (stopping_ && queue_.empty()) return;
  }
}

bool IndexStore::write(std::vector<Write>& batch) {
  std::lock_guard lock(database_mutex_);
  Database& db = *database_;
  bool ok = db.connection.execute("BEGIN IMMEDIATE");
  for (const Write& w : batch) {
    if (!ok) break;
    const std::string key = w.key.hex();
    switch (w.kind) {
      case Write::Kind::put:
        db.put.bind(1, w.tier).bind(2, key).bind(3, w.source_url).bind(4, w.bytes).bind(5, w.last_use);
        if (w.expires) db.put.bind(6, static_cast<std::int64_t>(w.expires->time_since_epoch().count()));
        ok = db.put.run();
        db.put.clear();
        break;
      case Write::Kind::touch:
        ok = db.touch.bind(1, w.tier).bind(2, key).bind(3, w.last_use).run();
        break;
      case Write::Kind::erase:
        ok = db.erase.bind(1, w.tier).bind(2, key).run();
        break;
    }
  }
  ok = ok && db.connection.execute("COMMIT");
  if (!ok) {
    spdlog::warn("the index of the disk cache could not be written ({}); its files are not affected",
                 db.connection.error());
    db.connection.execute("ROLLBACK");
  }
  return ok;
}

std::vector<IndexRow> IndexStore::load(std::string_view tier) {
  std::lock_guard lock(database_mutex_);
  std::vector<IndexRow> rows;
  Statement& all = database_->all.bind(1, tier);
  while (all.next() == Statement::Step::row) {
    const auto key = Key128::from_hex(all.text(0));
    if (!key) continue;
    IndexRow row{*key, static_cast<std::uint64_t>(all.number(1)), static_cast<std::uint64_t>(all.number(2)),
                 std::nullopt};
    if (!all.is_null(3)) row.expires = WallTime(std::chrono::milliseconds(all.number(3)));
    rows.push_back(row);
  }
  return rows;
}

Result<std::vector<Key128>> IndexStore::find(std::string_view tier, const UrlSet& urls) {
  if (!flush()) return fail(500, "the index is not complete");
  std::lock_guard lock(database_mutex_);
  std::vector<Key128> keys;
  bool ok = true;
  const auto collect = [&](Statement& statement) {
    Statement::Step step;
    while ((step = statement.next()) == Statement::Step::row)
      if (const auto key = Key128::from_hex(statement.text(0))) keys.push_back(*key);
    ok = ok && step == Statement::Step::end;
  };
  for (const std::string& url : urls.urls) collect(database_->by_url.bind(1, tier).bind(2, url));
  for (const std::string& prefix : urls.prefixes) {
    const std::string end = after_prefix(prefix);
    collect(database_->by_range.bind(1, tier).bind(2, prefix).bind(3, end));
  }
  if (!ok) return fail(500, "the index can't be read", database_->connection.error());
  return keys;
}

}  // namespace imcaxy::cache
