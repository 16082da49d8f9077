// What the way of a request needs of the other nodes: their pictures, and to make each one only once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/await.hpp"
#include "base/error.hpp"
#include "base/worker_pool.hpp"
#include "cluster/follower.hpp"
#include "cluster/leases.hpp"
#include "cluster/shared_tier.hpp"

namespace imcaxy::cluster {

/// The right to make a picture for all nodes, given back when it goes. An empty one is no right, and forbids nothing.
class Turn {
 public:
  Turn() = default;
  Turn(Leases& leases, WorkerPool& pool, std::string name) : leases_(&leases), pool_(&pool), name_(std::move(name)) {}
  Turn(Turn&& other) noexcept
      : leases_(std::exchange(other.leases_, nullptr)),
        pool_(other.pool_),
        name_(std::move(other.name_)),
        failure_(std::move(other.failure_)),
        keep_(other.keep_) {}
  Turn& operator=(Turn&& other) noexcept {
    std::swap(leases_, other.leases_);
    std::swap(pool_, other.pool_);
    std::swap(name_, other.name_);
    std::swap(failure_, other.failure_);
    std::swap(keep_, other.keep_);
    return *this;
  }
  ~Turn();

  /// Whoever waits for this picture is told so, too, and whoever asks for it within `keep`.
  void fail(Error why, std::chrono::milliseconds keep) {
    failure_ = std::move(why);
    keep_ = keep;
  }

 private:
  Leases* leases_ = nullptr;
  WorkerPool* pool_ = nullptr;
  std::string name_;
  std::optional<Error> failure_;
  std::chrono::milliseconds keep_{0};
};

struct Wanted {
  std::string signature, processor;
  Key128 key;
  bool negotiated = false;
};

/// What came of a look: a picture, the failure of another node, or neither: then it is to be made here.
struct Look {
  std::optional<StoredImage> found = {};
  std::optional<Error> failed = {};
  Turn turn = {};
};

struct SharingStats {
  std::atomic<std::uint64_t> waited = 0;       ///< productions that waited for another node's
  std::atomic<std::uint64_t> hedged = 0;       ///< of them, those that did not wait any longer
  std::atomic<std::uint64_t> late_writes = 0;  ///< stored after an outage
  std::atomic<std::uint64_t> lost_writes = 0;  ///< for which no room was left in the queue of those
};

/// Thread-safe; coroutines run on the caller's executor.
class Sharing {
 public:
  /// `asking`: threads for short questions that a client may wait for; `storing`: for what takes its time. `wait`: for
  /// another node that makes the picture; then it is made here, too.
  Sharing(SharedTier& tier, Leases& leases, const Follower& follower, WorkerPool& asking, WorkerPool& storing,
          std::chrono::milliseconds wait)
      : tier_(tier), leases_(leases), follower_(follower), asking_(asking), storing_(storing), wait_(wait) {}

  /// Whether what lies in this node may be served just now; else `catch_up` first.
  bool current() const { return follower_.current(); }
  Task<void> catch_up() const { return follower_.catch_up(); }

  /// To be noted before a source is asked.
  Position position() const { return follower_.applied(); }

  /// Empty, and at once, while a part is known to be gone: to ask whether it is back is not left to clients.
  Task<Look> look(Wanted wanted);

  /// The bytes of a picture that was found; see SharedTier::read. One whose bytes are gone or damaged is forgotten.
  Task<Result<void>> read(StoredImage image, SharedTier::OnBytes on_bytes);

  /// Stores it for all. What can't be stored now is stored later: `again` reads it then, from this node's disk.
  using Again = std::function<std::optional<cache::Entry>()>;
  Task<void> store(cache::EntryPtr entry, Position since, Again again);
  /// Its source says that it still holds. What can't be told the others now they find out themselves.
  Task<void> renew(cache::EntryPtr entry);
  /// The right to look for a better form of a picture, for all nodes. Blocks. What is stored of it is told in any case;
  /// `held`: another node is at it. Without the database there is neither, and each node works for itself.
  struct Claim {
    std::optional<StoredImage> stored = {};
    bool held = false;
    Turn turn = {};
  };
  Claim claim(const Wanted& wanted);

  /// Some of what could not be stored; from time to time, on a thread that may wait.
  void store_late();

  std::size_t waiting_writes() const;
  const SharingStats& stats() const { return stats_; }

 private:
  struct Late {
    Again again;
    Position since;
  };
  static constexpr std::size_t most_late = 4096;

  bool possible() const { return !follower_.trouble() && !tier_.without_bytes(); }
  Task<bool> look_once(const std::string& signature, const Wanted& wanted, Look& look);

  SharedTier& tier_;
  Leases& leases_;
  const Follower& follower_;
  WorkerPool& asking_;
  WorkerPool& storing_;
  const std::chrono::milliseconds wait_;
  SharingStats stats_;
  mutable std::mutex mutex_;
  std::deque<Late> late_;  // guarded by mutex_
};

}  // namespace imcaxy::cluster
