#include "cluster/leases.hpp"

#include "base/clock.hpp"
#include "cluster/collections.hpp"

namespace imcaxy::cluster {
namespace {

using mongo::Document;
using mongo::Outcome;
using Kind = mongo::Failure::Kind;

constexpr auto length = std::chrono::seconds(5);

Document until(std::chrono::milliseconds from_now) {
  return mongo::date(Clock::system().now() + from_now);
}

Outcome<void> without_value(auto outcome) {
  if (!outcome) return std::unexpected(std::move(outcome.error()));
  return {};
}

}  // namespace

Outcome<void> Leases::prepare() {
  const Document by_holder{{"key", {{"holder", 1}}}, {"name", "holder"}};
  const Document by_end{{"key", {{"until", 1}}}, {"name", "until"}};
  return mongo_.ensure_indexes(leases_collection, Document::array({by_holder, by_end}));
}

Outcome<Leases::Answer> Leases::ask_for(const std::string& name) {
  // One of mine: the request may have been sent twice.
  const Document free_or_mine = Document::array({{{"until", {{"$lt", until({})}}}}, {{"holder", holder_}}});
  auto taken = mongo_.find_and_modify(
      leases_collection, {{"_id", name}, {"$or", free_or_mine}},
      {{"$set", {{"holder", holder_}, {"until", until(length)}}}, {"$unset", {{"status", ""}, {"message", ""}}}}, true);
  if (taken) return Mine{};
  if (taken.error().kind != Kind::duplicate) return std::unexpected(std::move(taken.error()));
  auto found = mongo_.find_one(leases_collection, {{"_id", name}});
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found) return Held{};  // it ended just now: ask once more
  const auto status = mongo::number_in(**found, "status");
  if (!status) return Held{};
  return Error{static_cast<int>(*status), mongo::text_in(**found, "message").value_or(""), "as another node found"};
}

Outcome<void> Leases::give_back(const std::string& name) {
  return without_value(mongo_.remove(leases_collection, {{"_id", name}, {"holder", holder_}}));
}

Outcome<void> Leases::give_back(const std::string& name, const Error& why, std::chrono::milliseconds keep) {
  const Document result{{"holder", ""}, {"until", until(keep)}, {"status", why.status}, {"message", why.message}};
  return without_value(mongo_.update(leases_collection, {{"_id", name}, {"holder", holder_}}, {{"$set", result}}));
}

Outcome<void> Leases::renew() {
  return mongo_.update_all(leases_collection, {{"holder", holder_}}, {{"$set", {{"until", until(length)}}}});
}

Outcome<void> Leases::clean_up() {
  return without_value(mongo_.remove(leases_collection, {{"until", {{"$lt", until(-std::chrono::minutes(1))}}}}));
}

}  // namespace imcaxy::cluster
