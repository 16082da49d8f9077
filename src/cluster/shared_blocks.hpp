// What moderators took away, on all nodes: the collection `blocks`.
#pragma once

#include "cache/block_list.hpp"
#include "cluster/event_log.hpp"
#include "mongo/client.hpp"

namespace imcaxy::cluster {

/// Thread-safe; blocks.
class SharedBlocks final : public cache::BlockWriter {
 public:
  /// `here`: the list of this node, which follows the shared one.
  SharedBlocks(mongo::Client& mongo, EventLog& log, cache::BlockList& here) : mongo_(mongo), log_(log), here_(here) {}

  /// Nothing is blocked anywhere, and the error says so, when the others can't be told. A purge that follows waits
  /// until all of them know.
  Result<void> add(const cache::Block& block) override;
  Result<bool> remove(const std::string& owner, const std::string& cid) override;

  /// Adds what this node knows to the shared list: when it comes to these others for the first time.
  mongo::Outcome<void> contribute();
  /// Makes this node's list that of all.
  mongo::Outcome<void> read();

 private:
  mongo::Client& mongo_;
  EventLog& log_;
  cache::BlockList& here_;
};

}  // namespace imcaxy::cluster
