#include "cluster/nodes.hpp"

#include "cluster/collections.hpp"

namespace imcaxy::cluster {
namespace {

using mongo::Document;
using mongo::Outcome;

/// What a node served for this long without a look at the log is over (Follower::longest_silence), even if the clocks
/// of the nodes differ by seconds.
constexpr auto lost_after = std::chrono::seconds(10);
constexpr auto forgotten_after = std::chrono::minutes(1);
constexpr std::int64_t most_nodes = 10000;

}  // namespace

Outcome<void> Nodes::tell(Position applied) {
  const Document change{
      {"$set", {{"applied", applied}, {"seen", mongo::date(Clock::system().now())}, {"version", version_}}}};
  auto told = mongo_.update(nodes_collection, {{"_id", id_}}, change, true);
  if (!told) return std::unexpected(std::move(told.error()));
  return {};
}

Outcome<void> Nodes::leave() {
  auto left = mongo_.remove(nodes_collection, {{"_id", id_}});
  if (!left) return std::unexpected(std::move(left.error()));
  return {};
}

Outcome<Nodes::Behind> Nodes::behind(Position position) {
  const WallTime now = Clock::system().now();
  auto found = mongo_.find(nodes_collection,
                           {{"applied", {{"$lt", position}}}, {"seen", {{"$gt", mongo::date(now - forgotten_after)}}}},
                           most_nodes, {{"_id", 1}});
  if (!found) return std::unexpected(std::move(found.error()));
  Behind out;
  for (const Document& node : *found) {
    const bool there = mongo::date_in(node, "seen").value_or(WallTime{}) > now - lost_after;
    (there ? out.waited_for : out.lost).push_back(mongo::text_in(node, "_id").value_or(""));
  }
  return out;
}

Outcome<void> Nodes::forget_lost() {
  auto removed =
      mongo_.remove(nodes_collection, {{"seen", {{"$lt", mongo::date(Clock::system().now() - forgotten_after)}}}});
  if (!removed) return std::unexpected(std::move(removed.error()));
  return {};
}

}  // namespace imcaxy::cluster
