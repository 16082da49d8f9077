// What this process may still do once it looks at a picture.
#pragma once

#include <cstdint>

namespace imcaxy::codec {

struct Allowance {
  std::uint64_t memory_bytes;  ///< beyond what the process has now
  std::uint64_t cpu_seconds;
  bool fonts;  ///< may read the system's font files, where the kernel can restrict it to them
};

/// To be called while there is one thread. From here on: no new file, socket, process or program, no writing to any
/// descriptor, no executable memory, and no way back. Reading a file is refused with EACCES, as libraries look for
/// optional files; most else ends the process (SIGSYS). Ends the process when the sandbox can't be had.
void enter_sandbox(const Allowance& allowance);

}  // namespace imcaxy::codec
