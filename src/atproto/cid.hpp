// Content identifiers of blobs.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace imcaxy::atproto {

/// Of a blob, as AT Protocol makes them: version 1, raw bytes, SHA-256, in base32 with lower-case letters.
struct Cid {
  std::string text;
  std::string sha256;  ///< of the blob, as 64 lower-case hexadecimal digits

  bool operator==(const Cid&) const = default;
};

/// 400 for everything else, also for other spellings of the same: one blob has one name, and so one entry.
Result<Cid> parse_cid(std::string_view text);

}  // namespace imcaxy::atproto
