#include "refinery/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/descriptor.hpp"
#include "refinery/wire.hpp"
#include "refinery/worker.hpp"

namespace imcaxy::refinery {
namespace {

constexpr int milliseconds_between_questions = 5;
std::atomic<bool> worker_offered = false;
/// This program, even when another was installed in its place since.
constexpr const char* program = "/proc/self/exe";

std::unexpected<Error> not_possible(std::string cause) {
  return fail(503, "the search for a smaller picture could not be done", std::move(cause));
}

/// Memory with a descriptor, which holds nothing any more when both sides have closed it.
Descriptor memory() {
  const Descriptor made(memfd_create("imcaxy-refine", MFD_CLOEXEC));
  // Out of the way of where the child finds them.
  return Descriptor(fcntl(made.get(), F_DUPFD_CLOEXEC, wire::answer_descriptor + 1));
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = write(descriptor, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return lseek(descriptor, 0, SEEK_SET) == 0;
}

std::string read_all(int descriptor) {
  const off_t size = lseek(descriptor, 0, SEEK_END);
  if (size <= 0 || static_cast<std::size_t>(size) > wire::most_answer_bytes) return {};
  std::string out(static_cast<std::size_t>(size), '\0');
  const ssize_t got = pread(descriptor, out.data(), out.size(), 0);
  if (got != size) out.clear();
  return out;
}

/// What posix_spawn is told: nothing of the server reaches the child but the two memories.
class SpawnPlan {
 public:
  SpawnPlan(int job, int answer) {
    posix_spawn_file_actions_init(&actions_);
    for (int standard = 0; standard <= 2; ++standard)
      posix_spawn_file_actions_addopen(&actions_, standard, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions_, job, wire::job_descriptor);
    posix_spawn_file_actions_adddup2(&actions_, answer, wire::answer_descriptor);
    posix_spawn_file_actions_addclosefrom_np(&actions_, wire::answer_descriptor + 1);

    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    // A group of its own: Ctrl-C at the server's terminal is for the server.
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
  int spawn(pid_t& pid) const {
    std::string name = "imcaxy", argument(worker_argument), parent = std::to_string(getpid());
    std::array<char*, 4> arguments{name.data(), argument.data(), parent.data(), nullptr};
    std::array<char*, 1> environment{nullptr};
    return posix_spawn(&pid, program, &actions_, &attributes_, arguments.data(), environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

/// A started process; killed and reaped at the latest with this object.
class Child {
 public:
  static Result<Child> start(int job, int answer) {
    pid_t pid = 0;
    if (const int error = SpawnPlan(job, answer).spawn(pid); error != 0)
      return not_possible(std::string(program) + ": " + std::strerror(error));
    Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (process) return Child(std::move(process));
    const int error = errno;
    ::kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return not_possible(std::string("pidfd_open: ") + std::strerror(error));
  }
  Child(Child&&) = default;
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (!process_) return;
    signal(SIGKILL);
    reap();
  }

  void signal(int number) { syscall(SYS_pidfd_send_signal, process_.get(), number, nullptr, 0); }

  /// Whether it ends within that time.
  bool ends_within(int milliseconds) const {
    pollfd ended{process_.get(), POLLIN, 0};
    return poll(&ended, 1, milliseconds) > 0;
  }

  /// After its end: empty if that was a good one.
  std::string reap() {
    siginfo_t info{};
    while (waitid(P_PIDFD, static_cast<id_t>(process_.get()), &info, WEXITED) < 0 && errno == EINTR) {
    }
    process_ = Descriptor();
    if (info.si_code != CLD_EXITED) return "it was ended by signal " + std::to_string(info.si_status);
    return info.si_status == 0 ? std::string() : "it ended with status " + std::to_string(info.si_status);
  }

 private:
  explicit Child(Descriptor process) : process_(std::move(process)) {}

  Descriptor process_;  ///< none once reaped
};

}  // namespace

void offer_worker() {
  worker_offered = true;
}

Result<image::Refinement> refine_apart(const image::Master& master, const Bytes& now, const image::Limits& limits,
                                       const Ask& ask) {
  if (!worker_offered) return not_possible("this program has no process for it");
  const Descriptor job = memory(), answer = memory();
  if (!job || !answer || !write_all(job.get(), wire::pack({master, now, limits})))
    return not_possible(std::string("memory: ") + std::strerror(errno));
  auto child = Child::start(job.get(), answer.get());
  if (!child) return std::unexpected(std::move(child.error()));
  for (bool still = false; !child->ends_within(milliseconds_between_questions);) {
    const Say say = ask();
    if (say == Say::end) return not_possible("it is not wanted any more");
    const bool stand_still = say == Say::stand_still;
    if (std::exchange(still, stand_still) != stand_still) child->signal(stand_still ? SIGSTOP : SIGCONT);
  }
  if (std::string trouble = child->reap(); !trouble.empty()) return not_possible(std::move(trouble));
  auto unpacked = wire::unpack_answer(Bytes::adopt(read_all(answer.get())));
  if (!unpacked) return not_possible("its answer is none");
  return std::move(*unpacked);
}

}  // namespace imcaxy::refinery
