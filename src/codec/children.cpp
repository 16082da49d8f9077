#include "codec/children.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace imcaxy::codec {
namespace {

/// After the last job; then the next one pays for a start of its own.
constexpr auto stays_warm = std::chrono::seconds(30);

Error no_child(std::string cause) {
  return {503, "the program imcaxy-codec can't be started now; try again later", std::move(cause)};
}

/// What posix_spawn is told: nothing of the server reaches the child but one end of a socket.
class SpawnPlan {
 public:
  explicit SpawnPlan(int socket) {
    posix_spawn_file_actions_init(&actions_);
    for (int standard = 0; standard <= 2; ++standard)
      posix_spawn_file_actions_addopen(&actions_, standard, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions_, socket, wire::socket_descriptor);
    posix_spawn_file_actions_addclosefrom_np(&actions_, wire::socket_descriptor + 1);

    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    // A group of its own: Ctrl-C at the server's terminal is for the server, which finishes what runs.
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  /// The error's number, 0 for none.
  int spawn(const std::string& program, pid_t& pid) const {
    std::string name = program, parent = std::to_string(getpid());
    std::array<char*, 3> arguments{name.data(), parent.data(), nullptr};
    std::array<char*, 1> environment{nullptr};
    return posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments.data(), environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 3600'000));
}

}  // namespace

Child::~Child() {
  if (!process_) return;
  kill();
  wait(Clock::time_point::max());
}

void Child::kill() {
  if (process_) syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0);
}

Child::End Child::wait(Clock::time_point deadline) {
  End end;
  if (!process_) return end;
  pollfd ended{process_.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = poll(&ended, 1, deadline == Clock::time_point::max() ? -1 : milliseconds_until(deadline));
  } while (ready < 0 && errno == EINTR);
  end.in_time = ready > 0;
  if (!end.in_time) kill();
  siginfo_t info{};
  while (waitid(P_PIDFD, static_cast<id_t>(process_.get()), &info, WEXITED) < 0 && errno == EINTR) {
  }
  process_ = Descriptor();
  if (info.si_code == CLD_EXITED) {
    end.exit_status = info.si_status;
  } else {
    end.signal = info.si_status;
  }
  return end;
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
  pid_t pid = 0;
  if (const int error = SpawnPlan(theirs.get()).spawn(program_, pid); error != 0)
    return std::unexpected(no_child(program_ + ": " + std::strerror(error)));
  Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!process) {
    const int error = errno;
    ::kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return std::unexpected(no_child(std::string("pidfd_open: ") + std::strerror(error)));
  }
  return Child(std::move(process), std::move(ours));
}

}  // namespace imcaxy::codec
