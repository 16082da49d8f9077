// The right to make one picture, or to do one piece of upkeep, for the whole cluster.
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "base/error.hpp"
#include "mongo/client.hpp"

namespace imcaxy::cluster {

/// A lease ends by itself some seconds after its holder was last heard of, so a node that dies holds nobody up for
/// longer. Two holders at a time are possible, when clocks differ or a node was paused: leases save work and protect
/// nothing. Thread-safe; blocks.
class Leases {
 public:
  /// `holder`: this run of this node.
  Leases(mongo::Client& mongo, std::string holder) : mongo_(mongo), holder_(std::move(holder)) {}

  mongo::Outcome<void> prepare();

  struct Held {};  ///< by another
  struct Mine {};
  using Answer = std::variant<Mine, Held, Error>;  ///< an error: another tried, and this came of it
  mongo::Outcome<Answer> ask_for(const std::string& name);

  /// The others may try.
  mongo::Outcome<void> give_back(const std::string& name);
  /// The others need not try for a while.
  mongo::Outcome<void> give_back(const std::string& name, const Error& why, std::chrono::milliseconds keep);

  /// All that this holder has; every second or two.
  mongo::Outcome<void> renew();

  /// What has ended long ago.
  mongo::Outcome<void> clean_up();

 private:
  mongo::Client& mongo_;
  const std::string holder_;
};

}  // namespace imcaxy::cluster
