// What a client's headers say of its screen and its network, where a request leaves that to them: in few classes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "http/query.hpp"

namespace imcaxy::proxy {

/// A request's header by its name; may be empty, which is a client that says nothing.
using HeaderOf = std::function<std::optional<std::string_view>(std::string_view)>;

/// Widths in rising order, at least one: the ladder that hints are snapped to.
Result<std::vector<int>> parse_widths(const std::vector<std::string>& texts);

struct HintOptions {
  std::vector<int> widths = {160, 224, 320, 448, 608, 832, 1088, 1296, 1680, 1920, 2560, 3840};
  bool snap = false;       ///< explicit widths, too
  bool save_data = false;  ///< whether these headers may lower the quality where a request names none
  bool ect = false;
  bool downlink = false;
};

/// What a request leaves to its client; depends on its operation and its query alone.
struct HintsWanted {
  bool width = false, dpr = false, network = false;

  bool any() const { return width || dpr || network; }
  bool operator==(const HintsWanted&) const = default;
};

/// What that came to. Requests of one target and one class are equal, and so is what their answers say in Vary.
struct HintClass {
  std::uint16_t width = 0;         ///< a rung; 0: not wanted
  std::uint16_t dpr_quarters = 0;  ///< 4 to 16; 0: not wanted
  bool slow = false;               ///< the client or its network wants few bytes
  std::uint16_t looked_at = 0;     ///< a bit for each header that had a say: see `client_lines`

  bool operator==(const HintClass&) const = default;
  /// For places in tables; never 0.
  std::uint64_t spread() const {
    return 1 + (std::uint64_t{width} * 31 + dpr_quarters) * 31 + slow + std::uint64_t{looked_at} * 8191;
  }
};

HintsWanted hints_wanted(std::string_view operation, const http::Query& query, const HintOptions& options);

/// A header is only looked at where those before it said nothing, so that Vary names no more than what counted.
HintClass hint_class(const HintsWanted& wanted, const HeaderOf& header, const HintOptions& options);

/// Writes what was left open into the query, as if the client had named it: `width=auto` becomes the width. So clients
/// of one class, and those who name the same, share an answer. With `snap` explicit widths go up to the next rung.
/// Returns how many of the picture's pixels lie side by side in one of CSS', as far as the request says: 1, 2 or 3.
int settle_hints(std::string_view operation, http::Query& query, const HintsWanted& wanted, const HintClass& hints,
                 const HintOptions& options);

/// Header lines of an answer: Vary, of Accept as well where the format was negotiated, and Accept-CH so that the client
/// tells more next time. Empty when nothing was left to the client.
std::string client_lines(bool negotiated, const HintsWanted& wanted, const HintClass& hints,
                         const HintOptions& options);

}  // namespace imcaxy::proxy
