// The AT Protocol proxy with all that belongs to it alone; what it shares with the image API it is given.
#pragma once

#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "atproto/blob_fetcher.hpp"
#include "atproto/resolver.hpp"
#include "base/worker_pool.hpp"
#include "cache/block_list.hpp"
#include "cache/disk_tier.hpp"
#include "cache/epochs.hpp"
#include "cache/index_store.hpp"
#include "cache/invalidation.hpp"
#include "cache/memory_tier.hpp"
#include "config/config.hpp"
#include "http/client.hpp"
#include "proxy/blob_request.hpp"
#include "proxy/mezzanine.hpp"
#include "proxy/originals.hpp"
#include "proxy/service.hpp"
#include "server/blob_handler.hpp"
#include "server/cdn_purge.hpp"
#include "server/invalidation_handler.hpp"
#include "server/metrics.hpp"
#include "server/moderation_handler.hpp"
#include "server/upkeep.hpp"

namespace imcaxy::server {

/// Whether `/img/` is there at all.
bool serves_blobs(const config::Config& config);

/// Where blobs come from.
struct BlobSources {
  BlobSources(const config::Config& config, const cache::BlockList& blocks, http::Client& client,
              WorkerPool& disk_pool);

  atproto::Resolver resolver;
  atproto::BlobFetcher fetcher;
};

/// What can fail to be opened.
struct BlobStorage {
  /// `folder`: the data folder.
  static Result<BlobStorage> open(const config::Config& config, const std::filesystem::path& folder,
                                  cache::IndexStore& index);

  std::filesystem::path folder;
  processor::atproto::Presets presets;
  std::unique_ptr<cache::DiskTier> pictures;
  std::unique_ptr<cache::BlockList> blocks;
};

struct BlobProxy {
  /// All of it outlives this.
  struct Shared {
    const config::Config& config;
    const AddressPolicy& addresses;
    const std::vector<image::Format>& auto_formats;
    cache::MemoryTier& memory;
    cache::Epochs& epochs;
    proxy::Originals& originals;
    proxy::Mezzanine& mezzanine;
    WorkerPool& cpu_pool;
    WorkerPool& disk_pool;
    http::Client& client;
    cluster::Sharing* sharing;  ///< null where this node is alone
    cache::BlockWriter& block_writer;
    cache::InvalidationService& invalidation_service;
    const InvalidationHandler& invalidations;
    Metrics& metrics;
  };

  BlobProxy(const Shared& shared, BlobSources& sources, BlobStorage& storage);

  /// Ends what makes pictures here alone.
  void stop() {
    if (own_cpu_pool) own_cpu_pool->stop();
  }
  bool idle() const { return service.idle() && sources.resolver.idle(); }
  /// Adds its figures.
  void read(std::vector<Reading>& out) const;

  BlobSources& sources;
  BlobStorage& storage;
  std::optional<WorkerPool> own_cpu_pool;
  proxy::Service service;
  const proxy::BlobRequestReader reader;
  BlobHandler pictures;
  CdnPurge cdn;
  ModerationHandler moderation;
  std::optional<Upkeep> cleanup;
  std::jthread take_over;
};

}  // namespace imcaxy::server
