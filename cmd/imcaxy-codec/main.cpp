// One job a process: takes it from the server that started this, goes into the sandbox, does it, ends.
#include <malloc.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "jobs.hpp"
#include "sandbox.hpp"

namespace imcaxy::codec {
namespace {

constexpr int wrong_usage = 2, no_libraries = 71, bad_job = 72;

struct Received {
  wire::Job job;
  int input, output;  ///< memories
};

/// Nothing when the server has no job any more.
std::optional<Received> receive() {
  Received received{};
  iovec vector{&received.job, sizeof received.job};
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))]{};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t size = 0;
  do {
    size = recvmsg(wire::socket_descriptor, &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (size != static_cast<ssize_t>(sizeof received.job) || received.job.magic != wire::magic || !header ||
      header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(2 * sizeof(int)))
    return std::nullopt;
  int descriptors[2];
  std::memcpy(descriptors, CMSG_DATA(header), sizeof descriptors);
  received.input = descriptors[0];
  received.output = descriptors[1];
  return received;
}

/// The server may have ended before this asked to end with it.
bool tied_to(const char* parent) {
  return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && std::to_string(getppid()) == parent;
}

void work(const Received& received) {
  const wire::Job& job = received.job;
  const AnswerMemory output(received.output, job.output_bytes);
  std::span<const std::byte> input;
  if (job.input_bytes > 0) {
    const void* at = mmap(nullptr, job.input_bytes, PROT_READ, MAP_PRIVATE, received.input, 0);
    if (at == MAP_FAILED) _exit(bad_job);
    input = {static_cast<const std::byte*>(at), job.input_bytes};
  }
  const auto refuse = [&](std::string_view why) { output.write({}, {.text = why}); };
  try {
    run(job, input, output);
  } catch (const std::bad_alloc&) {
    refuse("the picture needs too much memory");
  } catch (const std::exception& e) {
    refuse(e.what());
  }
}

}  // namespace
}  // namespace imcaxy::codec

int main(int argc, char** argv) {
  using namespace imcaxy::codec;
  if (argc != 2 || !tied_to(argv[1])) {
    std::fputs("imcaxy-codec is started by imcaxy, for pictures that imcaxy itself can't read.\n", stderr);
    return wrong_usage;
  }
  mallopt(M_ARENA_MAX, 1);  // each further arena would take 64 MiB of the limited address space
  if (!start_libraries()) return no_libraries;
  const auto received = receive();
  if (!received) return bad_job;
  close(wire::socket_descriptor);
  enter_sandbox({.memory_bytes = received->job.memory_bytes,
                 .cpu_seconds = received->job.cpu_seconds,
                 .fonts = received->job.picture == wire::Picture::pdf});
  work(*received);
  _exit(0);  // no clean-up of libraries that a picture may have confused
}
