#include "refinery/worker.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/bytes.hpp"
#include "base/file.hpp"
#include "image/library.hpp"
#include "refinery/wire.hpp"

namespace imcaxy::refinery {
namespace {

constexpr int wrong_usage = 2, no_libraries = 71, bad_job = 72;
/// Of CPU time. What takes longer is not worth it.
constexpr rlim_t most_seconds = 180;

/// Whatever else wants the processor gets it first. What the system does not allow changes nothing else.
void step_back() {
  const sched_param none{};
  (void)sched_setscheduler(0, SCHED_IDLE, &none);
  (void)setpriority(PRIO_PROCESS, 0, 19);
}

/// Where memory runs out, this goes first.
void offer_to_end_first() {
  const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  (void)!write(file, "1000", 4);
  close(file);
}

void limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{value, value};
  setrlimit(resource, &both);
}

/// The server may have ended before this asked to end with it.
bool tied_to(std::string_view parent) {
  return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && std::to_string(getppid()) == parent;
}

std::string read_all(int descriptor) {
  std::string out;
  char block[65536];
  for (;;) {
    const ssize_t got = read(descriptor, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return out;
    out.append(block, static_cast<std::size_t>(got));
  }
}

}  // namespace

int run_worker(std::string_view parent) {
  if (!tied_to(parent)) return wrong_usage;
  step_back();
  offer_to_end_first();
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, most_seconds);
  if (!image::start()) return no_libraries;
  const auto job = wire::unpack_job(Bytes::adopt(read_all(wire::job_descriptor)));
  if (!job) return bad_job;
  const auto answer = image::refine(job->master, job->now, job->limits);
  // Without the clean-up of libraries, which takes time and gives nothing back that the end does not.
  _exit(write_all(wire::answer_descriptor, wire::pack(answer)) ? 0 : bad_job);
}

}  // namespace imcaxy::refinery
