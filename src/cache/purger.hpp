// Removing what comes from some sources from all places of this node.
#pragma once

#include <vector>

#include "cache/epochs.hpp"
#include "cache/purge.hpp"

namespace imcaxy::cache {

/// Thread-safe; blocks on the disk.
class Purger {
 public:
  /// `places`: everything that keeps entries, in the order in which they are made of each other.
  Purger(Epochs& epochs, std::vector<Purgeable*> places) : epochs_(epochs), places_(std::move(places)) {}

  /// When it returns, nothing that was fetched from one of the sources before is served any more. What was removed,
  /// each entry once.
  std::vector<Purged> purge(const UrlSet& set);

 private:
  Epochs& epochs_;
  const std::vector<Purgeable*> places_;
};

}  // namespace imcaxy::cache
