// Decentralized identifiers, as AT Protocol allows them.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace imcaxy::atproto {

/// `did:plc:` with 24 letters of base32, or `did:web:` with a host name and no path.
struct Did {
  enum class Method { plc, web };

  std::string text;
  Method method = Method::plc;
  std::string host;  ///< of did:web, as it stands in a URL: with its port, which only localhost may have

  bool is_local() const { return host == "localhost" || host.starts_with("localhost:"); }
  bool operator==(const Did&) const = default;
};

/// 400 for what is none. One identity has one spelling: escapes and upper case are refused. `allow_localhost`: also
/// `did:web:localhost` and `did:web:localhost%3A3000`.
Result<Did> parse_did(std::string_view text, bool allow_localhost);

}  // namespace imcaxy::atproto
