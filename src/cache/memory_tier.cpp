#include "cache/memory_tier.hpp"

#include <algorithm>

namespace imcaxy::cache {
namespace {

constexpr std::uint64_t bytes_per_shard_at_least = 8u << 20;
constexpr std::size_t most_shards = 16;
constexpr std::uint64_t bookkeeping_bytes = 256;  // nodes, list and map cells, the shared blocks' heads

std::size_t shard_count(std::uint64_t max_bytes) {
  return std::clamp<std::uint64_t>(max_bytes / bytes_per_shard_at_least, 1, most_shards);
}

}  // namespace

std::uint64_t MemoryItem::cost_bytes() const {
  const EntryMeta& m = entry->meta;
  return bookkeeping_bytes + sizeof(Entry) + entry->body.size() + prepared.size() + m.request_signature.size() +
         m.raw_request.size() + m.source_url.size() * 2;
}

MemoryTier::MemoryTier(std::uint64_t max_bytes, const Clock& clock)
    : shard_bytes_(max_bytes / shard_count(max_bytes)), clock_(clock), shards_(shard_count(max_bytes)) {}

MemoryItemPtr MemoryTier::get(const Key128& key) {
  Shard& shard = shard_of(key);
  MemoryItemPtr gone;  // destroyed after the lock is released
  std::lock_guard lock(shard.mutex);
  const auto it = shard.nodes.find(key);
  if (it == shard.nodes.end()) return nullptr;
  Node& node = it->second;
  const EntryMeta& meta = node.item->entry->meta;
  if (meta.expires && expired(meta, clock_.now())) {
    gone = std::move(node.item);
    remove(shard, it);
    return nullptr;
  }
  ++node.hits;
  if (node.uses < 3) ++node.uses;
  return node.item;
}

bool MemoryTier::put(MemoryItemPtr item) {
  const Key128 key = item->entry->meta.key;
  const std::uint64_t cost = item->cost_bytes();
  Shard& shard = shard_of(key);
  std::lock_guard lock(shard.mutex);
  if (const auto old = shard.nodes.find(key); old != shard.nodes.end()) remove(shard, old);
  if (cost > shard_bytes_) return false;
  Node& node = shard.nodes[key];
  node.item = std::move(item);
  node.cost = cost;
  // Asked for again soon after it was evicted: it has earned the main queue.
  if (const auto ghost = shard.ghost_index.find(key); ghost != shard.ghost_index.end()) {
    shard.ghosts.erase(ghost->second);
    shard.ghost_index.erase(ghost);
    node.in_main = true;
  }
  std::list<Key128>& queue = node.in_main ? shard.main : shard.small;
  (node.in_main ? shard.main_bytes : shard.small_bytes) += cost;
  queue.push_front(key);
  node.place = queue.begin();
  make_room(shard);
  return true;
}

void MemoryTier::erase(const Key128& key) {
  Shard& shard = shard_of(key);
  std::lock_guard lock(shard.mutex);
  if (const auto it = shard.nodes.find(key); it != shard.nodes.end()) remove(shard, it);
}

void MemoryTier::clear() {
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    while (!shard.nodes.empty()) remove(shard, shard.nodes.begin());
  }
}

std::vector<Purged> MemoryTier::purge(const UrlSet& urls) {
  std::vector<Purged> purged;
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    for (auto it = shard.nodes.begin(); it != shard.nodes.end();) {
      const Entry& entry = *it->second.item->entry;
      const auto here = it++;
      if (!urls.contains(entry.meta.source_url)) continue;
      purged.push_back({entry.meta, entry.body.size()});
      remove(shard, here);
    }
  }
  return purged;
}

std::vector<MemoryTier::Resident> MemoryTier::find(const UrlSet& urls) const {
  std::vector<Resident> found;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    for (const auto& [key, node] : shard.nodes)
      if (urls.contains(node.item->entry->meta.source_url)) found.push_back({node.item->entry, node.hits});
  }
  return found;
}

void MemoryTier::each(const std::function<void(const MemoryItemPtr&, std::uint64_t)>& look) const {
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    for (const auto& [key, node] : shard.nodes) look(node.item, node.hits);
  }
}

MemoryTier::Found MemoryTier::peek(const Key128& key) const {
  const Shard& shard = shard_of(key);
  std::lock_guard lock(shard.mutex);
  const auto it = shard.nodes.find(key);
  if (it == shard.nodes.end()) return {};
  return {it->second.item, it->second.hits};
}

bool MemoryTier::replace(const MemoryItemPtr& old, MemoryItemPtr item) {
  const Key128 key = old->entry->meta.key;
  const std::uint64_t cost = item->cost_bytes();
  Shard& shard = shard_of(key);
  std::lock_guard lock(shard.mutex);
  const auto it = shard.nodes.find(key);
  if (it == shard.nodes.end() || it->second.item != old || cost > shard_bytes_) return false;
  Node& node = it->second;
  std::uint64_t& bytes = node.in_main ? shard.main_bytes : shard.small_bytes;
  bytes += cost - node.cost;
  node.cost = cost;
  node.item = std::move(item);
  make_room(shard);
  return true;
}

MemoryTierStats MemoryTier::stats() const {
  MemoryTierStats total;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    total.entries += shard.nodes.size();
    total.bytes += shard.small_bytes + shard.main_bytes;
    total.evictions += shard.evictions;
  }
  return total;
}

void MemoryTier::make_room(Shard& shard) {
  while (shard.small_bytes + shard.main_bytes > shard_bytes_) {
    if (shard.small_bytes > shard_bytes_ / 10 || shard.main.empty()) {
      evict_from_small(shard);
    } else {
      evict_from_main(shard);
    }
  }
}

void MemoryTier::evict_from_small(Shard& shard) {
  const auto it = shard.nodes.find(shard.small.back());
  Node& node = it->second;
  if (node.uses > 0) {
    shard.main.splice(shard.main.begin(), shard.small, node.place);
    shard.small_bytes -= node.cost;
    shard.main_bytes += node.cost;
    node.in_main = true;
    node.uses = 0;
    return;
  }
  remember_ghost(shard, it->first);
  remove(shard, it);
  ++shard.evictions;
}

void MemoryTier::evict_from_main(Shard& shard) {
  const auto it = shard.nodes.find(shard.main.back());
  Node& node = it->second;
  if (node.uses > 0) {
    --node.uses;
    shard.main.splice(shard.main.begin(), shard.main, node.place);
    return;
  }
  remove(shard, it);
  ++shard.evictions;
}

void MemoryTier::remember_ghost(Shard& shard, const Key128& key) {
  shard.ghosts.push_front(key);
  shard.ghost_index[key] = shard.ghosts.begin();
  while (shard.ghosts.size() > std::max<std::size_t>(shard.nodes.size(), 64)) {
    shard.ghost_index.erase(shard.ghosts.back());
    shard.ghosts.pop_back();
  }
}

void MemoryTier::remove(Shard& shard, std::unordered_map<Key128, Node>::iterator it) {
  Node& node = it->second;
  (node.in_main ? shard.main_bytes : shard.small_bytes) -= node.cost;
  (node.in_main ? shard.main : shard.small).erase(node.place);
  shard.nodes.erase(it);
}

}  // namespace imcaxy::cache
