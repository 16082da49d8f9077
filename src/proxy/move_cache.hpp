// A cache moved between a node's folder and what nodes share.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/error.hpp"
#include "cache/disk_tier.hpp"
#include "cluster/cluster.hpp"

namespace imcaxy::proxy {

struct Moved {
  std::uint64_t moved = 0, known = 0, skipped = 0;
};
/// Called after each entry, with how many there are to look at.
using ShowProgress = std::function<void(std::uint64_t done, std::uint64_t of)>;

/// What is there already is known, so both can be run again after they were ended. Skipped: what is expired, damaged,
/// or may have been invalidated meanwhile. The source stays as it is. Both block. 503 when one of the parts fails.
Result<Moved> share_folder(const std::vector<cache::DiskTier*>& tiers, cluster::Cluster& cluster,
                           const ShowProgress& show);

/// `tier_of`: where pictures of a processor type belong; null: nowhere.
Result<Moved> fill_folder(cluster::Cluster& cluster,
                          const std::function<cache::DiskTier*(const std::string& processor)>& tier_of,
                          const ShowProgress& show);

}  // namespace imcaxy::proxy
