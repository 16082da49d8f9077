// URLs in one normal form, so that equal ones are equal text.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace imcaxy::http {

/// An absolute http or https URL (RFC 3986).
struct Url {
  std::string text;       ///< normal form: lower-case scheme and host, no default port, no dot segments,
                          ///< escapes in capitals, no fragment
  std::string scheme;     ///< "http" or "https"
  std::string host;       ///< lower case; IPv6 in brackets
  std::string authority;  ///< the host, with its port where that is not the scheme's own
  std::string path;       ///< at least "/", as in text
};

/// 400 and the reason for what is no such URL, or carries a user name or password: those would end up in logs.
Result<Url> parse_url(std::string_view text);

}  // namespace imcaxy::http
