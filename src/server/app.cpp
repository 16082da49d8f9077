#include "server/app.hpp"

#include <algorithm>
#include <cstdlib>
#include <thread>

#include <spdlog/spdlog.h>

#include "base/text.hpp"
#include "base/worker_pool.hpp"
#include "cache/disk_tier.hpp"
#include "cache/invalidation.hpp"
#include "cache/memory_tier.hpp"
#include "http/client.hpp"
#include "image/library.hpp"
#include "proxy/imaginary_sizes.hpp"
#include "proxy/mezzanine.hpp"
#include "proxy/optimiser.hpp"
#include "proxy/originals.hpp"
#include "proxy/service.hpp"
#include "server/blob_proxy.hpp"
#include "server/dashboard/handler.hpp"
#include "server/data_dir.hpp"
#include "server/gate.hpp"
#include "server/open_codec.hpp"
#include "server/placeholder.hpp"
#include "server/playground/handler.hpp"
#include "server/remote.hpp"
#include "server/router.hpp"
#include "server/scale_out.hpp"
#include "server/settings.hpp"
#include "server/token.hpp"
#include "server/upkeep.hpp"
#include "server/web/pages.hpp"
#include "source/fetcher.hpp"

namespace imcaxy::server {
namespace {

namespace imaginary = processor::imaginary;
using std::chrono::seconds;

constexpr unsigned disk_threads = 4;
/// For what was cut off to end.
constexpr auto grace = std::chrono::seconds(5);
constexpr auto upkeep_pause = std::chrono::minutes(1);
constexpr auto remote_check_pause = seconds(5);
constexpr std::size_t disk_queue = 4096;

/// At a time, for smaller answers: as many cores as that may be idle at least when nobody waits.
unsigned searches() {
  constexpr unsigned most = 4;
  return std::clamp(std::thread::hardware_concurrency(), 1u, most);
}

/// Null: pictures are processed here.
std::unique_ptr<imaginary::Remote> open_remote(const config::Config& c) {
  if (c.imaginary_service_url.empty()) return nullptr;
  return std::make_unique<imaginary::Remote>(remote_options(c));
}

struct Storage {
  std::unique_ptr<DataDir> folder;
  std::string token;
  std::unique_ptr<cache::IndexStore> index;
  std::unique_ptr<cache::InvalidationStore> invalidations;
  std::unique_ptr<cache::DiskTier> results, originals;
  AddressPolicy addresses;
  std::optional<BlobStorage> blobs;
  std::unique_ptr<cluster::Cluster> cluster;  // null where this node is alone
};

/// Everything that an invalidation empties, in the order in which they are made of each other: of this node, and what
/// it shares with the others.
std::vector<cache::Purgeable*> places_of(const Storage& storage, cache::MemoryTier& memory, bool with_shared) {
  std::vector<cache::Purgeable*> places{storage.originals.get()};
  if (with_shared && storage.cluster) places.push_back(&storage.cluster->tier());
  places.push_back(storage.results.get());
  if (storage.blobs) places.push_back(storage.blobs->pictures.get());
  places.push_back(&memory);
  return places;
}

Result<Storage> open_storage(const config::Config& c) {
  Storage s;
  // `keep` moves a Result's value to its place and tells whether it had one.
  Error error;
  const auto keep = [&](auto& place, auto&& opened) {
    if (!opened) {
      error = std::move(opened.error());
      return false;
    }
    place = std::move(*opened);
    return true;
  };
  if (!keep(s.addresses, AddressPolicy::parse(c.allow_private_sources)) || !keep(s.folder, DataDir::open(c.data_dir)))
    return std::unexpected(std::move(error));
  const std::filesystem::path& path = s.folder->path();
  s.token = c.invalidate_security_token;
  const bool ok =
      (!s.token.empty() || keep(s.token, keep_token(path))) &&
      keep(s.index, cache::IndexStore::open(path / "index.db")) &&
      keep(s.invalidations, cache::InvalidationStore::open(path / "invalidations.db")) &&
      keep(s.results, cache::DiskTier::open(results_tier(c, path), *s.index)) &&
      keep(s.originals, cache::DiskTier::open({"originals", path / "cache/originals", originals_bytes(c)}, *s.index)) &&
      (!serves_blobs(c) || keep(s.blobs, BlobStorage::open(c, path, *s.index))) &&
      (!config::scales_out(c) || keep(s.cluster, cluster::Cluster::open(cluster_options(c), path)));
  if (!ok) return std::unexpected(std::move(error));
  return s;
}

}  // namespace

/// In the order of their making; they end in the reverse order.
struct App::Services {
  Services(const config::Config& c, const Given& given, Storage opened)
      : config(c),
        access_log(c.log_level == "debug" || c.log_level == "info" ? c.access_log : "",
                   c.log_format == "json" ? LogFormat::json : LogFormat::text),
        storage(std::move(opened)),
        codec(c),
        memory(static_cast<std::uint64_t>(c.memory_cache_mb) * megabyte),
        client({.max_transfers = static_cast<std::size_t>(c.fetch_connections), .addresses = storage.addresses}),
        fetcher(client, {.max_bytes = static_cast<std::uint64_t>(c.max_source_bytes),
                         .timeout = seconds(c.fetch_timeout_seconds),
                         .policy = given.policy}),
        cpu_pool("cpu", threads_or_cores(c.cpu_threads), static_cast<std::size_t>(c.max_in_flight_requests)),
        disk_pool("disk", disk_threads, disk_queue),
        purger_of_this_node(epochs, places_of(storage, memory, false)),
        purger(epochs, places_of(storage, memory, true)),
        sharing(begin_to_share()),
        blob_sources(storage.blobs ? std::make_unique<BlobSources>(c, *storage.blobs->blocks, client, disk_pool)
                                   : nullptr),
        originals(originals_options(c, given), fetcher, blob_sources ? &blob_sources->fetcher : nullptr,
                  *storage.originals, epochs, disk_pool),
        mezzanine({.enabled = c.mezzanine, .limits = image_limits(c)}, originals, *storage.originals, epochs, cpu_pool,
                  disk_pool),
        optimiser({.enabled = c.optimiser, .limits = image_limits(c), .searches = searches()},
                  {memory, *storage.results, epochs, originals, cpu_pool, sharing,
                   [this](const cache::EntryMeta& meta) { return images.hit_lines(meta); }}),
        service(service_options(c), memory, *storage.results, epochs, originals, mezzanine, cpu_pool, disk_pool,
                sharing, [this](const cache::EntryMeta& meta) { return images.hit_lines(meta); }),
        remote(open_remote(c)),
        reader(reader_options(c, given, offered, remote.get())),
        gate(gate_options(c)),
        sizes(image_limits(c), reader, memory, originals, cpu_pool),
        images(image_options(c, given), reader, gate, service, sizes, metrics),
        invalidation_service(records(), purger, storage.cluster ? &storage.cluster->others() : nullptr),
        invalidations(invalidation_service, disk_pool, storage.token),
        blobs(storage.blobs ? std::make_unique<BlobProxy>(shared_with_blobs(), *blob_sources, *storage.blobs)
                            : nullptr),
        status(
            metrics, [this] { return readings(); }, [this] { return missing(); }),
        pages(web_files(), c.playground),
        history(metrics),
        dashboard(dashboard_parts()),
        playground(reader, gate, service),
        router(router_options(c), handlers(), metrics, access_log),
        server(server_options(c), router),
        ticker(History::pause,
               [this] {
                 metrics.activity().tick();
                 history.tick(load());
                 sizes.tick();
               }),
        upkeep(upkeep_pause, [this] {
          for (cache::DiskTier* tier : {storage.results.get(), storage.originals.get()}) tier->remove_expired();
        }) {
    service.set_optimiser(&optimiser);
    if (remote)
      remote_watch.emplace(
          remote_check_pause, [this] { check_remote(); }, Upkeep::First::now);
  }

  BlobProxy::Shared shared_with_blobs() {
    cache::BlockWriter* const writer = storage.cluster ? &storage.cluster->blocks() : nullptr;
    return {config,
            storage.addresses,
            offered,
            memory,
            epochs,
            originals,
            mezzanine,
            cpu_pool,
            disk_pool,
            client,
            sharing,
            writer ? *writer : *storage.blobs->blocks,
            invalidation_service,
            invalidations,
            metrics};
  }
  /// After what the other nodes did while this one was away has been applied here.
  cluster::Sharing* begin_to_share() {
    if (!storage.cluster) return nullptr;
    storage.cluster->start(purger_of_this_node, storage.blobs ? storage.blobs->blocks.get() : nullptr);
    return &storage.cluster->sharing();
  }
  /// Of all nodes, where there are others.
  cache::InvalidationRecords& records() {
    if (storage.cluster) return storage.cluster->records();
    return *storage.invalidations;
  }
  DashboardParts dashboard_parts() {
    std::vector<cache::DiskTier*> tiers{storage.results.get(), storage.originals.get()};
    if (storage.blobs) tiers.push_back(storage.blobs->pictures.get());
    return {.metrics = metrics,
            .history = history,
            .readings = [this] { return readings(); },
            .memory = memory,
            .disk_tiers = std::move(tiers),
            .invalidations = records(),
            .door = invalidations,
            .disk_pool = disk_pool,
            .memory_limit = static_cast<std::uint64_t>(config.memory_cache_mb) * megabyte,
            .disk_limit = static_cast<std::uint64_t>(config.disk_cache_mb) * megabyte};
  }
  Handlers handlers() {
    return {images,
            blobs ? &blobs->pictures : nullptr,
            blobs ? &blobs->moderation : nullptr,
            invalidations,
            status,
            pages,
            dashboard,
            config.playground ? &playground : nullptr};
  }
  Load load() const;
  std::vector<Reading> readings() const;
  /// Parts that the server does without just now.
  std::vector<std::string> missing() const;
  void check_remote();
  bool wait_until_idle(std::chrono::steady_clock::time_point deadline) const;

  const config::Config config;
  const std::vector<image::Format> offered = auto_formats(config);
  Metrics metrics;
  AccessLog access_log;
  cache::Epochs epochs;
  Storage storage;
  CodecInUse codec;
  cache::MemoryTier memory;
  http::Client client;
  source::Fetcher fetcher;
  WorkerPool cpu_pool, disk_pool;
  cache::Purger purger_of_this_node, purger;
  cluster::Sharing* const sharing;            // null where this node is alone
  std::unique_ptr<BlobSources> blob_sources;  // null without AT Protocol
  proxy::Originals originals;
  proxy::Mezzanine mezzanine;
  proxy::Optimiser optimiser;
  proxy::Service service;
  std::unique_ptr<imaginary::Remote> remote;  // null when pictures are processed here
  const proxy::RequestReader reader;
  Gate gate;
  proxy::ImaginarySizes sizes;
  ImageHandler images;
  cache::InvalidationService invalidation_service;
  InvalidationHandler invalidations;
  std::unique_ptr<BlobProxy> blobs;  // null without AT Protocol
  StatusHandler status;
  const WebPages pages;
  History history;
  DashboardHandler dashboard;
  PlaygroundHandler playground;
  Router router;
  http::Server server;
  Upkeep ticker;
  Upkeep upkeep;
  bool last_check_went_well = true;  // of the watch's thread alone
  std::optional<Upkeep> remote_watch;
};

bool App::Services::wait_until_idle(std::chrono::steady_clock::time_point deadline) const {
  const auto idle = [this] { return service.idle() && originals.idle() && (!blobs || blobs->idle()); };
  while (!idle() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return idle();
}

std::vector<std::string> App::Services::missing() const {
  std::vector<std::string> out;
  if (remote && !remote->in_order()) out.emplace_back("the image processor (IMCAXY_IMAGINARY_SERVICE_URL)");
  if (storage.cluster)
    for (const cluster::Trouble& trouble : storage.cluster->troubles())
      out.push_back(trouble.part + ": " + trouble.text);
  return out;
}

/// Told when it changes.
void App::Services::check_remote() {
  const auto checked = remote->check();
  if (!checked && checked.error().status == 503) return;  // this server is stopping
  const bool went_well = std::exchange(last_check_went_well, checked.has_value());
  if (checked && !went_well) spdlog::info("the image processor answers again");
  if (!checked && went_well)
    spdlog::warn("{}. Until then hits are served, and originals instead of other pictures", checked.error().message);
}

Load App::Services::load() const {
  const std::int64_t blobs_in_flight = blobs ? blobs->service.stats().in_flight.load() : 0;
  const std::int64_t productions =
      service.stats().in_flight.load() + originals.stats().running.load() + blobs_in_flight;
  return {.connections = server.connections(),
          .productions = static_cast<std::uint64_t>(productions),
          .queued = cpu_pool.queued() + disk_pool.queued()};
}

std::vector<Reading> App::Services::readings() const {
  std::vector<Reading> out;
  const auto number = [](auto value) { return static_cast<double>(value); };
  const auto gauge = [&](std::string_view name, std::string_view help, auto value, std::string_view label = {},
                         std::string_view label_value = {}) {
    out.push_back({name, help, false, number(value), label, label_value});
  };
  const auto counter = [&](std::string_view name, std::string_view help, auto value, std::string_view label = {},
                           std::string_view label_value = {}) {
    out.push_back({name, help, true, number(value), label, label_value});
  };
  const cache::MemoryTierStats in_memory = memory.stats();
  const cache::DiskTierStats results = storage.results->stats(), stored_originals = storage.originals->stats();
  const proxy::ServiceStats& s = service.stats();
  const proxy::OriginalsStats& o = originals.stats();
  const proxy::MezzanineStats& m = mezzanine.stats();
  const proxy::OptimiserStats& z = optimiser.stats();

  gauge("imcaxy_connections", "Open connections of clients", server.connections());
  gauge("imcaxy_productions", "Pictures that are being made, or wait to be", s.in_flight.load(), "kind", "results");
  gauge("imcaxy_productions", "", o.running.load(), "kind", "originals");
  gauge("imcaxy_readers", "Requests that wait for a picture that is being made", s.readers.load());
  gauge("imcaxy_queue_length", "Tasks that wait for a thread", cpu_pool.queued(), "pool", "cpu");
  gauge("imcaxy_queue_length", "", disk_pool.queued(), "pool", "disk");
  gauge("imcaxy_fetches", "Downloads under way", client.stats().running.load());
  gauge("imcaxy_source_buffered_bytes", "Bytes of sources in memory", client.buffered_bytes());
  gauge("imcaxy_cache_bytes", "Bytes by tier", in_memory.bytes, "tier", "memory");
  gauge("imcaxy_cache_bytes", "", results.bytes, "tier", "disk");
  gauge("imcaxy_cache_bytes", "", stored_originals.bytes, "tier", "originals");
  gauge("imcaxy_cache_entries", "Entries by tier", in_memory.entries, "tier", "memory");
  gauge("imcaxy_cache_entries", "", results.entries, "tier", "disk");
  gauge("imcaxy_cache_entries", "", stored_originals.entries, "tier", "originals");
  gauge("imcaxy_vips_memory_bytes", "Pixels that libvips holds", image::memory_bytes());
  if (const codec::Stats* jobs = codec.stats()) {
    counter("imcaxy_codec_jobs_total", "Pictures that were given to imcaxy-codec, once to look and once to decode",
            jobs->jobs.load());
    counter("imcaxy_codec_failures_total", "Such jobs that made no picture", jobs->failures.load());
    counter("imcaxy_codec_killed_total", "Processes of imcaxy-codec that were ended for what they took or tried",
            jobs->killed.load());
  }

  counter("imcaxy_cache_evictions_total", "Entries that left for others", in_memory.evictions, "tier", "memory");
  counter("imcaxy_cache_evictions_total", "", results.evictions, "tier", "disk");
  counter("imcaxy_cache_evictions_total", "", stored_originals.evictions, "tier", "originals");
  counter("imcaxy_cache_expirations_total", "Entries whose time was over", results.expirations, "tier", "disk");
  counter("imcaxy_cache_expirations_total", "", stored_originals.expirations, "tier", "originals");
  counter("imcaxy_cache_damaged_total", "Entries that were dropped because their bytes were wrong", results.damaged,
          "tier", "disk");
  counter("imcaxy_cache_damaged_total", "", stored_originals.damaged, "tier", "originals");
  counter("imcaxy_cache_write_errors_total", "Entries that could not be written", results.write_errors, "tier", "disk");
  counter("imcaxy_cache_write_errors_total", "", stored_originals.write_errors, "tier", "originals");
  counter("imcaxy_processed_total", "Pictures that were processed", s.processed.load());
  counter("imcaxy_coalesced_total", "Requests that joined a running production", s.coalesced.load());
  counter("imcaxy_overloaded_total", "Requests that were refused because too much was running", s.overloaded.load());
  counter("imcaxy_restarted_total", "Productions that began again after an invalidation", s.restarted.load());
  counter("imcaxy_fallbacks_total", "Originals that were served because they could not be processed",
          s.fallbacks.load());
  counter("imcaxy_originals_total", "Originals by where they came from", o.fetched.load(), "from", "source");
  counter("imcaxy_originals_total", "", o.disk_hits.load(), "from", "disk");
  counter("imcaxy_originals_total", "", o.shared.load(), "from", "running fetch");
  counter("imcaxy_mezzanine_made_total", "Reduced forms of large sources that were made", m.made.load());
  counter("imcaxy_mezzanine_used_total", "Answers that were made of a reduced form", m.used.load());
  counter("imcaxy_mezzanine_failed_total", "Large sources of which no reduced form could be made", m.failed.load());
  counter("imcaxy_imaginary_sizes_total", "Answers that plain Imaginary would have given, by what came of them",
          sizes.stats().measured.load(), "result", "measured");
  counter("imcaxy_imaginary_sizes_total", "", sizes.stats().failed.load(), "result", "unknown");
  gauge("imcaxy_optimiser_running", "Answers for which a smaller form is searched for just now", z.running.load());
  gauge("imcaxy_optimiser_waiting", "Answers that wait for an idle moment to be searched for", optimiser.waiting());
  counter("imcaxy_optimiser_replaced_total", "Answers that gave way to one that a search had found", z.replaced.load());
  gauge("imcaxy_optimiser_saved_bytes", "Bytes by which these are smaller now",
        number(z.bytes_before.load()) - number(z.bytes_after.load()));
  constexpr std::string_view skipped = "imcaxy_optimiser_skipped_total";
  counter(skipped, "Answers that stayed as they are, and why", z.nothing_smaller.load(), "why", "nothing smaller");
  counter(skipped, "", z.not_searchable.load(), "why", "not searchable");
  counter(skipped, "", z.no_original.load(), "why", "no original");
  counter(skipped, "", z.overtaken.load(), "why", "overtaken");
  counter(skipped, "", z.at_another_node.load(), "why", "at another node");
  counter(skipped, "", z.failed.load(), "why", "failed");
  counter("imcaxy_revalidations_total", "Questions to sources whether their picture still holds", o.unchanged.load(),
          "result", "unchanged");
  counter("imcaxy_revalidations_total", "", o.changed.load(), "result", "changed");
  counter("imcaxy_revalidations_total", "", o.unanswered.load(), "result", "failed");
  counter("imcaxy_stale_answers_total", "Answers that were served after their time", s.stale_while_revalidate.load(),
          "why", "revalidating");
  counter("imcaxy_stale_answers_total", "", s.stale_if_error.load(), "why", "error");
  counter("imcaxy_hurried_answers_total", "Answers in a quicker format, until the best one is made", s.hurried.load());
  counter("imcaxy_source_errors_total", "Originals that could not be fetched", o.failed.load());
  counter("imcaxy_source_retries_total", "Downloads that were tried again on a new connection",
          client.stats().retries.load());
  if (remote) {
    const imaginary::RemoteStats& r = remote->stats();
    constexpr std::string_view requests = "imcaxy_imaginary_requests_total";
    counter(requests, "Requests for the remote Imaginary by their end", r.answered.load(), "end", "answered");
    counter(requests, "", r.refused.load(), "end", "refused");
    counter(requests, "", r.failed.load(), "end", "failed");
    counter("imcaxy_imaginary_left_alone_total", "Those that failed because it had failed time after time",
            r.left_alone.load());
    counter("imcaxy_imaginary_sent_bytes_total", "Bytes of pictures for the remote Imaginary", r.bytes_sent.load());
    counter("imcaxy_imaginary_received_bytes_total", "Bytes of its answers", r.bytes_received.load());
    gauge("imcaxy_imaginary_requests", "Requests that the remote Imaginary works on", r.running.load());
    gauge("imcaxy_imaginary_up", "Whether the remote Imaginary answers", remote->in_order() ? 1 : 0);
  }
  if (blobs) blobs->read(out);
  if (storage.cluster) read_figures(*storage.cluster, out);
  return out;
}

Result<std::unique_ptr<App>> App::open(const config::Config& config) {
  if (auto started = image::start({.linear_light = config.light == "linear"}); !started)
    return std::unexpected(std::move(started.error()));
  const auto given = read_given(config);
  if (!given) return std::unexpected(given.error());
  auto storage = open_storage(config);
  if (!storage) return std::unexpected(std::move(storage.error()));
  try {
    return std::unique_ptr<App>(new App(std::make_unique<Services>(config, *given, std::move(*storage))));
  } catch (const spdlog::spdlog_ex& e) {
    return fail(500, "the access log can't be opened: make IMCAXY_ACCESS_LOG writable or choose another", e.what());
  }
}

App::App(std::unique_ptr<Services> services) : services_(std::move(services)) {}

App::~App() {
  stop();
}

Result<void> App::start() {
  auto started = services_->server.start();
  if (started) services_->status.set_ready(true);
  return started;
}

std::uint16_t App::port() const {
  return services_->server.port();
}

void App::stop() {
  if (stopped_) return;
  stopped_ = true;
  Services& s = *services_;
  s.status.set_ready(false);
  s.dashboard.stop();
  const auto deadline = std::chrono::steady_clock::now() + seconds(s.config.shutdown_timeout_seconds);
  s.server.drain(deadline);
  // What was started is stored, also when nobody waits for it any more.
  s.wait_until_idle(deadline);
  // What is left ends with an error, while the loops that it ends on are still there.
  s.client.stop();
  if (s.remote) s.remote->stop();
  s.remote_watch.reset();
  s.cpu_pool.stop();
  s.optimiser.stop();
  if (s.blobs) s.blobs->stop();
  if (s.storage.cluster) s.storage.cluster->stop();
  s.wait_until_idle(std::chrono::steady_clock::now() + grace);
  s.disk_pool.stop();
  if (!s.wait_until_idle(std::chrono::steady_clock::now() + grace)) {
    spdlog::critical("{} productions did not end; leaving without them", s.service.stats().in_flight.load());
    spdlog::shutdown();
    std::_Exit(EXIT_FAILURE);
  }
  s.server.stop();
}

void App::reopen_logs() {
  services_->access_log.reopen();
}

void App::reload_certificate() {
  const auto loaded = services_->server.reload_certificate();
  if (!loaded) spdlog::error("the certificate was not loaded again, the old one stays: {}", loaded.error().message);
}

}  // namespace imcaxy::server
