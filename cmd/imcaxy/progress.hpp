// How far a long command is, on a terminal only.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace imcaxy::command {

/// One line on standard error that is written over itself, and taken away at the end. Not thread-safe.
class Progress {
 public:
  /// `what`: "invalidated", "asked for".
  Progress(std::string what, std::size_t total) : what_(std::move(what)), total_(total), shown_(isatty(STDERR_FILENO)) {
    show(0);
  }
  ~Progress() {
    if (shown_) fmt::print(stderr, "\r\x1b[K");
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::size_t done) {
    if (!shown_) return;
    fmt::print(stderr, "\r\x1b[K{} {} of {}", what_, done, total_);
    std::fflush(stderr);
  }

 private:
  const std::string what_;
  const std::size_t total_;
  const bool shown_;
};

}  // namespace imcaxy::command
