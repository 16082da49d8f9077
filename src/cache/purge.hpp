// What every place that keeps entries can do: forget those of some sources.
#pragma once

#include <cstdint>
#include <vector>

#include "cache/entry.hpp"
#include "cache/url_set.hpp"

namespace imcaxy::cache {

struct Purged {
  EntryMeta meta;
  std::uint64_t body_bytes = 0;
};

class Purgeable {
 public:
  virtual ~Purgeable() = default;
  /// Removes all entries of these sources; what was removed.
  virtual std::vector<Purged> purge(const UrlSet& urls) = 0;
};

}  // namespace imcaxy::cache
