// Asks a server for pictures, so that they are there before anybody wants them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace imcaxy::command {

struct WarmRequest {
  std::string url;
  std::string accept;  ///< what a client that gets this picture says

  auto operator<=>(const WarmRequest&) const = default;
};

struct WarmOptions {
  double per_second = 0;  ///< 0: as fast as the answers come
  std::string api_key;    ///< of IMCAXY_API_KEY; empty: none
};

struct Warmed {
  std::size_t asked = 0, failed = 0;
  std::string first_failure;  ///< the URL and why
};

/// Each once, a few at a time. Blocks; tells how far it is on a terminal.
Warmed warm_up(const std::vector<WarmRequest>& requests, const WarmOptions& options);

/// What browsers say of pictures: those that know the newest formats, and everybody else.
inline constexpr const char* accept_of_browsers = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
inline constexpr const char* accept_of_others = "*/*";

}  // namespace imcaxy::command
