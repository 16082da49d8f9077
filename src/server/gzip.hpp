// Text in fewer bytes, for clients that take it.
#pragma once

#include "http/message.hpp"

namespace imcaxy::server {

/// Whether the request takes bodies in this coding, "gzip" or "br" (RFC 9110 section 12.5.3).
bool accepts_coding(const http::Request& request, std::string_view coding);

/// Compresses the body of a text, page or JSON of 1 KiB or more by gzip (RFC 1952) where the request accepts that.
/// Pictures stay as they are, and what is encoded already. Costs about 10 ms for each megabyte.
http::Response compressed(http::Response response, const http::Request& request);

}  // namespace imcaxy::server
