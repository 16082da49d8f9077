#include "refinery/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "refinery/wire.hpp"
#include "refinery/worker.hpp"

namespace imcaxy::refinery {
namespace {

constexpr std::chrono::milliseconds between_questions{5};
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

/// For whoever reads it from its beginning.
bool fill(int descriptor, std::string_view bytes) {
  return write_all(descriptor, bytes) && lseek(descriptor, 0, SEEK_SET) == 0;
}

std::string read_all(int descriptor) {
  const off_t size = lseek(descriptor, 0, SEEK_END);
  if (size <= 0 || static_cast<std::size_t>(size) > wire::most_answer_bytes) return {};
  std::string out(static_cast<std::size_t>(size), '\0');
  const ssize_t got = pread(descriptor, out.data(), out.size(), 0);
  if (got != size) out.clear();
  return out;
}

/// Empty if that was a good one.
std::string trouble_in(const Process::End& end) {
  if (end.signal != 0) return "it was ended by signal " + std::to_string(end.signal);
  return end.exit_status == 0 ? std::string() : "it ended with status " + std::to_string(end.exit_status);
}

}  // namespace

void offer_worker() {
  worker_offered = true;
}

Result<image::Refinement> refine_apart(const image::Master& master, const Bytes& now, const image::Limits& limits,
                                       const Ask& ask) {
  if (!worker_offered) return not_possible("this program has no process for it");
  const Descriptor job = memory(), answer = memory();
  if (!job || !answer || !fill(job.get(), wire::pack({master, now, limits})))
    return not_possible(std::string("memory: ") + std::strerror(errno));
  const std::array<Process::Handed, 2> handed{
      {{job.get(), wire::job_descriptor}, {answer.get(), wire::answer_descriptor}}};
  auto child = Process::start(program, {std::string(worker_argument), std::to_string(getpid())}, handed);
  if (!child) return not_possible(std::move(child.error().cause));
  for (bool still = false; !child->ends_within(between_questions);) {
    const Say say = ask();
    if (say == Say::end) return not_possible("it is not wanted any more");
    const bool stand_still = say == Say::stand_still;
    if (std::exchange(still, stand_still) != stand_still) child->signal(stand_still ? SIGSTOP : SIGCONT);
  }
  if (std::string trouble = trouble_in(child->reap()); !trouble.empty()) return not_possible(std::move(trouble));
  auto unpacked = wire::unpack_answer(Bytes::adopt(read_all(answer.get())));
  if (!unpacked) return not_possible("its answer is none");
  return std::move(*unpacked);
}

}  // namespace imcaxy::refinery
