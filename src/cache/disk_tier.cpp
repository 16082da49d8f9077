#include "cache/disk_tier.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "cache/entry_file.hpp"

namespace imcaxy::cache {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t block_bytes = 4096;
constexpr const char* staging = "staging";
/// What a full disk costs the tier: a part of what it has, so that the next writes find room, too.
constexpr std::uint64_t part_given_back = 16;

/// What a file takes on disk.
std::uint64_t on_disk(std::uint64_t bytes) {
  return (bytes + block_bytes - 1) / block_bytes * block_bytes;
}

/// A file's time is its last use, so that it survives the index; written seldom.
constexpr auto between_notes = std::chrono::hours(1);

void note_use(const fs::path& path, WallTime when) {
  std::error_code ignored;
  fs::last_write_time(path, fs::file_time_type::clock::from_sys(when), ignored);
}

void remove_quietly(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

}  // namespace

DiskTier::Staged::~Staged() {
  if (!path_.empty()) remove_quietly(path_);
}

DiskTier::DiskTier(DiskTierOptions options, IndexStore& index, const Clock& clock)
    : options_(std::move(options)), index_(index), clock_(clock) {}

Result<std::unique_ptr<DiskTier>> DiskTier::open(DiskTierOptions options, IndexStore& index, const Clock& clock) {
  std::error_code error;
  fs::remove_all(options.root / staging, error);
  if (!error) fs::create_directories(options.root / staging, error);
  if (error)
    return fail(
        500,
        "the folder " + options.root.string() + " can't be used: make it writable or choose another IMCAXY_DATA_DIR",
        error.message());
  std::unique_ptr<DiskTier> tier(new DiskTier(std::move(options), index, clock));
  tier->adopt_files();
  tier->remove_expired();
  tier->trim();
  return tier;
}

/// The index says what was used when; the folder says what there is.
void DiskTier::adopt_files() {
  std::vector<IndexRow> rows = index_.load(options_.name);
  std::ranges::sort(rows, {}, &IndexRow::last_use);
  std::unordered_map<Key128, fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(options_.root, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end; it.increment(error)) {
    if (it->is_directory(error)) continue;
    const auto key = Key128::from_hex(it->path().filename().string());
    if (key && it->path() == path_of(*key)) {
      files.emplace(*key, it->path());
    } else {
      spdlog::warn("{} is no entry and is removed", it->path().string());
      remove_quietly(it->path());
    }
  }
  if (error) spdlog::warn("{} could not be read to its end: {}", options_.root.string(), error.message());

  for (const IndexRow& row : rows) {
    use_ = std::max(use_.load(), row.last_use);
    if (files.erase(row.key) == 0) {
      index_.erase(options_.name, row.key);
      continue;
    }
    const WallTime used = last_use_of(path_of(row.key));
    std::lock_guard lock(mutex_);
    insert(row.key, row.bytes, row.expires, used);
  }
  if (!files.empty())
    spdlog::info("{}: {} entries are not in the index and are read again", options_.name, files.size());
  std::uint64_t read = 0;
  for (const auto& [key, path] : files) {
    adopt_file(path, key, ++use_);
    if (++read % 50000 == 0) spdlog::info("{}: {} of {} read", options_.name, read, files.size());
  }
}

void DiskTier::adopt_file(const fs::path& path, const Key128& key, std::uint64_t last_use) {
  const auto head = read_entry_head(path);
  if (!head || head->meta.key != key) {
    ++damaged_;
    remove_quietly(path);
    return;
  }
  index_.put(options_.name, head->meta, on_disk(head->file_bytes), last_use);
  const WallTime used = last_use_of(path);
  std::lock_guard lock(mutex_);
  insert(key, on_disk(head->file_bytes), head->meta.expires, used);
}

std::optional<std::uint64_t> DiskTier::file_bytes(const Key128& key) const {
  std::lock_guard lock(mutex_);
  const auto node = nodes_.find(key);
  if (node == nodes_.end()) return std::nullopt;
  return node->second.bytes;
}

std::optional<Entry> DiskTier::read(const Key128& key) {
  const WallTime now = clock_.now();
  bool tell_file = false;
  {
    std::lock_guard lock(mutex_);
    const auto node = nodes_.find(key);
    if (node == nodes_.end()) return std::nullopt;
    by_use_.splice(by_use_.begin(), by_use_, node->second.place);
    tell_file = options_.max_idle.count() > 0 && now - node->second.used > between_notes;
    if (tell_file) node->second.used = now;
  }
  if (tell_file) note_use(path_of(key), now);
  auto entry = read_entry_file(path_of(key));
  if (!entry && entry.error().status == 503) {
    spdlog::warn("the entry {} can't be read now: {}", key.hex(), entry.error().cause);
    return std::nullopt;
  }
  if (!entry || entry->meta.key != key) {
    // Gone because it was evicted or replaced meanwhile is no damage.
    if (entry || entry.error().status != 404) {
      ++damaged_;
      spdlog::warn("the entry {} is dropped: {}", key.hex(), entry ? "it is another one" : entry.error().cause);
    }
    erase(key);
    return std::nullopt;
  }
  if (expired(entry->meta, now)) {
    ++expirations_;
    erase(key);
    return std::nullopt;
  }
  index_.touch(options_.name, key, ++use_);
  return std::move(*entry);
}

Result<DiskTier::Staged> DiskTier::stage(const Entry& entry) {
  const fs::path path = options_.root / staging / fmt::format("{}.{}", ::getpid(), ++staged_);
  const std::uint64_t wanted = on_disk(entry.body.size());
  if (wanted > options_.max_bytes) return fail(413, "larger than the disk cache");
  auto written = write_entry_file(path, entry);
  if (!written && written.error().status == 507) {
    remove_quietly(path);
    std::vector<Key128> victims;
    {
      std::lock_guard lock(mutex_);
      const std::uint64_t give = std::max(wanted * 2, bytes_ / part_given_back);
      victims = take_oldest(bytes_ > give ? bytes_ - give : 0);
    }
    evictions_ += victims.size();
    remove_files(victims);
    written = write_entry_file(path, entry);
  }
  if (!written) {
    ++write_errors_;
    remove_quietly(path);
    return std::unexpected(std::move(written.error()));
  }
  return Staged(path, entry.meta, on_disk(*written));
}

Result<void> DiskTier::commit(Staged staged) {
  const fs::path path = path_of(staged.meta_.key);
  std::error_code error;
  fs::rename(staged.path_, path, error);
  if (error) {  // the first entry of its folder
    fs::create_directories(path.parent_path(), error);
    fs::rename(staged.path_, path, error);
  }
  if (error) {
    ++write_errors_;
    return fail(500, "an entry could not be put in its place", error.message());
  }
  staged.path_.clear();
  index_.put(options_.name, staged.meta_, staged.bytes_, ++use_);
  std::lock_guard lock(mutex_);
  insert(staged.meta_.key, staged.bytes_, staged.meta_.expires, clock_.now());
  return {};
}

void DiskTier::trim() {
  std::vector<Key128> victims;
  {
    std::lock_guard lock(mutex_);
    if (bytes_ <= options_.max_bytes) return;
    victims = take_oldest(options_.max_bytes);
  }
  evictions_ += victims.size();
  remove_files(victims);
}

void DiskTier::remove_expired() {
  const WallTime now = clock_.now();
  std::vector<Key128> gone;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, node] : nodes_)
      if (over(node, now)) gone.push_back(key);
    for (const Key128& key : gone) remove_node(key);
  }
  expirations_ += gone.size();
  remove_files(gone);
}

void DiskTier::erase(const Key128& key) {
  {
    std::lock_guard lock(mutex_);
    remove_node(key);
  }
  remove_files({key});
}

std::vector<Purged> DiskTier::purge(const UrlSet& urls) {
  auto keys = index_.find(options_.name, urls);
  if (!keys) {
    // The files know, too: slower, and never wrong.
    spdlog::warn("{}: looking for the invalidated entries in all files, because {}", options_.name,
                 keys.error().message);
    keys.emplace();
    std::lock_guard lock(mutex_);
    for (const auto& [key, node] : nodes_) keys->push_back(key);
  }
  std::vector<Purged> purged;
  for (const Key128& key : *keys) {
    auto head = read_entry_head(path_of(key));
    if (!head || !urls.contains(head->meta.source_url)) continue;
    erase(key);
    purged.push_back({std::move(head->meta), head->body_bytes});
  }
  return purged;
}

std::vector<EntryFileHead> DiskTier::find(const UrlSet& urls, std::size_t most) {
  std::vector<EntryFileHead> found;
  const auto keys = index_.find(options_.name, urls);
  if (!keys) return found;
  const WallTime now = clock_.now();
  for (const Key128& key : *keys) {
    if (found.size() == most) break;
    auto head = read_entry_head(path_of(key));
    if (head && urls.contains(head->meta.source_url) && !expired(head->meta, now)) found.push_back(std::move(*head));
  }
  return found;
}

std::vector<Key128> DiskTier::keys() const {
  std::lock_guard lock(mutex_);
  return {by_use_.begin(), by_use_.end()};
}

DiskTierStats DiskTier::stats() const {
  DiskTierStats stats{
      .evictions = evictions_, .expirations = expirations_, .damaged = damaged_, .write_errors = write_errors_};
  std::lock_guard lock(mutex_);
  stats.entries = nodes_.size();
  stats.bytes = bytes_;
  return stats;
}

fs::path DiskTier::path_of(const Key128& key) const {
  const std::string digits = key.hex();
  return options_.root / digits.substr(0, 1) / digits.substr(1, 2) / digits;
}

bool DiskTier::over(const Node& node, WallTime now) const {
  if (node.expires && *node.expires <= now) return true;
  return options_.max_idle.count() > 0 && now - node.used > options_.max_idle;
}

WallTime DiskTier::last_use_of(const fs::path& path) const {
  if (options_.max_idle.count() == 0) return {};
  std::error_code error;
  const auto time = fs::last_write_time(path, error);
  if (error) return clock_.now();
  return std::chrono::floor<std::chrono::milliseconds>(fs::file_time_type::clock::to_sys(time));
}

void DiskTier::insert(const Key128& key, std::uint64_t bytes, std::optional<WallTime> expires, WallTime used) {
  remove_node(key);
  by_use_.push_front(key);
  nodes_[key] = Node{bytes, expires, used, by_use_.begin()};
  bytes_ += bytes;
}

bool DiskTier::remove_node(const Key128& key) {
  const auto it = nodes_.find(key);
  if (it == nodes_.end()) return false;
  bytes_ -= it->second.bytes;
  by_use_.erase(it->second.place);
  nodes_.erase(it);
  return true;
}

std::vector<Key128> DiskTier::take_oldest(std::uint64_t down_to_bytes) {
  std::vector<Key128> taken;
  while (bytes_ > down_to_bytes && !by_use_.empty()) {
    taken.push_back(by_use_.back());
    remove_node(taken.back());
  }
  return taken;
}

void DiskTier::remove_files(const std::vector<Key128>& keys) {
  for (const Key128& key : keys) {
    remove_quietly(path_of(key));
    index_.erase(options_.name, key);
  }
}

}  // namespace imcaxy::cache
