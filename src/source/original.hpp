// A picture as its source gave it.
#pragma once

#include <string>

#include "base/bytes.hpp"

namespace imcaxy::source {

struct Original {
  Bytes body;
  std::string content_type;  ///< what the source calls it; not to be trusted
};

}  // namespace imcaxy::source
