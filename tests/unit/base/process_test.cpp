#include "base/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace imcaxy {
namespace {

using namespace std::chrono_literals;

Result<Process> shell(const std::string& commands, std::span<const Process::Handed> handed = {}) {
  return Process::start("/bin/sh", {"-c", commands}, handed);
}

/// Both ends above what a process is handed.
struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const Descriptor low_out(ends[0]), low_in(ends[1]);
    out = Descriptor(fcntl(ends[0], F_DUPFD_CLOEXEC, 20));
    in = Descriptor(fcntl(ends[1], F_DUPFD_CLOEXEC, 20));
  }
  /// All that is written until nobody can write any more.
  std::string read_all() {
    in = Descriptor();
    std::string text;
    std::array<char, 256> block;
    for (ssize_t got = 0; (got = read(out.get(), block.data(), block.size())) > 0;)
      text.append(block.data(), static_cast<std::size_t>(got));
    return text;
  }

  Descriptor out, in;
};

TEST(Process, TellsHowItEnded) {
  auto good = shell("exit 0"), bad = shell("exit 7"), killed = shell("kill -TERM $$; sleep 60");
  ASSERT_TRUE(good && bad && killed);
  EXPECT_EQ(good->reap().exit_status, 0);
  EXPECT_EQ(bad->reap().exit_status, 7);
  const Process::End end = killed->reap();
  EXPECT_EQ(end.exit_status, -1);
  EXPECT_EQ(end.signal, SIGTERM);
}

TEST(Process, WaitsAsLongAsItIsTold) {
  auto process = shell("sleep 60");
  ASSERT_TRUE(process);
  EXPECT_FALSE(process->ends_within(0ms));
  EXPECT_FALSE(process->ends_within(20ms));
  process->signal(SIGKILL);
  EXPECT_TRUE(process->ends_within(-1ms));
  EXPECT_EQ(process->reap().signal, SIGKILL);
  process->signal(SIGKILL);  // to nobody
}

TEST(Process, HasNothingButWhatItIsHanded) {
  const Descriptor ours(open("/dev/null", O_RDONLY));  // without O_CLOEXEC
  Pipe pipe;
  const Process::Handed handed{pipe.in.get(), 3};
  auto process =
      shell("exec >&3; set; for n in 0 1 2 3 4 5 6 7 8 9 20 21; do [ -e /proc/self/fd/$n ] && echo descriptor $n; done",
            {&handed, 1});
  ASSERT_TRUE(process);
  const std::string text = pipe.read_all();
  EXPECT_EQ(process->reap().signal, 0);
  EXPECT_EQ(text.find("HOME="), text.npos) << text;
  EXPECT_NE(text.find("descriptor 3\n"), text.npos) << text;
  for (const char* other : {"descriptor 4\n", "descriptor 5\n", "descriptor 9\n", "descriptor 20\n", "descriptor 21\n"})
    EXPECT_EQ(text.find(other), text.npos) << text;
}

TEST(Process, EndsWithItsOwner) {
  Pipe pipe;
  {
    const Process::Handed handed{pipe.in.get(), 3};
    auto process = shell("echo here >&3; exec sleep 60", {&handed, 1});
    ASSERT_TRUE(process);
    std::array<char, 5> text{};
    EXPECT_EQ(read(pipe.out.get(), text.data(), text.size()), 5);
  }
  EXPECT_EQ(pipe.read_all(), "") << "nobody is left to write";
}

TEST(Process, WhatIsNoProgramIsAnError) {
  const auto process = Process::start("/no/such/program", {}, {});
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().status, 503);
  EXPECT_NE(process.error().cause.find("/no/such/program: No such file"), std::string::npos);
}

}  // namespace
}  // namespace imcaxy
