// Another program in a process of its own, which gets nothing of ours but what it is handed.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace imcaxy {

/// A started process; killed and reaped with this object, unless it has ended before. Not thread-safe. A process that
/// asks the kernel to end it with its parent ends with the thread that started it.
class Process {
 public:
  /// A descriptor of ours, above all of `theirs`, and the number at which the process finds it: from 3 on, without
  /// gaps.
  struct Handed {
    int ours, theirs;
  };
  /// `arguments` without the program's name. The process has no environment, no signal blocked, /dev/null as its three
  /// standard streams, no other descriptors than those, and is in a group of its own: Ctrl-C at our terminal is for us.
  /// 503 with the system's words as the cause.
  static Result<Process> start(const std::string& program, std::vector<std::string> arguments,
                               std::span<const Handed> handed);
  Process(Process&&) = default;
  Process& operator=(Process&& other) noexcept {
    std::swap(process_, other.process_);
    return *this;
  }
  ~Process();

  /// Also after its end, to nobody.
  void signal(int number);

  /// Whether it ends within that time; negative: in the end.
  bool ends_within(std::chrono::milliseconds time) const;

  struct End {
    int exit_status = -1;  ///< -1: ended by a signal
    int signal = 0;
  };
  /// Waits for its end, once.
  End reap();

 private:
  explicit Process(Descriptor process) : process_(std::move(process)) {}

  Descriptor process_;  ///< a pidfd; none once reaped
};

}  // namespace imcaxy
