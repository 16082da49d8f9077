// Keys of running productions.
#pragma once

#include "base/hash.hpp"
#include "cache/epochs.hpp"

namespace imcaxy::proxy {

/// A production is joined only by those who ask within the same epoch of its source: what began before an invalidation
/// is never given to who asks after it.
inline Key128 hub_key(const Key128& key, cache::Epochs::Epoch epoch) {
  return {key.high, key.low ^ (epoch * 0x9e3779b97f4a7c15ull)};
}

/// Of the production that renews what is served meanwhile.
inline Key128 renewal_key(const Key128& key, cache::Epochs::Epoch epoch) {
  return hub_key({~key.high, key.low}, epoch);
}

/// Of the production of what there was no time for.
inline Key128 better_key(const Key128& key, cache::Epochs::Epoch epoch) {
  return hub_key({key.high, ~key.low}, epoch);
}

}  // namespace imcaxy::proxy
