// Which nodes there are, and how far each has come in the log.
#pragma once

#include <string>
#include <vector>

#include "cluster/event_log.hpp"
#include "mongo/client.hpp"

namespace imcaxy::cluster {

/// Thread-safe; blocks.
class Nodes {
 public:
  /// `id`: of this node, and of no other.
  Nodes(mongo::Client& mongo, std::string id, std::string version)
      : mongo_(mongo), id_(std::move(id)), version_(std::move(version)) {}

  const std::string& id() const { return id_; }

  /// Tells the others that this node is there and has applied everything up to `applied`.
  mongo::Outcome<void> tell(Position applied);
  /// It ends, and nobody has to wait for it.
  mongo::Outcome<void> leave();

  struct Behind {
    std::vector<std::string> waited_for;  ///< said lately that they are there
    std::vector<std::string> lost;        ///< have said nothing for some seconds: cut off, paused, or ended at once
  };
  /// Of the nodes that have not applied everything up to `position`.
  mongo::Outcome<Behind> behind(Position position);

  /// Forgets nodes that have said nothing for a minute. `behind` does not name them either.
  mongo::Outcome<void> forget_lost();

 private:
  mongo::Client& mongo_;
  const std::string id_, version_;
};

}  // namespace imcaxy::cluster
