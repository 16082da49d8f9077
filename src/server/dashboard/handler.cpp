#include "server/dashboard/handler.hpp"

#include <map>

#include "base/counted.hpp"
#include "config/version.hpp"
#include "http/query.hpp"
#include "http/url.hpp"
#include "server/dashboard/json.hpp"

namespace imcaxy::server {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t most_entries = 500, most_sources = 20;
constexpr std::int64_t most_projects = 200;
constexpr auto patience = std::chrono::seconds(30);

http::Response answer(Result<ordered_json> json) {
  http::Response response =
      json ? http::Response::json(200, dump(*json))
           : http::Response::text(static_cast<unsigned>(json.error().status), json.error().message);
  response.add("Cache-Control", "no-store");
  return response;
}

/// What an entry's source is called, for what somebody typed.
Result<std::string> source_name(std::string_view text) {
  if (text.empty()) return fail(400, "url is required: the address of a picture's source");
  for (const std::string_view inner : {"body:", "file:///", "at://"})
    if (text.starts_with(inner)) return std::string(text);
  auto url = http::parse_url(text);
  if (!url) return std::unexpected(std::move(url.error()));
  return url->text;
}

/// Counts among the streams that are open.
class CountedStream final : public http::BodySource {
 public:
  CountedStream(LiveStream::From from, std::atomic<std::int64_t>& open) : open_(open), stream_(std::move(from)) {}
  std::optional<std::uint64_t> length() const override { return std::nullopt; }
  Task<Result<Bytes>> next() override { return stream_.next(); }

 private:
  const Counted open_;
  LiveStream stream_;
};

}  // namespace

DashboardHandler::Reply DashboardHandler::handle(const http::Request& request, std::string_view path) {
  if (!parts_.door.authorized(request)) return std::move(unauthorized().add("Cache-Control", "no-store"));
  if (path == "live") return live();
  if (path == "entries") return entries(request);
  if (path == "invalidations") return invalidations(request);
  return http::Response::text(404, "there is live, entries?url= and invalidations?project= here");
}

http::Response DashboardHandler::live() {
  if (streams_ >= most_streams)
    return std::move(http::Response::text(503, "too many dashboards are open; close one").add("Retry-After", "10"));
  http::Response response;
  response.add("Content-Type", "text/event-stream").add("Cache-Control", "no-store");
  response.add("X-Accel-Buffering", "no");  // nginx would hold events back until its buffer is full
  LiveStream::From from{
      .history = parts_.history,
      .event = [this](const std::vector<Sample>& samples, bool first) { return event(samples, first); },
      .ended = [this] { return stopping_.load(std::memory_order_relaxed); }};
  response.stream = std::make_unique<CountedStream>(std::move(from), streams_);
  return response;
}

std::string DashboardHandler::event(const std::vector<Sample>& samples, bool first) const {
  ordered_json out;
  if (first)
    out["server"] = {{"version", version_text},
                     {"boundsMs", Metrics::bounds_ms},
                     {"memoryLimit", parts_.memory_limit},
                     {"diskLimit", parts_.disk_limit}};
  out["samples"] = ordered_json::array();
  for (const Sample& sample : samples) out["samples"].push_back(to_json(sample));
  out["sums"] = to_json(parts_.metrics.pictures());
  out["savings"] = to_json(parts_.metrics.savings());
  out["figures"] = to_json(parts_.readings());
  out["sources"] = ordered_json::array();
  for (const TopCounts::Count& source : parts_.metrics.activity().top_sources(most_sources))
    out["sources"].push_back({{"url", source.key}, {"count", source.count}});
  out["failures"] = ordered_json::array();
  for (const Activity::Failure& failure : parts_.metrics.activity().failures())
    out["failures"].push_back(to_json(failure));
  return dump(out);
}

Task<http::Response> DashboardHandler::entries(const http::Request& request) {
  const http::Query query = http::parse_query(request.query);
  const auto name = source_name(http::find(query, "url").value_or(""));
  if (!name) co_return answer(std::unexpected(name.error()));
  auto look = [this, url = *name]() -> Result<ordered_json> {
    const cache::UrlSet urls{{url}, {}};
    std::map<Key128, FoundEntry> found;
    for (cache::DiskTier* tier : parts_.disk_tiers)
      for (cache::EntryFileHead& head : tier->find(urls, most_entries))
        found[head.meta.key] = {head.meta, head.body_bytes, std::nullopt, tier->name()};
    for (const cache::MemoryTier::Resident& resident : parts_.memory.find(urls)) {
      FoundEntry& entry = found[resident.entry->meta.key];
      entry.meta = resident.entry->meta;
      entry.body_bytes = resident.entry->body.size();
      entry.hits = resident.hits;
    }
    ordered_json list = ordered_json::array();
    for (const auto& [key, entry] : found)
      if (list.size() < most_entries) list.push_back(to_json(entry));
    return ordered_json{{"url", url}, {"entries", std::move(list)}, {"more", found.size() >= most_entries}};
  };
  Result<ordered_json> found_there = co_await run_on(parts_.disk_pool, patience, std::move(look));
  co_return answer(std::move(found_there));
}

Task<http::Response> DashboardHandler::invalidations(const http::Request& request) {
  const http::Query query = http::parse_query(request.query);
  auto look = [this, project = std::string(http::find(query, "project").value_or(""))]() -> Result<ordered_json> {
    ordered_json list = ordered_json::array();
    if (project.empty()) {
      const auto projects = parts_.invalidations.projects(most_projects);
      if (!projects) return std::unexpected(projects.error());
      for (const auto& known : *projects)
        list.push_back(
            {{"name", known.name}, {"kept", known.kept}, {"latest", known.latest.time_since_epoch().count()}});
      return ordered_json{{"projects", std::move(list)}};
    }
    const auto history = parts_.invalidations.history(project);
    if (!history) return std::unexpected(history.error());
    for (const cache::InvalidationModel& model : *history) list.push_back(summary(model));
    return ordered_json{{"project", project}, {"invalidations", std::move(list)}};
  };
  Result<ordered_json> found_there = co_await run_on(parts_.disk_pool, patience, std::move(look));
  co_return answer(std::move(found_there));
}

}  // namespace imcaxy::server
