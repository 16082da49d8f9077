// A picture as its source gave it.
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "http/client.hpp"

namespace imcaxy::source {

struct Original {
  Bytes body;
  std::string content_type;  ///< what the source calls it; not to be trusted
  http::CacheHeaders cache = {};
  bool not_modified = false;  ///< no bytes: those that the question named still hold
};

}  // namespace imcaxy::source
