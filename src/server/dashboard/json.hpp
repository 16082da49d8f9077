// The dashboard's data as JSON.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "cache/disk_tier.hpp"
#include "cache/invalidation.hpp"
#include "cache/memory_tier.hpp"
#include "server/dashboard/activity.hpp"
#include "server/dashboard/history.hpp"

namespace imcaxy::server {

nlohmann::ordered_json to_json(const Sample& sample);
nlohmann::ordered_json to_json(const Metrics::Pictures& sums);
/// All together, by format, by client and by network; only those of which there was an answer.
nlohmann::ordered_json to_json(const Savings& savings);
nlohmann::ordered_json to_json(const Activity::Failure& failure);
nlohmann::ordered_json to_json(const std::vector<Reading>& readings);

/// An invalidation in short: counts instead of long lists, and the beginning of these.
nlohmann::ordered_json summary(const cache::InvalidationModel& model);

/// One entry as it lies in one or two tiers.
struct FoundEntry {
  cache::EntryMeta meta;
  std::uint64_t body_bytes = 0;
  std::optional<std::uint64_t> hits;  ///< in memory; nothing: it is not there
  std::string disk_tier;              ///< empty: it is not on disk
};
nlohmann::ordered_json to_json(const FoundEntry& entry);

/// What came from outside may be no UTF-8: it only describes, so it is replaced.
std::string dump(const nlohmann::ordered_json& json);

}  // namespace imcaxy::server
