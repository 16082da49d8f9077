// The last invalidation of each project, for all nodes: the collection `invalidations`.
#pragma once

#include "cache/invalidation.hpp"
#include "mongo/client.hpp"

namespace imcaxy::cluster {

/// In the original system's documents, and reads its own. Thread-safe; blocks.
class Records final : public cache::InvalidationRecords {
 public:
  explicit Records(mongo::Client& mongo) : mongo_(mongo) {}

  mongo::Outcome<void> prepare();

  Result<void> save(const cache::InvalidationModel& model) override;
  Result<std::optional<cache::InvalidationModel>> latest(const std::string& project_name) override;
  Result<std::vector<cache::InvalidationModel>> history(const std::string& project_name) override;
  /// Of the last thousand records.
  Result<std::vector<Project>> projects(std::int64_t most) override;

 private:
  mongo::Client& mongo_;
};

}  // namespace imcaxy::cluster
