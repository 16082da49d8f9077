#include "server/blob_proxy.hpp"

#include <fstream>

#include <spdlog/spdlog.h>

#include "base/file.hpp"
#include "proxy/coves_cache.hpp"

namespace imcaxy::server {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t megabyte = 1u << 20, gigabyte = 1u << 30;
constexpr std::size_t most_preset_bytes = 1u << 20;
constexpr std::size_t own_queue = 1024;
/// Names the folder whose pictures were taken over: what was purged since must not come back from there.
constexpr const char* taken_over = "coves-taken-over";

Result<processor::atproto::Presets> read_presets(const std::string& value) {
  const auto named = [](Error error) {
    return fail(400, "IMAGE_PROXY_PRESETS: " + error.message, std::move(error.cause));
  };
  std::string text = value;
  const bool toml = value.ends_with(".toml");
  if (toml || value.ends_with(".json")) {
    auto content = read_file(value, most_preset_bytes);
    if (content && toml) content = processor::atproto::presets_of_toml(*content);
    if (!content) return named(std::move(content.error()));
    text = std::move(*content);
  }
  auto presets = processor::atproto::parse_presets(text);
  if (!presets) return named(std::move(presets.error()));
  return presets;
}

proxy::ServiceOptions service_options(const config::Config& c) {
  proxy::ServiceOptions options;
  options.max_in_flight = static_cast<std::size_t>(c.image_proxy_max_in_flight_requests);
  options.request_timeout = seconds(c.request_timeout_seconds);
  options.negative_ttl = seconds(c.negative_ttl_seconds);
  options.ttl = seconds(c.image_proxy_revalidate_seconds);
  options.fallback_to_original = false;  // strangers' bytes are never served as they came
  options.limits.max_pixels = static_cast<std::uint64_t>(c.image_proxy_max_source_megapixels * 1e6);
  options.limits.max_frames = static_cast<int>(c.max_frames);
  return options;
}

CdnPurgeOptions purge_options(const config::Config& c) {
  if (!c.image_proxy_cdn_purge) return {};
  std::string url = c.image_proxy_cdn_url.empty() ? c.image_proxy_base_url : c.image_proxy_cdn_url;
  while (url.ends_with('/')) url.pop_back();
  return {std::move(url), c.image_proxy_cdn_purge_header};
}

bool was_taken_over(const BlobStorage& storage, const std::string& folder) {
  const auto marked = read_file((storage.folder / taken_over).string(), 65536);
  return marked && *marked == folder;
}

void take_over(const std::stop_token& stop, BlobStorage& storage, cache::Epochs& epochs, const std::string& folder) {
  spdlog::info("taking over the pictures in {}", folder);
  const auto sum = proxy::take_over_coves(folder, storage.presets, *storage.blocks, *storage.pictures, epochs, stop);
  if (!sum)
    return spdlog::error("{} ({}); it is tried again at the next start", sum.error().message, sum.error().cause);
  if (stop.stop_requested()) return spdlog::info("taking over goes on at the next start");
  std::ofstream(storage.folder / taken_over) << folder;
  spdlog::info("{} pictures taken over from {}, {} were here already, {} skipped", sum->taken, folder, sum->known,
               sum->skipped);
}

}  // namespace

bool serves_blobs(const config::Config& c) {
  if (c.image_proxy_enabled != "auto") return c.image_proxy_enabled == "true" || c.image_proxy_enabled == "1";
  return c.allowed_domains.empty() && c.allowed_sources.empty() && c.api_key.empty() && c.url_signature_key.empty();
}

BlobSources::BlobSources(const config::Config& c, const cache::BlockList& blocks, http::Client& client,
                         WorkerPool& disk_pool)
    : resolver({.plc_url = c.image_proxy_plc_url, .fresh = seconds(c.image_proxy_identity_ttl_seconds)}, client),
      fetcher({.max_bytes = static_cast<std::uint64_t>(c.image_proxy_max_source_size_mb) * megabyte,
               .timeout = seconds(c.image_proxy_fetch_timeout_seconds),
               .hosts = {.at_a_time = static_cast<std::size_t>(c.image_proxy_fetches_per_host)},
               .is_blocked =
                   [&blocks](const atproto::Blob& blob) { return blocks.contains(blob.owner.text, blob.cid.text); }},
              resolver, client, disk_pool) {}

Result<BlobStorage> BlobStorage::open(const config::Config& c, const std::filesystem::path& folder,
                                      cache::IndexStore& index) {
  auto presets = read_presets(c.image_proxy_presets);
  if (!presets) return std::unexpected(std::move(presets.error()));
  const auto bytes = static_cast<std::uint64_t>(c.image_proxy_cache_max_gb * static_cast<double>(gigabyte));
  auto pictures =
      cache::DiskTier::open({"blobs", folder / "cache/blobs", bytes, hours(24 * c.image_proxy_cache_ttl_days)}, index);
  if (!pictures) return std::unexpected(std::move(pictures.error()));
  auto blocks = cache::BlockList::open(folder / "blocks.db");
  if (!blocks) return std::unexpected(std::move(blocks.error()));
  return BlobStorage{folder, std::move(*presets), std::move(*pictures), std::move(*blocks)};
}

BlobProxy::BlobProxy(const Shared& s, BlobSources& from, BlobStorage& stored)
    : sources(from),
      storage(stored),
      service(service_options(s.config), s.memory, *storage.pictures, s.epochs, s.originals, s.mezzanine,
              s.config.image_proxy_max_concurrent_processes > 0
                  ? own_cpu_pool.emplace("blobs", static_cast<unsigned>(s.config.image_proxy_max_concurrent_processes),
                                         own_queue)
                  : s.cpu_pool,
              s.disk_pool, s.sharing, [this](const cache::EntryMeta& meta) { return pictures.hit_lines(meta); }),
      reader({.presets = storage.presets,
              .auto_formats = s.auto_formats,
              .allow_localhost = s.addresses.allows(asio::ip::address_v4::loopback())}),
      pictures(reader, *storage.blocks, service, s.metrics,
               {.blocked_status = s.config.image_proxy_blocked_status == "451" ? 451 : 404,
                .cache_tags = s.config.cache_tags}),
      cdn(purge_options(s.config), s.client),
      moderation({.authorized = [&invalidations = s.invalidations](
                                    const http::Request& request) { return invalidations.authorized(request); },
                  .path_prefix = s.config.path_prefix},
                 reader, *storage.blocks, s.block_writer, s.invalidation_service, cdn, s.disk_pool) {
  if (s.config.image_proxy_cleanup_interval_minutes > 0)
    cleanup.emplace(minutes(s.config.image_proxy_cleanup_interval_minutes),
                    [this] { storage.pictures->remove_expired(); });
  const std::string& old = s.config.image_proxy_cache_path;
  if (old.empty() || was_taken_over(storage, old)) return;
  take_over = std::jthread(
      [this, &epochs = s.epochs, old](const std::stop_token& stop) { server::take_over(stop, storage, epochs, old); });
}

void BlobProxy::read(std::vector<Reading>& out) const {
  const auto add = [&](bool counter, std::string_view name, std::string_view help, auto value,
                       std::string_view label = {}, std::string_view label_value = {}) {
    out.push_back({name, help, counter, static_cast<double>(value), label, label_value});
  };
  const cache::DiskTierStats kept = storage.pictures->stats();
  const proxy::ServiceStats& made = service.stats();
  const atproto::ResolverStats& identities = sources.resolver.stats();
  const atproto::BlobFetcherStats& blobs = sources.fetcher.stats();
  add(false, "imcaxy_cache_bytes", "", kept.bytes, "tier", "blobs");
  add(false, "imcaxy_cache_entries", "", kept.entries, "tier", "blobs");
  add(false, "imcaxy_productions", "", made.in_flight.load(), "kind", "blobs");
  add(true, "imcaxy_cache_evictions_total", "", kept.evictions, "tier", "blobs");
  add(true, "imcaxy_cache_expirations_total", "", kept.expirations, "tier", "blobs");
  add(true, "imcaxy_cache_damaged_total", "", kept.damaged, "tier", "blobs");
  add(true, "imcaxy_cache_write_errors_total", "", kept.write_errors, "tier", "blobs");
  add(true, "imcaxy_blobs_processed_total", "Pictures of AT Protocol accounts that were processed",
      made.processed.load());
  add(true, "imcaxy_blobs_coalesced_total", "Requests for them that joined a running production",
      made.coalesced.load());
  add(true, "imcaxy_blobs_asked_total", "Requests to the servers of accounts", blobs.asked.load());
  add(true, "imcaxy_blobs_wrong_total", "Blobs whose bytes were not those of their CID", blobs.wrong_bytes.load());
  add(true, "imcaxy_blobs_refused_total", "Times that a server was too busy", blobs.refused.load());
  add(true, "imcaxy_identity_lookups_total", "Questions to directories where an account is", identities.lookups.load());
  add(true, "imcaxy_identity_failures_total", "Those that were not answered, or by a no", identities.failed.load());
  add(false, "imcaxy_blocks", "Accounts and blobs that are blocked", storage.blocks->list().size());
}

}  // namespace imcaxy::server
