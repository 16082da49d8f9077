#include "server/settings.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/text.hpp"

namespace imcaxy::server {
namespace {

namespace imaginary = processor::imaginary;
using std::chrono::seconds;

Result<proxy::HintOptions> hint_options(const config::Config& c) {
  auto widths = proxy::parse_widths(c.widths);
  if (!widths) return fail(400, "IMCAXY_WIDTHS: " + widths.error().message);
  const auto counts = [&](std::string_view name) {
    return std::ranges::find(c.network_hints, name) != c.network_hints.end();
  };
  return proxy::HintOptions{.widths = std::move(*widths),
                            .snap = c.snap_widths,
                            .save_data = counts("save-data"),
                            .ect = counts("ect"),
                            .downlink = counts("downlink")};
}

/// What counts for requests wherever their answers are made.
Result<void> read_what_requests_mean(const config::Config& c, Given& given) {
  auto policy = source::SourcePolicy::parse(c.allowed_domains, c.allowed_sources);
  if (!policy) return std::unexpected(std::move(policy.error()));
  given.policy = std::move(*policy);
  auto targets = imaginary::parse_quality_targets(c.quality_targets);
  if (!targets)
    return fail(400, fmt::format("IMCAXY_QUALITY_TARGETS={} is not allowed; it has to be {}",
                                 joined(c.quality_targets, ","), targets.error().message));
  given.quality_targets = *targets;
  if (c.answer_deadline_ms > 0) given.deadline = std::chrono::milliseconds(c.answer_deadline_ms);
  auto hints = hint_options(c);
  if (!hints) return std::unexpected(std::move(hints.error()));
  given.hints = std::move(*hints);
  return {};
}

}  // namespace

unsigned threads_or_cores(std::int64_t configured) {
  return configured > 0 ? static_cast<unsigned>(configured) : std::max(1u, std::thread::hardware_concurrency());
}

std::uint64_t originals_bytes(const config::Config& c) {
  return static_cast<std::uint64_t>(c.disk_cache_mb) * megabyte * static_cast<std::uint64_t>(c.originals_percent) / 100;
}

cache::DiskTierOptions results_tier(const config::Config& c, const std::filesystem::path& folder) {
  const std::uint64_t bytes = static_cast<std::uint64_t>(c.disk_cache_mb) * megabyte - originals_bytes(c);
  return {"results", folder / "cache/results", bytes};
}

image::Limits image_limits(const config::Config& c) {
  return {.max_pixels = static_cast<std::uint64_t>(c.max_source_megapixels * 1e6),
          .max_frames = static_cast<int>(c.max_frames)};
}

std::vector<image::Format> auto_formats(const config::Config& c) {
  std::vector<image::Format> formats;
  for (const std::string& name : c.auto_format) {
    const image::Format format = image::from_name(name);
    if (image::is_writable(format)) {
      if (std::ranges::find(formats, format) == formats.end()) formats.push_back(format);
    } else {
      spdlog::warn("IMCAXY_AUTO_FORMAT: this installation can't write {}; it is not offered", name);
    }
  }
  return formats;
}

proxy::ReaderOptions reader_options(const config::Config& c, const Given& given, std::vector<image::Format> offered,
                                    imaginary::Remote* remote) {
  return {.policy = given.policy,
          .forward_headers = c.forward_headers,
          .authorization = c.authorization,
          .forward_authorization = c.enable_auth_forwarding,
          .folder = given.folder,
          .hints = given.hints,
          .auto_formats = remote ? std::vector<image::Format>() : std::move(offered),
          .quality_targets = remote ? std::nullopt : given.quality_targets,
          .deadline = given.deadline,
          .remote = remote};
}

Result<proxy::ReaderOptions> local_reader_options(const config::Config& c) {
  Given given;
  if (auto ok = read_what_requests_mean(c, given); !ok) return std::unexpected(std::move(ok.error()));
  given.deadline.reset();
  return reader_options(c, given, auto_formats(c), nullptr);
}

http::ServerOptions server_options(const config::Config& c) {
  http::ServerOptions options;
  options.bind = c.bind;
  options.port = static_cast<std::uint16_t>(c.port);
  if (!c.tls_cert.empty()) options.tls = http::TlsFiles{c.tls_cert, c.tls_key};
  options.threads = threads_or_cores(c.io_threads);
  options.max_connections = static_cast<std::size_t>(c.max_connections);
  options.limits.max_header_bytes = static_cast<std::uint32_t>(c.max_header_bytes);
  options.limits.max_target_bytes = static_cast<std::size_t>(c.max_target_bytes);
  options.header_timeout = seconds(c.header_timeout_seconds);
  options.idle_timeout = seconds(c.idle_timeout_seconds);
  return options;
}

proxy::ServiceOptions service_options(const config::Config& c) {
  proxy::ServiceOptions options;
  options.max_in_flight = static_cast<std::size_t>(c.max_in_flight_requests);
  options.request_timeout = seconds(c.request_timeout_seconds);
  options.negative_ttl = seconds(c.negative_ttl_seconds);
  options.ttl = seconds(c.cache_ttl);
  options.fallback_to_original = c.fallback == "original";
  options.limits = image_limits(c);
  return options;
}

GateOptions gate_options(const config::Config& c) {
  return {.api_key = c.api_key,
          .url_signature_key = c.url_signature_key,
          .disabled_endpoints = c.disable_endpoints,
          .requests_per_second = c.concurrency,
          .burst = c.burst,
          .path_prefix = c.path_prefix};
}

ImageHandlerOptions image_options(const config::Config& c, const Given& given) {
  return {.allowed_origins = c.allowed_origins,
          .cache_policy = CachePolicy(c.http_cache_ttl),
          .cache_tags = c.cache_tags,
          .return_size = c.return_size,
          .placeholder = given.placeholder,
          .placeholder_status = static_cast<int>(c.placeholder_status)};
}

proxy::OriginalsOptions originals_options(const config::Config& c, const Given& given) {
  return {.negative_ttl = seconds(c.negative_ttl_seconds),
          .freshness = given.freshness,
          .blob_ttl = seconds(c.image_proxy_revalidate_seconds),
          .fetch_limit = seconds(std::max(c.fetch_timeout_seconds, c.image_proxy_fetch_timeout_seconds) + 30),
          .folder = given.folder,
          .max_file_bytes = static_cast<std::uint64_t>(c.max_source_bytes)};
}

RouterOptions router_options(const config::Config& c) {
  return {.path_prefix = c.path_prefix, .max_body_bytes = static_cast<std::uint64_t>(c.max_body_bytes)};
}

Result<Given> read_given(const config::Config& c) {
  Given given;
  if (auto ok = Gate::check(gate_options(c)); !ok) return std::unexpected(std::move(ok.error()));
  if (auto ok = read_what_requests_mean(c, given); !ok) return std::unexpected(std::move(ok.error()));
  auto freshness = source::FreshnessRules::parse(
      c.freshness_rules,
      {seconds(c.cache_ttl), seconds(c.stale_while_revalidate_seconds), seconds(c.stale_if_error_seconds)});
  if (!freshness) return fail(400, "IMCAXY_FRESHNESS_RULES: " + freshness.error().message);
  given.freshness = std::move(*freshness);
  if (!c.mount.empty()) {
    auto folder = source::Folder::open(c.mount);
    if (!folder) return std::unexpected(std::move(folder.error()));
    given.folder = std::move(*folder);
  }
  if (!c.placeholder.empty()) {
    auto placeholder = Placeholder::open(c.placeholder, image_limits(c));
    if (!placeholder) return std::unexpected(std::move(placeholder.error()));
    given.placeholder = std::move(*placeholder);
  }
  return given;
}

}  // namespace imcaxy::server
