// What has to be done from time to time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace imcaxy::server {

/// Calls `work` on a thread of its own, every `pause` after the last call ended. The destructor waits for a running
/// call.
class Upkeep {
 public:
  enum class First { now, after_a_pause };

  Upkeep(std::chrono::milliseconds pause, std::function<void()> work, First first = First::after_a_pause)
      : thread_([this, pause, first, work = std::move(work)] {
          std::unique_lock lock(mutex_);
          auto wait = first == First::now ? std::chrono::milliseconds(0) : pause;
          while (!wake_.wait_for(lock, std::exchange(wait, pause), [this] { return stopping_; })) {
            lock.unlock();
            work();
            lock.lock();
          }
        }) {}
  ~Upkeep() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace imcaxy::server
