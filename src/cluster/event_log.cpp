#include "cluster/event_log.hpp"

#include <algorithm>
#include <iterator>
#include <span>

#include "base/hash.hpp"
#include "cluster/collections.hpp"

namespace imcaxy::cluster {
namespace {

using mongo::Document;
using mongo::Outcome;
using Kind = mongo::Failure::Kind;

/// Of one event, so that it stays far below the 16 MB of a document.
constexpr std::size_t most_urls = 1000;
constexpr int most_attempts = 100;
constexpr std::int64_t most_prefixes = 10000;

Document texts(const auto& from) {
  Document out = Document::array();
  for (const std::string& text : from) out.push_back(text);
  return out;
}

Event event_of(const Document& document) {
  Event event{.number = mongo::number_in(document, "_id").value_or(0),
              .token = mongo::text_in(document, "token").value_or("")};
  const auto read = [&](const char* name, auto keep) {
    const auto list = document.find(name);
    if (list == document.end() || !list->is_array()) return;
    for (const Document& text : *list)
      if (text.is_string()) keep(text.get<std::string>());
  };
  read("urls", [&](std::string url) { event.set.urls.insert(std::move(url)); });
  read("prefixes", [&](std::string prefix) { event.set.prefixes.push_back(std::move(prefix)); });
  event.blocks_changed = document.contains("blocksChanged");
  return event;
}

}  // namespace

Outcome<void> EventLog::prepare() {
  const Document by_url{{"key", {{"urls", 1}}}, {"name", "urls"}};
  const Document by_date{{"key", {{"date", 1}}}, {"name", "date"}};
  if (auto made = mongo_.ensure_indexes(events_collection, Document::array({by_url, by_date})); !made) return made;
  const Document fresh{{"$setOnInsert", {{"name", random_hex(16)}}}};
  auto named = mongo_.update(cluster_collection, {{"_id", "log"}}, fresh, true);
  if (!named && named.error().kind != Kind::duplicate) return std::unexpected(std::move(named.error()));
  auto found = mongo_.find_one(cluster_collection, {{"_id", "log"}});
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found) return mongo::failed(Kind::invalid, "the database loses what is written to it");
  auto with_prefixes =
      mongo_.find(events_collection, {{"prefixes", {{"$exists", true}}}}, most_prefixes, {{"_id", -1}});
  if (!with_prefixes) return std::unexpected(std::move(with_prefixes.error()));
  std::lock_guard lock(mutex_);
  name_ = mongo::text_in(**found, "name").value_or("");
  prefixes_.clear();
  for (auto it = with_prefixes->rbegin(); it != with_prefixes->rend(); ++it) remember_prefixes(event_of(*it));
  return {};
}

std::string EventLog::name() const {
  std::lock_guard lock(mutex_);
  return name_;
}

Outcome<Position> EventLog::append(const cache::UrlSet& set) {
  std::vector<std::string> urls(set.urls.begin(), set.urls.end());
  Position number = 0;
  std::size_t done = 0;
  do {
    const std::size_t end = std::min(done + most_urls, urls.size());
    Document event{{"urls", texts(std::span(urls).subspan(done, end - done))}};
    if (done == 0 && !set.prefixes.empty()) event["prefixes"] = texts(set.prefixes);
    auto appended = insert(std::move(event));
    if (!appended) return appended;
    number = *appended;
    done = end;
  } while (done < urls.size());
  return number;
}

Outcome<Position> EventLog::append_blocks_changed() {
  return insert(Document{{"blocksChanged", true}});
}

Outcome<Position> EventLog::insert(Document event) {
  event["date"] = mongo::date(Clock::system().now());
  event["token"] = random_hex(16);
  // Whoever inserts the number behind the last one has it: no two do, and none is left out.
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    auto before = last();
    if (!before) return std::unexpected(std::move(before.error()));
    const Position number = before->number + 1;
    event["_id"] = number;
    // What a node has confirmed must not be forgotten when the database falls over.
    auto inserted = mongo_.run({{"insert", events_collection},
                                {"documents", Document::array({event})},
                                {"writeConcern", {{"w", "majority"}, {"j", true}}}});
    if (inserted) return number;
    if (inserted.error().kind != Kind::duplicate) return std::unexpected(std::move(inserted.error()));
    // The insert may have been sent twice, and met itself.
    auto mine = mongo_.find_one(events_collection, {{"_id", number}, {"token", event["token"]}});
    if (mine && *mine) return number;
  }
  return mongo::failed(Kind::unreachable, "too many others invalidate at the same time");
}

Outcome<std::vector<Event>> EventLog::from(Position position, std::int64_t limit) {
  auto found = mongo_.find(events_collection, {{"_id", {{"$gte", position}}}}, limit, {{"_id", 1}});
  if (!found) return std::unexpected(std::move(found.error()));
  std::vector<Event> events;
  for (const Document& document : *found) events.push_back(event_of(document));
  return events;
}

Outcome<Event> EventLog::last() {
  auto found = mongo_.find(events_collection, Document::object(), 1, {{"_id", -1}}, {{"_id", 1}, {"token", 1}});
  if (!found) return std::unexpected(std::move(found.error()));
  return found->empty() ? Event{} : event_of(found->front());
}

Outcome<std::optional<WallTime>> EventLog::reaches_back_to() {
  auto found = mongo_.find(events_collection, Document::object(), 1, {{"_id", 1}}, {{"_id", 1}, {"date", 1}});
  if (!found) return std::unexpected(std::move(found.error()));
  if (found->empty() || mongo::number_in(found->front(), "_id") == 1) return std::nullopt;
  return mongo::date_in(found->front(), "date");
}

Outcome<bool> EventLog::names(const std::string& url, Position since) {
  {
    std::lock_guard lock(mutex_);
    for (const auto& [number, prefix] : prefixes_)
      if (number > since && url.starts_with(prefix)) return true;
  }
  auto found =
      mongo_.find(events_collection, {{"urls", url}, {"_id", {{"$gt", since}}}}, 1, Document::object(), {{"_id", 1}});
  if (!found) return std::unexpected(std::move(found.error()));
  return !found->empty();
}

void EventLog::remember(const Event& event) {
  std::lock_guard lock(mutex_);
  remember_prefixes(event);
}

void EventLog::remember_prefixes(const Event& event) {
  for (const std::string& prefix : event.set.prefixes) prefixes_.emplace_back(event.number, prefix);
  // What was made before so many of them was removed when they came.
  if (std::ssize(prefixes_) > 2 * most_prefixes) prefixes_.erase(prefixes_.begin(), prefixes_.end() - most_prefixes);
}

Outcome<void> EventLog::trim(WallTime before) {
  auto newest = last();
  if (!newest) return std::unexpected(std::move(newest.error()));
  auto removed =
      mongo_.remove(events_collection, {{"date", {{"$lt", mongo::date(before)}}}, {"_id", {{"$lt", newest->number}}}});
  if (!removed) return std::unexpected(std::move(removed.error()));
  return {};
}

}  // namespace imcaxy::cluster
