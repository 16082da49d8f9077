// Where the time of an answer went, for Server-Timing and the histograms.
#pragma once

#include <chrono>
#include <string_view>

namespace imcaxy::proxy {

using Milliseconds = std::chrono::duration<double, std::milli>;

struct Timings {
  Milliseconds cache{0};    ///< look-ups in the tiers below memory
  Milliseconds fetch{0};    ///< the original, wherever it came from
  Milliseconds queue{0};    ///< waiting for a core
  Milliseconds process{0};  ///< decode, operate, encode
};

/// Where an answer came from, as X-Cache says it.
enum class Origin { memory, disk, shared, coalesced, produced };

constexpr std::string_view to_text(Origin origin) {
  switch (origin) {
    case Origin::memory:
      return "hit-memory";
    case Origin::disk:
      return "hit-disk";
    case Origin::shared:
      return "hit-shared";
    case Origin::coalesced:
      return "coalesced";
    case Origin::produced:
      break;
  }
  return "miss";
}

}  // namespace imcaxy::proxy
