// What the sandbox has to stop, tried from within, so that tests can prove that it does.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "jobs.hpp"

namespace imcaxy::codec {
namespace {

std::string outcome(bool done) {
  return done ? "done" : std::string("refused: ") + std::strerror(errno);
}

std::string eat_memory() {
  constexpr std::size_t block = 16 << 20;
  void* last = nullptr;
  for (int count = 0; count < 4096; ++count) {  // 64 GiB
    void* at = mmap(nullptr, block, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
      const int error = errno;
      munmap(last, block);  // room for the answer
      errno = error;
      return outcome(false);
    }
    std::memset(last = at, 1, block);
  }
  return "done";
}

std::string outcome_of(wire::Trial trial) {
  switch (trial) {
    case wire::Trial::read_file:
      return outcome(open("/etc/passwd", O_RDONLY) >= 0);
    case wire::Trial::write_file:
      return outcome(open("/tmp/imcaxy-codec-was-here", O_WRONLY | O_CREAT, 0600) >= 0);
    case wire::Trial::write_descriptor:
      return outcome(::write(STDERR_FILENO, "x", 1) == 1);
    case wire::Trial::open_socket:
      return outcome(socket(AF_INET, SOCK_STREAM, 0) >= 0);
    case wire::Trial::run_program: {
      char name[] = "/bin/true";
      char* const arguments[] = {name, nullptr};
      return outcome(execve(name, arguments, nullptr) == 0);
    }
    case wire::Trial::start_process:
      return outcome(fork() >= 0);
    case wire::Trial::signal_parent:
      return outcome(kill(getppid(), 0) == 0);
    case wire::Trial::map_executable:
      return outcome(mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    case wire::Trial::loop:
      for (volatile int forever = 1; forever;) {
      }
      return "done";
    case wire::Trial::eat_memory:
      return eat_memory();
  }
  return "no such trial";
}

}  // namespace

void try_forbidden(wire::Trial trial, const AnswerMemory& output) {
  wire::Answer answer{};
  answer.ok = 1;
  const std::string text = outcome_of(trial);
  output.write(answer, {.text = text});
}

}  // namespace imcaxy::codec
