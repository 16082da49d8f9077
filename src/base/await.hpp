// Lets a coroutine wait for a callback that comes from any thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/error.hpp"
#include "base/worker_pool.hpp"

namespace imcaxy {

namespace asio = boost::asio;

template <class T>
using Task = asio::awaitable<T>;

/// Called once with the result, from any thread; calls after the wait has ended are ignored.
template <class T>
using Callback = std::move_only_function<void(T)>;

/// Calls `start(Callback<T>)`, then suspends until the callback is called: its value, or nothing after `limit`.
/// The callback may be called or dropped at any time, also when nobody waits any more or the executor is gone.
/// REQUIRES: the coroutine's executor runs on one thread.
template <class T, class Start>
Task<std::optional<T>> await_callback(std::chrono::steady_clock::duration limit, Start start) {
  /// Shared with the callback, so it holds nothing of the executor's context, which may be gone before the callback.
  struct State {
    std::mutex mutex;
    bool waiting = true;                  // guarded by mutex
    std::optional<T> value;               // guarded by mutex
    asio::steady_timer* timer = nullptr;  // of the executor's thread; null when the wait is over
  };
  struct Waiting {
    std::shared_ptr<State> state = std::make_shared<State>();
    ~Waiting() {
      std::lock_guard lock(state->mutex);
      state->waiting = false;
      state->timer = nullptr;
    }
  };
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor);
  timer.expires_after(limit);
  const Waiting wait;
  wait.state->timer = &timer;
  start(Callback<T>([state = wait.state, executor](T value) {
    std::lock_guard lock(state->mutex);
    if (!std::exchange(state->waiting, false)) return;
    state->value.emplace(std::move(value));
    asio::post(executor, [state] {
      if (state->timer) state->timer->cancel();
    });
  }));
  // The post above runs on this thread, so not before the wait has begun.
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  std::lock_guard lock(wait.state->mutex);
  co_return std::move(wait.state->value);
}

/// A callback that is called at the latest when it goes, then with a 503.
template <class Outcome>
class CallbackOrBusy {
 public:
  explicit CallbackOrBusy(Callback<Outcome> callback) : callback_(std::move(callback)) {}
  CallbackOrBusy(CallbackOrBusy&& other) noexcept : callback_(std::exchange(other.callback_, nullptr)) {}
  CallbackOrBusy& operator=(CallbackOrBusy&&) = delete;
  ~CallbackOrBusy() {
    if (callback_) callback_(fail(503, "the server is busy; try again in a moment"));
  }
  void operator()(Outcome outcome) { std::exchange(callback_, nullptr)(std::move(outcome)); }

 private:
  Callback<Outcome> callback_;
};

/// Runs `work`, a function that returns a Result, on the pool. 503 when the pool has no place for it, 504 after
/// `limit`; the work then goes on by itself, so it must own what it uses.
template <class Work>
auto run_on(WorkerPool& pool, std::chrono::steady_clock::duration limit, Work work)
    -> Task<std::invoke_result_t<Work&>> {
  using Outcome = std::invoke_result_t<Work&>;
  auto start = [&](Callback<Outcome> callback) {
    CallbackOrBusy<Outcome> done(std::move(callback));
    pool.submit([work = std::move(work), done = std::move(done)]() mutable { done(work()); });
  };
  std::optional<Outcome> outcome = co_await await_callback<Outcome>(limit, std::move(start));
  if (!outcome) co_return fail(504, "the image was not ready in time; try again later");
  co_return std::move(*outcome);
}

}  // namespace imcaxy
