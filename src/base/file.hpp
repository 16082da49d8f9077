// Files as a whole.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace imcaxy {

/// Blocks on the disk. 400 with the path and the reason for what can't be read, or has more than `max_bytes`: also what
/// has no end, such as a device.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

/// At the descriptor's place, all of it. False, with `errno`, when that is not possible.
bool write_all(int descriptor, std::string_view bytes);

}  // namespace imcaxy
