#include "codec/children.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace imcaxy::codec {
namespace {

/// After the last job; then the next one pays for a start of its own.
constexpr auto stays_warm = std::chrono::seconds(30);

Error no_child(std::string cause) {
  return {503, "the program imcaxy-codec can't be started now; try again later", std::move(cause)};
}

std::chrono::milliseconds until(Clock::time_point deadline) {
  using std::chrono::milliseconds;
  if (deadline == Clock::time_point::max()) return milliseconds(-1);
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(deadline - Clock::now()));
}

}  // namespace

Child::End Child::wait(Clock::time_point deadline) {
  const bool in_time = process_.ends_within(until(deadline));
  if (!in_time) kill();
  const auto [exit_status, signal] = process_.reap();
  return {in_time, exit_status, signal};
}

Client::Children::Children(const Options& options)
    : program_(options.program),
      max_working_(std::max(1u, options.max_children)),
      max_waiting_(std::max(1u, options.waiting)),
      thread_([this] {
        pthread_setname_np(pthread_self(), "codec");
        run();
      }) {}

Client::Children::~Children() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

Result<Client::Children::Place> Client::Children::enter(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  if (!wake_.wait_until(lock, deadline, [this] { return working_ < max_working_; }))
    return fail(503, "too many pictures of this kind at a time; try again later");
  ++working_;
  return Place(*this);
}

void Client::Children::leave() {
  {
    const std::scoped_lock lock(mutex_);
    --working_;
  }
  wake_.notify_all();
}

Result<Child> Client::Children::take(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  failure_.reset();  // an old one is worth another try
  ++asking_;
  wake_.notify_all();
  const bool in_time = wake_.wait_until(lock, deadline, [this] { return !waiting_.empty() || failure_; });
  --asking_;
  if (!in_time) return std::unexpected(no_child("it takes too long"));
  if (waiting_.empty()) return std::unexpected(*failure_);
  Result<Child> taken(std::move(waiting_.front()));  // the oldest has its libraries loaded
  waiting_.erase(waiting_.begin());
  lock.unlock();
  wake_.notify_all();
  return taken;
}

void Client::Children::stay_warm() {
  {
    const std::scoped_lock lock(mutex_);
    warm_until_ = Clock::now() + stays_warm;
  }
  wake_.notify_all();
}

void Client::Children::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (waiting_.size() < wanted() && !failure_) {
      lock.unlock();
      auto started = start();
      lock.lock();
      if (started) {
        waiting_.push_back(std::move(*started));
      } else {
        failure_ = std::move(started.error());
      }
      wake_.notify_all();
    } else if (!is_warm() && asking_ == 0 && !waiting_.empty()) {
      std::vector<Child> idle;
      idle.swap(waiting_);
      lock.unlock();
      idle.clear();  // waits for their end
      lock.lock();
    } else if (waiting_.empty()) {
      wake_.wait(lock);
    } else {
      wake_.wait_until(lock, warm_until_);
    }
  }
  waiting_.clear();
}

Result<Child> Client::Children::start() const {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return std::unexpected(no_child(std::strerror(errno)));
  Descriptor ours(ends[0]), theirs(ends[1]);
  // The child's end must not be where it is moved to: the move would leave it to be closed at exec.
  if (theirs.get() == wire::socket_descriptor) {
    Descriptor other(fcntl(theirs.get(), F_DUPFD_CLOEXEC, wire::socket_descriptor + 1));
    theirs = std::move(other);
  }
  const Process::Handed handed{theirs.get(), wire::socket_descriptor};
  auto process = Process::start(program_, {std::to_string(getpid())}, {&handed, 1});
  if (!process) return std::unexpected(no_child(std::move(process.error().cause)));
  return Child(std::move(*process), std::move(ours));
}

}  // namespace imcaxy::codec
