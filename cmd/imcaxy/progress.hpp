// How far a long command is, on a terminal only.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace imcaxy::command {

/// One line on standard error that is written over itself, and taken away at the end. Not thread-safe.
class Progress {
 public:
  enum Start { at_once, when_it_takes_long };

  /// `what`: "invalidated", "asked for".
  Progress(std::string what, std::size_t total, Start start = at_once)
      : what_(std::move(what)), total_(total), terminal_(isatty(STDERR_FILENO)), begun_(Steady::now()), start_(start) {
    show(0);
  }
  ~Progress() {
    if (drawn_) fmt::print(stderr, "\r\x1b[K");
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::size_t done) {
    if (!terminal_ || (start_ == when_it_takes_long && Steady::now() - begun_ < patience)) return;
    drawn_ = true;
    fmt::print(stderr, "\r\x1b[K{} {} of {}", what_, done, total_);
    std::fflush(stderr);
  }

 private:
  using Steady = std::chrono::steady_clock;
  static constexpr std::chrono::seconds patience{2};

  const std::string what_;
  const std::size_t total_;
  const bool terminal_;
  const Steady::time_point begun_;
  const Start start_;
  bool drawn_ = false;
};

}  // namespace imcaxy::command
