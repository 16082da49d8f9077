#include "server/metrics.hpp"

#include <algorithm>

#include <prometheus/text_serializer.h>

namespace imcaxy::server {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void Metrics::answered(Route route, CacheResult result, unsigned status, std::uint64_t bytes, const Picture& picture,
                       std::chrono::steady_clock::duration took) {
  const auto found = std::ranges::find(statuses, status);
  const std::size_t index =
      found == statuses.end() ? statuses.size() - 1 : static_cast<std::size_t>(found - statuses.begin());
  requests_.add(slot(static_cast<std::size_t>(route), static_cast<std::size_t>(result), index));
  bytes_.add(0, bytes);
  if (picture.original_bytes > 0 && bytes > 0 && status == 200)
    savings_.add(picture.kind, bytes, picture.original_bytes, picture.imaginary_bytes);
  if (route != Route::dashboard) observe(Stage::total, took);  // that stays open for hours
}

void Metrics::observe(Stage stage, std::chrono::duration<double, std::milli> took) {
  const std::size_t first = static_cast<std::size_t>(stage) * cells;
  const auto bound = std::ranges::lower_bound(bounds_ms, took.count());
  durations_.add(first + static_cast<std::size_t>(bound - bounds_ms.begin()));
  durations_.add(first + cells - 1, static_cast<std::uint64_t>(std::max(0.0, took.count() * 1000)));
}

std::uint64_t Metrics::requests() const {
  std::uint64_t total = 0;
  for (std::size_t r = 0; r < cache_result_names.size(); ++r) total += requests(static_cast<CacheResult>(r));
  return total;
}

std::uint64_t Metrics::requests(CacheResult result) const {
  std::uint64_t total = 0;
  for (std::size_t route = 0; route < route_names.size(); ++route)
    for (std::size_t status = 0; status < statuses.size(); ++status)
      total += requests_.sum(slot(route, static_cast<std::size_t>(result), status));
  return total;
}

Metrics::Durations Metrics::durations(Stage stage) const {
  Durations out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = durations_.sum(static_cast<std::size_t>(stage) * cells + i);
  return out;
}

Metrics::Pictures Metrics::pictures() const {
  Pictures out;
  for (const Route route : {Route::imaginary, Route::blob})
    for (std::size_t result = 0; result < cache_result_names.size(); ++result)
      for (std::size_t status = 0; status < statuses.size(); ++status) {
        const std::uint64_t count = requests_.sum(slot(static_cast<std::size_t>(route), result, status));
        if (statuses[status] >= 500) {
          out.server_errors += count;
        } else if (statuses[status] >= 400) {
          out.client_errors += count;
        } else {
          out.by_result[result] += count;
        }
      }
  const Saving saving = savings_.total();
  out.sent_bytes = saving.sent_bytes;
  out.original_bytes = saving.original_bytes;
  out.compared_sent_bytes = saving.compared_sent_bytes;
  out.imaginary_bytes = saving.imaginary_bytes;
  return out;
}

std::string Metrics::text(const std::vector<Reading>& readings) const {
  std::vector<MetricFamily> families;
  add_requests(families);
  add_savings(families);
  add_durations(families);
  for (const Reading& reading : readings) {
    auto family = std::ranges::find(families, reading.name, &MetricFamily::name);
    if (family == families.end())
      family = families.insert(family, {std::string(reading.name),
                                        std::string(reading.help),
                                        reading.counter ? MetricType::Counter : MetricType::Gauge,
                                        {}});
    ClientMetric& metric = family->metric.emplace_back();
    if (!reading.label.empty()) metric.label.push_back({std::string(reading.label), std::string(reading.label_value)});
    (reading.counter ? metric.counter.value : metric.gauge.value) = reading.value;
  }
  return prometheus::TextSerializer().Serialize(families);
}

void Metrics::add_requests(std::vector<MetricFamily>& out) const {
  MetricFamily family{
      "imcaxy_requests_total", "Answers by route, status and where they came from", MetricType::Counter, {}};
  for (std::size_t route = 0; route < route_names.size(); ++route)
    for (std::size_t result = 0; result < cache_result_names.size(); ++result)
      for (std::size_t status = 0; status < statuses.size(); ++status) {
        const std::uint64_t count = requests_.sum(slot(route, result, status));
        if (count == 0) continue;
        ClientMetric& metric = family.metric.emplace_back();
        metric.label = {{"route", std::string(route_names[route])},
                        {"status", statuses[status] ? std::to_string(statuses[status]) : "other"},
                        {"cache", std::string(cache_result_names[result])}};
        metric.counter.value = static_cast<double>(count);
      }
  out.push_back(std::move(family));
  MetricFamily bytes{"imcaxy_sent_bytes_total", "Bytes of bodies that were sent", MetricType::Counter, {}};
  bytes.metric.emplace_back().counter.value = static_cast<double>(bytes_sent());
  out.push_back(std::move(bytes));
}

void Metrics::add_savings(std::vector<MetricFamily>& out) const {
  struct Figure {
    std::string_view name, help;
    std::uint64_t Saving::*value;
  };
  static constexpr Figure figures[] = {
      {"imcaxy_pictures_total", "Whole pictures whose originals are known", &Saving::answers},
      {"imcaxy_picture_bytes_total", "Bytes of those", &Saving::sent_bytes},
      {"imcaxy_picture_original_bytes_total", "Bytes that those were made of: what they would have been",
       &Saving::original_bytes},
      {"imcaxy_compared_pictures_total", "Those of which it is known what plain Imaginary would have sent",
       &Saving::compared},
      {"imcaxy_compared_bytes_total", "Bytes of those that were compared", &Saving::compared_sent_bytes},
      {"imcaxy_compared_imaginary_bytes_total", "Bytes that plain Imaginary would have sent instead of those",
       &Saving::imaginary_bytes}};
  for (const Figure& figure : figures) {
    MetricFamily family{std::string(figure.name), std::string(figure.help), MetricType::Counter, {}};
    savings_.each([&](const PictureKind& kind, const Saving& saving) {
      ClientMetric& metric = family.metric.emplace_back();
      const auto name = [](const auto& names, auto which) {
        return std::string(names[static_cast<std::size_t>(which)]);
      };
      metric.label = {{"format", name(picture_format_names, kind.format)},
                      {"client", name(client_class_names, kind.asker.client)},
                      {"network", name(network_names, kind.asker.slow)}};
      metric.counter.value = static_cast<double>(saving.*figure.value);
    });
    out.push_back(std::move(family));
  }
}

void Metrics::add_durations(std::vector<MetricFamily>& out) const {
  MetricFamily family{"imcaxy_stage_seconds", "Time of whole requests and of their stages", MetricType::Histogram, {}};
  for (std::size_t stage = 0; stage < stage_names.size(); ++stage) {
    ClientMetric& metric = family.metric.emplace_back();
    metric.label = {{"stage", std::string(stage_names[stage])}};
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < bounds_ms.size(); ++i) {
      below += durations_.sum(stage * cells + i);
      metric.histogram.bucket.push_back({below, bounds_ms[i] / 1000});
    }
    below += durations_.sum(stage * cells + bounds_ms.size());
    metric.histogram.bucket.push_back({below, std::numeric_limits<double>::infinity()});
    metric.histogram.sample_count = below;
    metric.histogram.sample_sum = static_cast<double>(durations_.sum(stage * cells + cells - 1)) / 1e6;
  }
  out.push_back(std::move(family));
}

}  // namespace imcaxy::server
