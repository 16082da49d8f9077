// A fixed number of threads and a bounded queue in front of them.
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

/// Thread-safe. Tasks run in the order of submission; a task must not throw.
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

  std::size_t queued() const;
  std::size_t running() const;

 private:
  void run();

  const std::size_t max_queued_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<Task> queue_;
  std::size_t running_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace imcaxy
