#include "base/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

namespace imcaxy {
namespace {

/// What posix_spawn is told.
class SpawnPlan {
 public:
  explicit SpawnPlan(std::span<const Process::Handed> handed) {
    posix_spawn_file_actions_init(&actions_);
    for (int standard = 0; standard <= 2; ++standard)
      posix_spawn_file_actions_addopen(&actions_, standard, "/dev/null", O_RDWR, 0);
    int beyond = 3;
    for (const auto& [ours, theirs] : handed) {
      posix_spawn_file_actions_adddup2(&actions_, ours, theirs);
      beyond = std::max(beyond, theirs + 1);
    }
    posix_spawn_file_actions_addclosefrom_np(&actions_, beyond);

    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
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
  int spawn(const std::string& program, std::vector<std::string>& arguments, pid_t& pid) const {
    std::string name = program;
    std::vector<char*> pointers{name.data()};
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    std::array<char*, 1> environment{nullptr};
    return posix_spawn(&pid, program.c_str(), &actions_, &attributes_, pointers.data(), environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::unexpected<Error> not_started(const std::string& program, int error) {
  return fail(503, "a process could not be started", program + ": " + std::strerror(error));
}

}  // namespace

Result<Process> Process::start(const std::string& program, std::vector<std::string> arguments,
                               std::span<const Handed> handed) {
  pid_t pid = 0;
  if (const int error = SpawnPlan(handed).spawn(program, arguments, pid); error != 0)
    return not_started(program, error);
  Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (process) return Process(std::move(process));
  const int error = errno;
  ::kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  return not_started(program, error);
}

Process::~Process() {
  if (!process_) return;
  signal(SIGKILL);
  reap();
}

void Process::signal(int number) {
  if (process_) syscall(SYS_pidfd_send_signal, process_.get(), number, nullptr, 0);
}

bool Process::ends_within(std::chrono::milliseconds time) const {
  constexpr std::chrono::milliseconds longest{std::numeric_limits<int>::max()};
  pollfd ended{process_.get(), POLLIN, 0};
  const int milliseconds = static_cast<int>(std::min(time, longest).count());
  int ready = 0;
  do {
    ready = poll(&ended, 1, milliseconds);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

Process::End Process::reap() {
  siginfo_t info{};
  while (waitid(P_PIDFD, static_cast<id_t>(process_.get()), &info, WEXITED) < 0 && errno == EINTR) {
  }
  process_ = Descriptor();
  if (info.si_code == CLD_EXITED) return {info.si_status, 0};
  return {-1, info.si_status};
}

}  // namespace imcaxy
