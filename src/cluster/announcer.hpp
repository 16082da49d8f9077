// Invalidations of this node for all others.
#pragma once

#include "cache/purge.hpp"
#include "cluster/event_log.hpp"
#include "cluster/nodes.hpp"

namespace imcaxy::cluster {

/// Thread-safe; blocks.
class Announcer final : public cache::Others {
 public:
  Announcer(EventLog& log, Nodes& nodes) : log_(log), nodes_(nodes) {}

  Result<Ticket> announce(const cache::UrlSet& set) override;
  /// Waits for every node that says that it is there, this one among them.
  Result<void> confirm(Ticket ticket) override;

 private:
  EventLog& log_;
  Nodes& nodes_;
};

}  // namespace imcaxy::cluster
