#include "cache/purger.hpp"

#include <unordered_set>

namespace imcaxy::cache {

std::vector<Purged> Purger::purge(const UrlSet& set) {
  std::vector<Purged> out;
  std::unordered_set<Key128> seen;  // one picture may lie in several places
  for (Purgeable* place : places_) {
    // Before each: what was made of the places below, before they were emptied, must not come in behind the removal.
    for (const std::string& url : set.urls) epochs_.advance(url);
    if (!set.prefixes.empty()) epochs_.advance_all();
    for (Purged& purged : place->purge(set))
      if (seen.insert(purged.meta.key).second) out.push_back(std::move(purged));
  }
  return out;
}

}  // namespace imcaxy::cache
