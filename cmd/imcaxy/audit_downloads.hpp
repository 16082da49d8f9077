// Pictures of others, fetched politely: few at a time, each once, with an end.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "http/client.hpp"
#include "source/fetcher.hpp"

namespace imcaxy::command {

struct DownloadLimits {
  std::uint64_t most_bytes = 256u << 20;  ///< of all together; what comes after is left out
  std::chrono::steady_clock::time_point end;
};

/// Each address once, with the server's rules for sources. Blocks; tells how far it is on a terminal.
std::map<std::string, Result<source::Original>> download(http::Client& client, const source::FetcherOptions& options,
                                                         const std::set<std::string>& urls,
                                                         const DownloadLimits& limits);

}  // namespace imcaxy::command
