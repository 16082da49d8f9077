// A map that forgets what was not used for the longest time.
#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

namespace imcaxy {

/// Holds at most `max_entries`. Not thread-safe.
template <class Key, class Value>
class LruMap {
 public:
  explicit LruMap(std::size_t max_entries) : max_entries_(max_entries) {}

  /// Null when it is not there; else good until the next `put` or `erase`.
  Value* find(const Key& key) {
    const auto it = index_.find(key);
    if (it == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, it->second);
    return &it->second->second;
  }

  Value& put(const Key& key, Value value) {
    if (Value* known = find(key)) return *known = std::move(value);
    if (entries_.size() >= max_entries_ && !entries_.empty()) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, std::move(value));
    index_.emplace(key, entries_.begin());
    return entries_.front().second;
  }

  void erase(const Key& key) {
    const auto it = index_.find(key);
    if (it == index_.end()) return;
    entries_.erase(it->second);
    index_.erase(it);
  }

  std::size_t size() const { return entries_.size(); }

  using Entries = std::list<std::pair<Key, Value>>;
  /// Those used last in front.
  const Entries& entries() const { return entries_; }

 private:
  const std::size_t max_entries_;
  Entries entries_;  // front: used last
  std::unordered_map<Key, typename Entries::iterator> index_;
};

}  // namespace imcaxy
