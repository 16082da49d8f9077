// A bound on memory that many tasks share: who would exceed it waits for its turn.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/await.hpp"

namespace imcaxy {

/// Thread-safe; must outlive the waits, not the leases.
class ByteBudget {
 public:
  explicit ByteBudget(std::uint64_t max_bytes) : state_(std::make_shared<State>()) { state_->max_bytes = max_bytes; }

  /// The right to hold some bytes, until its last copy goes.
  using Lease = std::shared_ptr<const void>;

  /// Waits, first come first served, until `bytes` fit, or for `patience`: then null. More than the whole budget fits
  /// when nobody else holds any.
  Task<Lease> acquire(std::uint64_t bytes, std::chrono::steady_clock::duration patience) {
    auto start = [&](Callback<Lease> done) {
      {
        std::lock_guard lock(state_->mutex);
        state_->waiting.push_back({bytes, std::move(done)});
      }
      grant(state_);
    };
    std::optional<Lease> lease = co_await await_callback<Lease>(patience, start);
    co_return std::move(lease).value_or(nullptr);
  }

  std::uint64_t held_bytes() const {
    std::lock_guard lock(state_->mutex);
    return state_->held;
  }

 private:
  struct Waiter {
    std::uint64_t bytes;
    Callback<Lease> done;
  };
  struct State {
    std::uint64_t max_bytes = 0;
    std::mutex mutex;  // guards what follows
    std::uint64_t held = 0;
    std::deque<Waiter> waiting;
  };

  /// Hands out what fits. A waiter that has lost its patience drops its lease at once, which calls this again.
  static void grant(const std::shared_ptr<State>& state) {
    std::vector<Waiter> granted;
    {
      std::lock_guard lock(state->mutex);
      while (!state->waiting.empty()) {
        const std::uint64_t bytes = state->waiting.front().bytes;
        if (state->held > 0 && state->held + bytes > state->max_bytes) break;
        state->held += bytes;
        granted.push_back(std::move(state->waiting.front()));
        state->waiting.pop_front();
      }
    }
    for (Waiter& waiter : granted) waiter.done(make_lease(state, waiter.bytes));
  }

  static Lease make_lease(const std::shared_ptr<State>& state, std::uint64_t bytes) {
    struct Held {
      std::shared_ptr<State> state;
      std::uint64_t bytes;
      Held(std::shared_ptr<State> s, std::uint64_t b) : state(std::move(s)), bytes(b) {}
      Held(const Held&) = delete;
      Held& operator=(const Held&) = delete;
      ~Held() {
        {
          std::lock_guard lock(state->mutex);
          state->held -= bytes;
        }
        grant(state);
      }
    };
    return std::make_shared<const Held>(state, bytes);
  }

  std::shared_ptr<State> state_;
};

}  // namespace imcaxy
