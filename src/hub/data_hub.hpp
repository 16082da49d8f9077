// One production for all who ask for the same thing at the same time.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>
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
    hub_->close(key_);
  }

  const Key128& key() const { return key_; }
  Stream<Head>& stream() { return *stream_; }
  /// For what goes on writing to it when the production may be gone.
  const std::shared_ptr<Stream<Head>>& shared_stream() { return stream_; }

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

  /// Joins the running production of `key`, or becomes its producer. A key that includes the epoch of its source keeps
  /// those who ask after an invalidation away from what began before it.
  Joined join(const Key128& key) {
    Shard& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    auto [it, inserted] = shard.running.try_emplace(key);
    if (!inserted) return {it->second, std::nullopt};
    it->second = std::make_shared<Stream<Head>>();
    return {it->second, Production<Head>(*this, key, it->second)};
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

  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<Key128, std::shared_ptr<Stream<Head>>> running;  // guarded by mutex
  };

  Shard& shard_of(const Key128& key) { return shards_[key.high % shards_.size()]; }

  void close(const Key128& key) {
    Shard& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    shard.running.erase(key);
  }

  std::array<Shard, 32> shards_;
};

}  // namespace imcaxy::hub
