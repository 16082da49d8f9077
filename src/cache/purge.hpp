// What every place that keeps entries can do: forget those of some sources, here or elsewhere.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.hpp"
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

/// The other nodes, where there are some.
class Others {
 public:
  virtual ~Others() = default;
  using Ticket = std::int64_t;
  /// Tells them what to remove. Before anything is removed from what all of them share.
  virtual Result<Ticket> announce(const UrlSet& urls) = 0;
  /// Waits until none of them can serve or store what is older; the error names those of which that is not known.
  virtual Result<void> confirm(Ticket ticket) = 0;
};

}  // namespace imcaxy::cache
