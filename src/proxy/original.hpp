// A picture as its source has it.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "cache/entry.hpp"

namespace imcaxy::proxy {

/// The bytes of a source, and what there is to know of their freshness.
struct Original {
  Bytes body;
  std::string content_type;               ///< what the source calls it; not to be trusted
  std::string hash;                       ///< of the bytes, where freshness is known
  std::optional<cache::Freshness> fresh;  ///< nothing: until invalidated
  bool stale = false;                     ///< the source could not be asked
};

/// Whether a source itself says that its picture is not to be had.
inline bool is_gone(const Error& error) {
  return error.status == 401 || error.status == 403 || error.status == 404 || error.status == 410 ||
         error.status == 451;
}

}  // namespace imcaxy::proxy
