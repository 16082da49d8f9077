// A fixed number of threads and a bounded queue in front of them, and another for what can wait.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace imcaxy {

/// Thread-safe. Tasks of one kind run in the order of submission; a task must not throw.
class WorkerPool {
 public:
  using Task = std::move_only_function<void()>;

  /// `name` is at most 15 bytes: what a debugger and `top -H` show. `max_queued` bounds the tasks that wait.
  WorkerPool(std::string name, unsigned threads, std::size_t max_queued);

  /// Drops what is queued, finishes what runs, joins. To be called once all submitters are done, or to end them.
  void stop();
  ~WorkerPool() { stop(); }

  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False when the queue is full or the pool has stopped: then the task was dropped without being run.
  bool submit(Task task);

  /// For work that nobody waits for: it begins only when nothing of the other kind waits, and on no more than half of
  /// the threads (but one), so that what comes next finds a thread. On a pool that is never idle it never begins. False
  /// when `max_idle_queued` wait already.
  bool submit_when_idle(Task task);
  static constexpr std::size_t max_idle_queued = 64;

  std::size_t queued() const;  ///< without what waits for an idle moment
  std::size_t running() const;
  /// Whether what `submit` was given waits, or takes as many threads as idle work leaves to it: then no other work of
  /// this machine should compete with it.
  bool crowded() const;

 private:
  void run();
  bool may_begin_idle() const;  ///< with mutex_ held

  const std::size_t max_queued_;
  const unsigned max_idle_running_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<Task> queue_, idle_queue_;
  std::size_t running_ = 0;  // of both kinds
  unsigned idle_running_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace imcaxy
