#include "server/app.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/hash.hpp"
#include "base/worker_pool.hpp"
#include "cache/disk_tier.hpp"
#include "cache/invalidation.hpp"
#include "cache/memory_tier.hpp"
#include "cache/metadata_store.hpp"
#include "http/client.hpp"
#include "image/library.hpp"
#include "proxy/originals.hpp"
#include "proxy/service.hpp"
#include "server/router.hpp"
#include "server/token.hpp"
#include "source/fetcher.hpp"

namespace imcaxy::server {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr std::uint64_t megabyte = 1u << 20;
constexpr unsigned disk_threads = 4;
constexpr std::size_t disk_queue = 4096;

unsigned threads_or_cores(int configured) {
  return configured > 0 ? static_cast<unsigned>(configured) : std::max(1u, std::thread::hardware_concurrency());
}

std::uint64_t originals_bytes(const config::Config& c) {
  return static_cast<std::uint64_t>(c.disk_cache_mb) * megabyte * static_cast<std::uint64_t>(c.originals_percent) / 100;
}

std::uint64_t results_bytes(const config::Config& c) {
  return static_cast<std::uint64_t>(c.disk_cache_mb) * megabyte - originals_bytes(c);
}

http::ServerOptions server_options(const config::Config& c) {
  http::ServerOptions options;
  options.bind = c.bind;
  options.port = static_cast<std::uint16_t>(c.port);
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
  options.fallback_to_original = c.fallback == config::Fallback::original;
  options.limits.max_pixels = static_cast<std::uint64_t>(c.max_source_megapixels * 1e6);
  options.limits.max_frames = static_cast<int>(c.max_frames);
  return options;
}

ImageHandlerOptions image_options(const config::Config& c) {
  return {.allowed_origins = c.allowed_origins, .allowed_domains = c.allowed_domains, .cache_policy = CachePolicy(c.http_cache_ttl)};
}

}  // namespace

/// In the order of their making; they end in the reverse order.
struct App::Services {
  Services(const config::Config& c, std::string admin_token, std::unique_ptr<cache::MetadataStore> store,
           std::unique_ptr<cache::DiskTier> result_tier, std::unique_ptr<cache::DiskTier> original_tier,
           source::AddressPolicy addresses)
      : config(c),
        access_log(c.access_log, c.log_format == config::LogFormat::json ? LogFormat::json : LogFormat::text),
        metadata(std::move(store)),
        results(std::move(result_tier)),
        originals_tier(std::move(original_tier)),
        memory(static_cast<std::uint64_t>(c.memory_cache_mb) * megabyte),
        client(http::ClientOptions{.max_transfers = static_cast<std::size_t>(c.fetch_connections)}),
        fetcher(client, {.max_bytes = static_cast<std::uint64_t>(c.max_source_bytes),
                         .timeout = seconds(c.fetch_timeout_seconds),
                         .addresses = std::move(addresses)}),
        cpu_pool("cpu", threads_or_cores(c.cpu_threads), static_cast<std::size_t>(c.max_in_flight_requests)),
        disk_pool("disk", disk_threads, disk_queue),
        originals(fetcher, *originals_tier, epochs, disk_pool, seconds(c.negative_ttl_seconds), Clock::system()),
        service(service_options(c), memory, *results, epochs, originals, cpu_pool, disk_pool,
                [this](const cache::EntryMeta& meta) { return images.hit_lines(meta); }),
        images(image_options(c), service, metrics),
        invalidation_service(*metadata, epochs, {&memory_purge, results.get(), originals_tier.get()}),
        invalidations(invalidation_service, disk_pool, std::move(admin_token)),
        status(metrics, [this] { return readings(); }),
        router({.path_prefix = c.path_prefix, .max_body_bytes = static_cast<std::uint64_t>(c.max_body_bytes)}, images,
               invalidations, status, metrics, access_log),
        server(server_options(c), router) {}

  std::vector<Reading> readings() const;

  config::Config config;
  Metrics metrics;
  AccessLog access_log;
  cache::Epochs epochs;
  std::unique_ptr<cache::MetadataStore> metadata;
  std::unique_ptr<cache::DiskTier> results, originals_tier;
  cache::MemoryTier memory;
  http::Client client;
  source::Fetcher fetcher;
  WorkerPool cpu_pool, disk_pool;
  proxy::Originals originals;
  proxy::Service service;
  ImageHandler images;
  cache::InvalidationService invalidation_service;
  InvalidationHandler invalidations;
  StatusHandler status;
  Router router;
  http::Server server;
};
