// Preconditions and ranges (RFC 9110 sections 13 and 14) as a pure function of a request and an answer's validators.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message.hpp"

namespace imcaxy::http {

/// Bytes [first, first + length) of the body.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;

  bool operator==(const ByteRange&) const = default;
};

/// What becomes of a 200 answer.
struct Outcome {
  unsigned status = 200;           ///< 200, 206, 304, 412 or 416
  std::optional<ByteRange> range;  ///< set with 206

  bool operator==(const Outcome&) const = default;
};

/// `size`: bytes of the body, nothing when not known (then ranges are ignored). Several ranges are answered whole.
Outcome evaluate(const Request& request, std::string_view etag, std::optional<std::chrono::sys_seconds> last_modified,
                 std::optional<std::uint64_t> size);

/// True when one of a header's comma separated entity tags matches (weak comparison), or it is `*`.
bool etag_matches(std::string_view list, std::string_view etag);

}  // namespace imcaxy::http
