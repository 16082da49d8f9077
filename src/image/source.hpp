// What a picture is decoded from.
#pragma once

#include <utility>

#include "base/bytes.hpp"

namespace imcaxy::image {

/// A picture's bytes as they came, and, where there is one, its reduced form (image/reduced.hpp).
struct Source {
  Source(Bytes as_it_came, Bytes smaller = {}) : original(std::move(as_it_came)), reduced(std::move(smaller)) {}

  Bytes original;
  Bytes reduced;  ///< of just this original; empty: there is none
};

}  // namespace imcaxy::image
