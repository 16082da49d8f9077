// The name by which a CDN knows all answers that were made of one source.
#pragma once

#include <string>
#include <string_view>

#include "base/hash.hpp"

namespace imcaxy::cache {

/// `source_url`: in normal form, as an invalidation names it. Short, of letters that no CDN minds, and never another
/// for the same URL: what is in a CDN was tagged by an earlier version.
inline std::string tag_of(std::string_view source_url) {
  return "i-" + sha256_hex(source_url).substr(0, 20);
}

}  // namespace imcaxy::cache
