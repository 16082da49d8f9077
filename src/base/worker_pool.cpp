#include "base/worker_pool.hpp"

#include <pthread.h>

#include <algorithm>

namespace imcaxy {

WorkerPool::WorkerPool(std::string name, unsigned threads, std::size_t max_queued)
    : max_queued_(max_queued), max_idle_running_(std::max(1u, threads / 2)) {
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { run(); });
    pthread_setname_np(threads_.back().native_handle(), name.substr(0, 15).c_str());
  }
}

void WorkerPool::stop() {
  std::deque<Task> dropped, dropped_idle;  // their ends may do anything, so not under the lock
  std::vector<std::thread> threads;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(queue_);
    dropped_idle.swap(idle_queue_);
    threads.swap(threads_);
  }
  wake_.notify_all();
  dropped.clear();
  dropped_idle.clear();
  for (std::thread& thread : threads) thread.join();
}

bool WorkerPool::submit(Task task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= max_queued_) return false;
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

bool WorkerPool::submit_when_idle(Task task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || idle_queue_.size() >= max_idle_queued) return false;
    idle_queue_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

std::size_t WorkerPool::queued() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

std::size_t WorkerPool::running() const {
  std::lock_guard lock(mutex_);
  return running_;
}

bool WorkerPool::crowded() const {
  std::lock_guard lock(mutex_);
  return !queue_.empty() || running_ - idle_running_ >= max_idle_running_;
}

bool WorkerPool::may_begin_idle() const {
  return queue_.empty() && !idle_queue_.empty() && idle_running_ < max_idle_running_;
}

void WorkerPool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty() || may_begin_idle(); });
    const bool idle = may_begin_idle();
    if (queue_.empty() && !idle) return;
    std::deque<Task>& queue = idle ? idle_queue_ : queue_;
    Task task = std::move(queue.front());
    queue.pop_front();
    ++running_;
    if (idle) ++idle_running_;
    lock.unlock();
    task();
    task = nullptr;  // what it holds goes before it counts as done
    lock.lock();
    --running_;
    if (idle) --idle_running_;
  }
}

}  // namespace imcaxy
