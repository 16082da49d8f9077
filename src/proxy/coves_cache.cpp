#include "proxy/coves_cache.hpp"

#include <chrono>
#include <optional>

#include <spdlog/spdlog.h>

#include "atproto/blob.hpp"
#include "base/file.hpp"
#include "image/completeness.hpp"
#include "proxy/blob_request.hpp"
#include "proxy/store_entry.hpp"

namespace imcaxy::proxy {
namespace {

namespace fs = std::filesystem;
namespace grammar = processor::atproto;
using image::Format;

constexpr std::size_t largest_file = 64u << 20;
constexpr auto between_reports = std::chrono::seconds(5);
constexpr std::string_view plc_folder = "did_plc_";

/// What a file's place says of it; nothing for what is not ours to take.
ImageRequestPtr request_of(const fs::path& below, const grammar::Presets& presets) {
  auto part = below.begin();
  const std::string name = part->string(), folder = std::next(part)->string(), file = below.filename().string();
  const auto preset = presets.find(name);
  if (preset == presets.end() || preset->second.format != Format::jpeg || !folder.starts_with(plc_folder))
    return nullptr;
  auto owner = atproto::parse_did("did:plc:" + folder.substr(plc_folder.size()), false);
  auto cid = atproto::parse_cid(file);
  if (!owner || !cid) return nullptr;
  return blob_request(name, preset->second, {std::move(*owner), std::move(*cid)}, Format::jpeg);
}

std::optional<cache::Entry> entry_of(const ImageRequest& request, const fs::path& path) {
  auto bytes = read_file(path.string(), largest_file);
  if (!bytes || image::sniff(*bytes) != Format::jpeg || !image::is_complete(Format::jpeg, *bytes)) return std::nullopt;
  std::error_code error;
  const auto written = fs::last_write_time(path, error);
  cache::Entry entry;
  entry.meta.key = request.key;
  entry.meta.request_signature = request.signature;
  entry.meta.raw_request =
      "/img" + request.endpoint + "/plain/" + request.source.blob->owner.text + "/" + request.source.blob->cid.text;
  entry.meta.processor_type = request.processor;
  entry.meta.processor_endpoint = request.endpoint;
  entry.meta.mime_type = image::mime_type(Format::jpeg);
  entry.meta.source_url = request.source.url;
  entry.meta.processing_params = request.parameters;
  entry.meta.etag = request.etag;
  entry.meta.created = error
                           ? Clock::system().now()
                           : std::chrono::floor<std::chrono::milliseconds>(fs::file_time_type::clock::to_sys(written));
  entry.body = Bytes::adopt(std::move(*bytes));
  return entry;
}

}  // namespace

Result<TakeOver> take_over_coves(const fs::path& folder, const grammar::Presets& presets,
                                 const cache::BlockList& blocks, cache::DiskTier& disk, cache::Epochs& epochs,
                                 const std::stop_token& stop) {
  TakeOver sum;
  auto next_report = std::chrono::steady_clock::now() + between_reports;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end && !stop.stop_requested(); it.increment(error)) {
    if (it.depth() != 2 || !it->is_regular_file(error)) continue;
    const ImageRequestPtr request = request_of(it->path().lexically_relative(folder), presets);
    if (request && disk.contains(request->key)) {
      ++sum.known;
      continue;
    }
    const bool blocked = request && blocks.contains(request->source.blob->owner.text, request->source.blob->cid.text);
    if (!request || blocked) {
      ++sum.skipped;
      continue;
    }
    const cache::Epochs::Epoch since = epochs.current(request->source.url);
    const auto entry = entry_of(*request, it->path());
    const bool kept = entry && store_entry(disk, epochs, *entry, since);
    ++(kept ? sum.taken : sum.skipped);
    if (std::chrono::steady_clock::now() < next_report) continue;
    next_report += between_reports;
    spdlog::info("{}: {} pictures taken over, {} skipped so far", folder.string(), sum.taken, sum.skipped);
  }
  if (error) return fail(500, "the folder " + folder.string() + " could not be read to its end", error.message());
  return sum;
}

}  // namespace imcaxy::proxy
