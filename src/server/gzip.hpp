// Text in fewer bytes, for clients that take it.
#pragma once

#include "http/message.hpp"

namespace imcaxy::server {

/// Compresses the body of a text, page or JSON of 1 KiB or more by gzip (RFC 1952) where the request accepts that.
/// Pictures stay as they are: they are compressed already. Costs about 10 ms for each megabyte.
http::Response compressed(http::Response response, const http::Request& request);

}  // namespace imcaxy::server
