// The processes of imcaxy-codec: some wait for their job while others work. Internal to the codec module.
#pragma once

#include <csignal>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "codec/client.hpp"

namespace imcaxy::codec {

/// A process, and our end of the socket that it was handed.
class Child {
 public:
  Child(Process process, Descriptor socket) : process_(std::move(process)), socket_(std::move(socket)) {}

  int socket() const { return socket_.get(); }
  void kill() { process_.signal(SIGKILL); }

  struct End {
    bool in_time = false;
    int exit_status = -1;  ///< -1: ended by a signal
    int signal = 0;
  };
  /// Waits for the end, which it brings about itself at the deadline. Once.
  End wait(Clock::time_point deadline);

 private:
  Process process_;
  Descriptor socket_;
};

/// Thread-safe. Processes wait for the next job only while there are jobs: each takes memory. A thread of its own
/// starts the processes, so that they end with this object: the kernel kills them when the thread that started them
/// goes.
class Client::Children {
 public:
  explicit Children(const Options& options);
  ~Children();

  /// A place among those that work; gives it back at its end.
  class Place {
   public:
    explicit Place(Children& owner) : owner_(&owner) {}
    Place(Place&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (owner_) owner_->leave();
    }

   private:
    Children* owner_;
  };
  Result<Place> enter(Clock::time_point deadline);
  /// A fresh process; to be called with a place.
  Result<Child> take(Clock::time_point deadline);
  /// More jobs are to be expected: some processes wait for them from now on, for a while.
  void stay_warm();

 private:
  void run();
  void leave();
  bool is_warm() const { return Clock::now() < warm_until_; }
  std::size_t wanted() const { return std::max<std::size_t>(asking_, is_warm() ? max_waiting_ : 0); }
  Result<Child> start() const;

  const std::string program_;
  const unsigned max_working_, max_waiting_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  unsigned working_ = 0;
  unsigned asking_ = 0;                ///< calls of `take` under way
  Clock::time_point warm_until_ = {};  ///< processes wait for jobs until then
  std::vector<Child> waiting_;
  std::optional<Error> failure_;  ///< of the last start; told once to whoever waits
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace imcaxy::codec
