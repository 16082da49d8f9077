// The process in which the search runs.
#pragma once

#include <string_view>

namespace imcaxy::refinery {

/// As its first argument it makes this program the process of a search; the second is the server's process.
inline constexpr std::string_view worker_argument = "--refine-for";

/// Does the one job that it was started with, at the lowest priority there is. Its exit status.
int run_worker(std::string_view parent);

}  // namespace imcaxy::refinery
