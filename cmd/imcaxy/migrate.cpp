// `imcaxy migrate`: moves what another system kept into a data folder.
#include <filesystem>
#include <memory>
#include <stop_token>

#include <fmt/format.h>

#include "cache/epochs.hpp"
#include "cache/index_store.hpp"
#include "commands.hpp"
#include "proxy/coves_cache.hpp"
#include "server/blob_proxy.hpp"
#include "server/data_dir.hpp"

namespace imcaxy::command {
namespace {

constexpr std::string_view coves = "coves:";

Result<proxy::TakeOver> take_over(const config::Config& config, const std::filesystem::path& from,
                                  const std::string& to) {
  std::error_code error;
  if (!std::filesystem::is_directory(from, error)) return fail(400, "--from: there is no folder " + from.string());
  const auto folder = server::DataDir::open(to);
  if (!folder) return std::unexpected(folder.error());
  auto index = cache::IndexStore::open((*folder)->path() / "index.db");
  if (!index) return std::unexpected(std::move(index.error()));
  auto storage = server::BlobStorage::open(config, (*folder)->path(), **index);
  if (!storage) return std::unexpected(std::move(storage.error()));
  cache::Epochs epochs;
  return proxy::take_over_coves(from, storage->presets, *storage->blocks, *storage->pictures, epochs, {});
}

}  // namespace

void add_migrate(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("migrate", "Take over what another system has in its cache");
  struct Given {
    std::string from, to;
  };
  auto given = std::make_shared<Given>();
  auto flags = std::make_shared<ConfigFlags>(*command);
  command->add_option("--from", given->from, "coves:PATH, the IMAGE_PROXY_CACHE_PATH of an original Coves proxy")
      ->required();
  command->add_option("--to", given->to, "the data folder of a server that does not run now")->required();
  command->footer(
      "What was there stays there. It can be run again: what is known already is passed over.\n\n"
      "Example:\n  imcaxy migrate --from coves:/var/cache/coves/images --to /var/lib/imcaxy");
  command->callback([given, flags, &exit_status] {
    exit_status = failed;
    const auto loaded = flags->load();
    if (!loaded) return complain(loaded.error().message);
    if (!given->from.starts_with(coves))
      return complain("--from has to be coves:PATH, as in coves:/var/cache/coves/images");
    const auto sum = take_over(loaded->config, given->from.substr(coves.size()), given->to);
    if (!sum) return complain(sum.error().message);
    fmt::print("{} pictures taken over, {} were here already, {} skipped\n", sum->taken, sum->known, sum->skipped);
    exit_status = done;
  });
}

}  // namespace imcaxy::command
