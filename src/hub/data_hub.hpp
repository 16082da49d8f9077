// One production for all who ask for the same thing at the same time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/hash.hpp"
#include "hub/stream.hpp"

namespace imcaxy::hub {

template <class Head>
class DataHub;

/// The producer's side of a stream. While it lives, equal requests join the stream; when it goes, the stream is closed
/// for newcomers. If it goes without an end (an exception, a forgotten path), the readers get an error, never a hang.
/// Owned by one task at a time.
template <class Head>
class Production {
 public:
  Production(DataHub<Head>& hub, Key128 key, std::shared_ptr<Stream<Head>> stream)
      : hub_(&hub), key_(key), stream_(std::move(stream)) {}
  Production(Production&& other) noexcept
      : hub_(std::exchange(other.hub_, nullptr)), key_(other.key_), stream_(std::move(other.stream_)) {}
  Production& operator=(Production&&) = delete;
  ~Production() {
    if (!hub_) return;
    stream_->fail({500, "the production of this image was given up", "production dropped without an end"});
    hub_->close(key_, stream_);
  }

  const Key128& key() const { return key_; }
  Stream<Head>& stream() { return *stream_; }

 private:
  DataHub<Head>* hub_;
  Key128 key_;
  std::shared_ptr<Stream<Head>> stream_;
};

/// The streams that are being produced, by key. Thread-safe; must outlive its productions.
template <class Head>
class DataHub {
 public:
  struct Joined {
    std::shared_ptr<Stream<Head>> stream;
    std::optional<Production<Head>> production;  ///< set for exactly one caller: that one has to produce
  };

  /// Joins the running production of `key`, or becomes its producer. `group` names productions that `detach` treats alike.
  Joined join(const Key128& key, std::uint64_t group) {
    Shard& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    auto [it, inserted] = shard.running.try_emplace(key);
    if (!inserted) return {it->second.stream, std::nullopt};
    it->second = {std::make_shared<Stream<Head>>(), group};
    return {it->second.stream, Production<Head>(*this, key, it->second.stream)};
  }

  /// Those who ask from now on start anew instead of joining what runs for `group`; what runs goes on for its readers.
  void detach(std::uint64_t group) {
    detach_if([group](std::uint64_t g) { return g == group; });
  }
  void detach_all() {
    detach_if([](std::uint64_t) { return true; });
  }

  std::size_t running() const {
    std::size_t count = 0;
    for (const Shard& shard : shards_) {
      std::lock_guard lock(shard.mutex);
      count += shard.running.size();
    }
    return count;
  }

 private:
  friend class Production<Head>;

  struct Running {
    std::shared_ptr<Stream<Head>> stream;
    std::uint64_t group = 0;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<Key128, Running> running;  // guarded by mutex
  };

  Shard& shard_of(const Key128& key) { return shards_[key.high % shards_.size()]; }

  /// Only the stream that registered is removed: after a detach the key may belong to a newer one.
  void close(const Key128& key, const std::shared_ptr<Stream<Head>>& stream) {
    Shard& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    const auto it = shard.running.find(key);
    if (it != shard.running.end() && it->second.stream == stream) shard.running.erase(it);
  }

  template <class Predicate>
  void detach_if(Predicate&& matches) {
    for (Shard& shard : shards_) {
      std::lock_guard lock(shard.mutex);
      std::erase_if(shard.running, [&](const auto& item) { return matches(item.second.group); });
    }
  }

  std::array<Shard, 32> shards_;
};

}  // namespace imcaxy::hub
