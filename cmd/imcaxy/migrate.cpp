// `imcaxy migrate`: moves a cache to where this server can use it.
#include <filesystem>
#include <memory>
#include <stop_token>

#include <fmt/format.h>

#include "cache/epochs.hpp"
#include "cache/index_store.hpp"
#include "commands.hpp"
#include "progress.hpp"
#include "proxy/coves_cache.hpp"
#include "proxy/move_cache.hpp"
#include "server/blob_proxy.hpp"
#include "server/data_dir.hpp"
#include "server/scale_out.hpp"
#include "server/settings.hpp"

namespace imcaxy::command {
namespace {

constexpr std::string_view coves = "coves:", shared = "shared";

/// What a server has in its data folder, while it does not run.
struct Folder {
  std::unique_ptr<server::DataDir> lock;
  std::unique_ptr<cache::IndexStore> index;
  std::unique_ptr<cache::DiskTier> results;
  server::BlobStorage blobs;

  static Result<Folder> open(const config::Config& config, const std::string& path) {
    auto lock = server::DataDir::open(path);
    if (!lock) return std::unexpected(std::move(lock.error()));
    auto index = cache::IndexStore::open((*lock)->path() / "index.db");
    if (!index) return std::unexpected(std::move(index.error()));
    auto results = cache::DiskTier::open(server::results_tier(config, (*lock)->path()), **index);
    if (!results) return std::unexpected(std::move(results.error()));
    auto blobs = server::BlobStorage::open(config, (*lock)->path(), **index);
    if (!blobs) return std::unexpected(std::move(blobs.error()));
    return Folder{std::move(*lock), std::move(*index), std::move(*results), std::move(*blobs)};
  }
};

Result<void> check_folder(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return {};
  return fail(400, "--from: there is no folder " + path);
}

Result<proxy::Moved> take_over(const config::Config& config, const std::string& from, const std::string& to) {
  if (auto ok = check_folder(from); !ok) return std::unexpected(std::move(ok.error()));
  auto folder = Folder::open(config, to);
  if (!folder) return std::unexpected(std::move(folder.error()));
  cache::Epochs epochs;
  const auto sum =
      proxy::take_over_coves(from, folder->blobs.presets, *folder->blobs.blocks, *folder->blobs.pictures, epochs, {});
  if (!sum) return std::unexpected(sum.error());
  return proxy::Moved{sum->taken, sum->known, sum->skipped};
}

Result<proxy::Moved> move(const config::Config& config, const std::string& from, const std::string& to) {
  const bool to_shared = to == shared;
  const std::string& path = to_shared ? from : to;
  if (to_shared)
    if (auto ok = check_folder(from); !ok) return std::unexpected(std::move(ok.error()));
  if (!config::scales_out(config))
    return fail(400,
                "'shared' is what IMCAXY_MONGO_CONNECTION_STRING and IMCAXY_MINIO_* name: set them as for the server");
  auto folder = Folder::open(config, path);
  if (!folder) return std::unexpected(std::move(folder.error()));
  auto cluster = cluster::Cluster::open(server::cluster_options(config), folder->lock->path());
  if (!cluster) return std::unexpected(std::move(cluster.error()));
  if (auto ready = (*cluster)->prepare(); !ready) return std::unexpected(std::move(ready.error()));
  std::unique_ptr<Progress> progress;
  const auto show = [&](std::uint64_t done, std::uint64_t of) {
    if (!progress) progress = std::make_unique<Progress>("looked at", of);
    progress->show(done);
  };
  cache::DiskTier *results = folder->results.get(), *pictures = folder->blobs.pictures.get();
  if (to_shared) return proxy::share_folder({results, pictures}, **cluster, show);
  const auto tier_of = [&](const std::string& processor) {
    return processor == proxy::imaginary_type ? results : processor == proxy::atproto_type ? pictures : nullptr;
  };
  return proxy::fill_folder(**cluster, tier_of, show);
}

Result<proxy::Moved> migrate(const config::Config& config, const std::string& from, const std::string& to) {
  if (from.starts_with(coves)) return take_over(config, from.substr(coves.size()), to);
  if ((from == shared) != (to == shared)) return move(config, from, to);
  return fail(400,
              "one of --from and --to has to be 'shared' and the other a data folder; or --from is coves:PATH, as in "
              "coves:/var/cache/coves/images");
}

}  // namespace

void add_migrate(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("migrate", "Move a cache to where this server can use it");
  struct Given {
    std::string from, to;
  };
  auto given = std::make_shared<Given>();
  auto flags = std::make_shared<ConfigFlags>(*command);
  command
      ->add_option("--from", given->from,
                   "a data folder; 'shared', what the nodes share; or coves:PATH, the IMAGE_PROXY_CACHE_PATH of an "
                   "original Coves proxy")
      ->required();
  command->add_option("--to", given->to, "the data folder of a server that does not run now, or 'shared'")->required();
  command->footer(
      "What was there stays there. It can be run again: what is known already is passed over.\n\n"
      "Examples:\n  imcaxy migrate --from /var/lib/imcaxy --to shared\n"
      "  imcaxy migrate --from shared --to /var/lib/imcaxy\n"
      "  imcaxy migrate --from coves:/var/cache/coves/images --to /var/lib/imcaxy");
  command->callback([given, flags, &exit_status] {
    exit_status = failed;
    const auto loaded = flags->load();
    if (!loaded) return complain(loaded.error().message);
    const auto sum = migrate(loaded->config, given->from, given->to);
    if (!sum) return complain(sum.error().message);
    fmt::print("{} pictures {}, {} were here already, {} skipped\n", sum->moved,
               given->from.starts_with(coves) ? "taken over" : "copied", sum->known, sum->skipped);
    exit_status = done;
  });
}

}  // namespace imcaxy::command
