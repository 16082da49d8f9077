#include "server/dashboard/json.hpp"

#include <algorithm>

namespace imcaxy::server {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t most_listed = 50;

std::int64_t milliseconds(WallTime time) {
  return time.time_since_epoch().count();
}

ordered_json beginning_of(const std::vector<std::string>& list) {
  ordered_json out = ordered_json::array();
  for (const std::string& text : list)
    if (out.size() < most_listed) out.push_back(text);
  return out;
}

}  // namespace

ordered_json to_json(const Metrics::Pictures& sums) {
  ordered_json by_result;
  for (std::size_t i = 0; i < cache_result_names.size(); ++i)
    by_result[std::string(cache_result_names[i])] = sums.by_result[i];
  return {{"byResult", std::move(by_result)},      {"clientErrors", sums.client_errors},
          {"serverErrors", sums.server_errors},    {"sentBytes", sums.sent_bytes},
          {"originalBytes", sums.original_bytes},  {"comparedBytes", sums.compared_sent_bytes},
          {"imaginaryBytes", sums.imaginary_bytes}};
}

namespace {

ordered_json to_json(const Saving& saving) {
  return {{"answers", saving.answers},
          {"sentBytes", saving.sent_bytes},
          {"originalBytes", saving.original_bytes},
          {"imaginary",
           {{"answers", saving.compared},
            {"sentBytes", saving.compared_sent_bytes},
            {"imaginaryBytes", saving.imaginary_bytes}}}};
}

}  // namespace

ordered_json to_json(const Savings& savings) {
  std::array<Saving, picture_format_names.size()> by_format{};
  std::array<Saving, client_class_names.size()> by_client{};
  std::array<Saving, network_names.size()> by_network{};
  savings.each([&](const PictureKind& kind, const Saving& saving) {
    by_format[static_cast<std::size_t>(kind.format)] += saving;
    by_client[static_cast<std::size_t>(kind.asker.client)] += saving;
    by_network[static_cast<std::size_t>(kind.asker.slow)] += saving;
  });
  const auto named = [](const auto& names, const auto& all) {
    ordered_json out = ordered_json::object();
    for (std::size_t i = 0; i < names.size(); ++i)
      if (all[i].answers > 0) out[std::string(names[i])] = to_json(all[i]);
    return out;
  };
  ordered_json out = to_json(savings.total());
  out["byFormat"] = named(picture_format_names, by_format);
  out["byClient"] = named(client_class_names, by_client);
  out["byNetwork"] = named(network_names, by_network);
  return out;
}

ordered_json to_json(const Sample& sample) {
  return {{"at", milliseconds(sample.at)},
          {"seconds", sample.seconds},
          {"pictures", to_json(sample.pictures)},
          {"total", sample.total},
          {"process", sample.process},
          {"connections", sample.load.connections},
          {"productions", sample.load.productions},
          {"queued", sample.load.queued}};
}

ordered_json to_json(const Activity::Failure& failure) {
  return {{"status", failure.status}, {"message", failure.message},
          {"count", failure.count},   {"last", milliseconds(failure.last)},
          {"target", failure.target}, {"cause", failure.cause},
          {"id", failure.id}};
}

ordered_json to_json(const std::vector<Reading>& readings) {
  ordered_json out = ordered_json::array();
  std::string_view help;
  for (const Reading& r : readings) {
    if (!r.help.empty()) help = r.help;  // the first of a name has it for all
    out.push_back(
        {{"name", r.name}, {"label", r.label_value}, {"help", help}, {"counter", r.counter}, {"value", r.value}});
  }
  return out;
}

ordered_json summary(const cache::InvalidationModel& model) {
  return {{"project", model.project_name},
          {"commit", model.commit_hash},
          {"at", milliseconds(model.date)},
          {"requested", model.requested.size()},
          {"done", model.done.size()},
          {"pictures", model.images.size()},
          {"sources", beginning_of(model.requested)},
          {"error", model.error ? ordered_json(*model.error) : ordered_json()}};
}

ordered_json to_json(const FoundEntry& entry) {
  const cache::EntryMeta& meta = entry.meta;
  const auto header = [&](std::string_view name) -> ordered_json {
    const auto found = std::ranges::find(meta.headers, name, &std::pair<std::string, std::string>::first);
    return found == meta.headers.end() ? ordered_json() : ordered_json(found->second);
  };
  ordered_json tiers = ordered_json::array();
  if (entry.hits) tiers.push_back("memory");
  if (!entry.disk_tier.empty()) tiers.push_back(entry.disk_tier);
  return {{"key", meta.key.hex()},
          {"kind", cache::is_answer(meta) ? "picture" : meta.processor_type},
          {"target", meta.raw_request},
          {"operation", meta.processor_endpoint},
          {"type", meta.mime_type},
          {"width", header(cache::width_header)},
          {"height", header(cache::height_header)},
          {"bytes", entry.body_bytes},
          {"originalBytes", meta.original_bytes},
          {"created", milliseconds(meta.created)},
          {"expires", meta.expires ? ordered_json(milliseconds(*meta.expires)) : ordered_json()},
          {"hits", entry.hits ? ordered_json(*entry.hits) : ordered_json()},
          {"tiers", std::move(tiers)}};
}

std::string dump(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace imcaxy::server
