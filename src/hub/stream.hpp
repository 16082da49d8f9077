// A body while it is being made: one producer appends, any number of readers follow, each from the start at its own
// pace.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace imcaxy::hub {

/// What a reader finds at its position.
enum class Progress {
  pending,   ///< nothing yet: wait
  data,      ///< bytes, or the head
  finished,  ///< everything was read
  failed,    ///< the producer gave up
};

/// A head (content type, validators: whatever Head is), then chunks, then an end or an error.
/// Chunks are shared with the readers and never copied; they stay until the last holder of the stream lets go, so a
/// late reader gets every byte. There is no back-pressure: a slow reader costs the others nothing, and the producer
/// bounds what it appends. Thread-safe. Waiters are called on the producer's thread, without a lock held, and must be
/// short.
template <class Head>
class Stream {
 public:
  using Waiter = std::move_only_function<void()>;

  // --- for the producer: open, append*, finish in this order, or complete; fail at any time ---

  /// `length`: bytes of the whole body where they are known.
  void open(Head head, std::optional<std::uint64_t> length = std::nullopt) {
    change([&] {
      head_.emplace(std::move(head));
      length_ = length;
    });
  }
  void append(Bytes chunk) {
    if (chunk.empty()) return;
    change([&] {
      size_ += chunk.size();
      chunks_.push_back(std::move(chunk));
    });
  }
  void finish() {
    change([&] {
      length_ = size_;
      ended_ = true;
    });
  }
  /// All of it at once: no reader sees a part.
  void complete(Head head, Bytes body) {
    change([&] {
      head_.emplace(std::move(head));
      size_ = body.size();
      length_ = size_;
      if (!body.empty()) chunks_.push_back(std::move(body));
      ended_ = true;
    });
  }
  void fail(Error error) {
    change([&] {
      error_ = std::move(error);
      ended_ = true;
    });
  }

  // --- for readers ---

  /// The head once it is there; stays valid as long as the stream.
  const Head* head() const {
    std::lock_guard lock(mutex_);
    return head_ ? &*head_ : nullptr;
  }
  std::optional<std::uint64_t> length() const {
    std::lock_guard lock(mutex_);
    return length_;
  }
  std::optional<Error> error() const {
    std::lock_guard lock(mutex_);
    return error_;
  }
  bool ended() const {
    std::lock_guard lock(mutex_);
    return ended_;
  }

  /// The chunk number `index`, counted from 0, into `out`.
  Progress chunk(std::size_t index, Bytes& out) const {
    std::lock_guard lock(mutex_);
    if (index < chunks_.size()) {
      out = chunks_[index];
      return Progress::data;
    }
    if (error_) return Progress::failed;
    return ended_ ? Progress::finished : Progress::pending;
  }

  /// Whether the head can be read.
  Progress head_progress() const {
    std::lock_guard lock(mutex_);
    if (head_) return Progress::data;
    return error_ ? Progress::failed : ended_ ? Progress::finished : Progress::pending;
  }

  /// Calls `waiter` once: now when more than `chunks` chunks are there, or the head while `chunks` is nothing, or the
  /// stream has ended; else at the next change.
  void wait_beyond(std::optional<std::size_t> chunks, Waiter waiter) {
    {
      std::lock_guard lock(mutex_);
      const bool there = ended_ || (chunks ? chunks_.size() > *chunks : head_.has_value());
      if (!there) {
        waiters_.push_back(std::move(waiter));
        return;
      }
    }
    waiter();
  }

 private:
  /// Changes the state unless it has ended, and wakes everyone who waits.
  template <class Change>
  void change(Change&& apply) {
    std::vector<Waiter> woken;
    {
      std::lock_guard lock(mutex_);
      if (ended_) return;
      apply();
      woken.swap(waiters_);
    }
    for (Waiter& waiter : woken) waiter();
  }

  mutable std::mutex mutex_;  // guards everything below; held for lines only
  std::optional<Head> head_;
  std::optional<std::uint64_t> length_;
  std::optional<Error> error_;
  std::vector<Bytes> chunks_;
  std::uint64_t size_ = 0;
  bool ended_ = false;
  std::vector<Waiter> waiters_;
};

}  // namespace imcaxy::hub
