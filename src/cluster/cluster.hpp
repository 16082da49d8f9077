// One node among others: wires what they share, and does its part of the upkeep.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/worker_pool.hpp"
#include "cache/block_list.hpp"
#include "cache/purger.hpp"
#include "cluster/announcer.hpp"
#include "cluster/follower.hpp"
#include "cluster/records.hpp"
#include "cluster/shared_blocks.hpp"
#include "cluster/sharing.hpp"

namespace imcaxy::cluster {

struct ClusterOptions {
  std::string connection_string;
  s3::ClientOptions bucket;
  std::string version;                   ///< of this program, for whoever looks at the nodes
  std::chrono::milliseconds wait{3000};  ///< for another node that makes the same picture
  std::uint64_t max_bytes = 0;           ///< of all shared pictures; 0: any number
};

/// What keeps a node from working with the others, for people.
struct Trouble {
  std::string part;  ///< "MongoDB" or "MinIO"
  std::string text;
  bool mistake = false;  ///< of the configuration: it will not go away by itself
};

/// Connects to both, and makes the bucket. Blocks for some seconds at the most.
std::vector<Trouble> check(const ClusterOptions& options);

/// Thread-safe.
class Cluster {
 public:
  /// Of `folder`, which belongs to one node at a time, it takes this node's name and how far it had come. 400 for what
  /// has to be repaired in the configuration, but not for what can't be reached just now.
  static Result<std::unique_ptr<Cluster>> open(const ClusterOptions& options, const std::filesystem::path& folder);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// `here`: all places of this node alone. `blocks`: null where there are none. They outlive `stop`.
  void start(cache::Purger& here, cache::BlockList* blocks);
  /// Nobody has to wait for this node any more.
  void stop();

  /// Instead of `start`, for a tool that serves nothing: makes what is missing in the database. 503 when it can't.
  Result<void> prepare();
  /// How far what lies in the folder has come in the log; 0 when it belongs to another log, or to none.
  Position position_of_folder() const;
  EventLog& log();
  Images& images();

  Sharing& sharing();
  SharedTier& tier();
  cache::Others& others();
  cache::InvalidationRecords& records();
  /// After `start`, and where there are blocks.
  cache::BlockWriter& blocks();

  /// What is missing just now; empty when all is well.
  std::vector<Trouble> troubles() const;

  struct Figures {
    const SharedTierStats& tier;
    const SharingStats& sharing;
    const s3::ClientStats& bucket;
    const mongo::ClientStats& mongo;
    std::size_t waiting_writes;
    bool mongo_left_alone, bucket_left_alone;
    Position applied;
  };
  Figures figures() const;

 private:
  struct Parts;
  explicit Cluster(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace imcaxy::cluster
