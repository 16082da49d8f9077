#include "proxy/originals.hpp"

#include <spdlog/spdlog.h>

#include "base/counted.hpp"
#include "base/spawn.hpp"
#include "hub/reader.hpp"
#include "proxy/hub_key.hpp"
#include "proxy/read_stored.hpp"
#include "proxy/store_entry.hpp"

namespace imcaxy::proxy {

Originals::Originals(OriginalsOptions options, source::Fetcher& fetcher, atproto::BlobFetcher* blobs,
                     cache::DiskTier& disk, cache::Epochs& epochs, WorkerPool& disk_pool, const Clock& clock)
    : options_(options),
      fetcher_(fetcher),
      blobs_(blobs),
      disk_(disk),
      epochs_(epochs),
      disk_pool_(disk_pool),
      clock_(clock),
      budget_(options.max_bytes_from_disk),
      failures_(options.negative_ttl, epochs) {}

Task<Result<source::Original>> Originals::get(SourceRef source, cache::Epochs::Epoch since,
                                              std::chrono::steady_clock::duration patience) {
  if (auto failure = failures_.find(source.key, source.url)) co_return std::unexpected(std::move(*failure));
  auto joined = hub_.join(hub_key(source.key, since));
  if (joined.production) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    spawn(executor, produce(std::move(*joined.production), std::move(source), since), "fetch");
  } else {
    ++stats_.shared;
  }
  hub::Reader<source::Original> reader(std::move(joined.stream));
  const auto head = co_await reader.head(patience);
  if (!head) co_return std::unexpected(head.error());
  co_return **head;
}

Task<void> Originals::produce(hub::Production<source::Original> given, SourceRef source, cache::Epochs::Epoch since) {
  const Counted running(stats_.running);
  hub::Production<source::Original> production = std::move(given);  // so that it ends before it counts as ended
  if (auto stored = co_await read_disk(source)) {
    ++stats_.disk_hits;
    production.stream().complete(std::move(*stored), {});
    co_return;
  }
  const WallTime asked = clock_.now();
  Result<source::Original> fetched = co_await fetch(source);
  if (!fetched) {
    ++stats_.failed;
    failures_.remember(source.key, source.url, since, fetched.error());
    production.stream().fail(fetched.error());
    co_return;
  }
  ++stats_.fetched;
  source::Original original = std::move(*fetched);
  production.stream().complete(original, {});
  if (source.file) co_return;  // is on a disk already
  co_await keep(std::move(source), std::move(original), since, asked);
}

Task<Result<source::Original>> Originals::fetch(const SourceRef& source) {
  if (source.file) {
    if (!options_.folder) co_return fail(400, "Invalid file path");
    auto read = [folder = *options_.folder, file = *source.file, most = options_.max_file_bytes] {
      return folder.read(file, most);
    };
    Result<source::Original> original = co_await run_on(disk_pool_, options_.fetch_limit, std::move(read));
    co_return original;
  }
  if (source.blob) {
    if (!blobs_) co_return fail(404, "blob not found");
    auto blob = co_await blobs_->fetch(*source.blob);
    co_return blob;
  }
  auto start = [&](Callback<Result<source::Original>> done) {
    fetcher_.fetch(source.url, source.headers, std::move(done));
  };
  auto fetched = co_await await_callback<Result<source::Original>>(options_.fetch_limit, start);
  if (!fetched) co_return fail(504, "the source did not answer in time");
  co_return std::move(*fetched);
}

Task<std::optional<source::Original>> Originals::read_disk(const SourceRef& source) {
  auto stored = co_await read_stored(disk_, disk_pool_, budget_, source.key, source.identity, options_.fetch_limit);
  if (!stored) co_return std::nullopt;
  co_return source::Original{std::move(stored->body), std::move(stored->meta.mime_type)};
}

std::optional<cache::Entry> Originals::read_here(const SourceRef& source) {
  if (!source.file) {
    auto stored = disk_.read(source.key);
    if (stored && stored->meta.request_signature != source.identity) return std::nullopt;
    return stored;
  }
  if (!options_.folder) return std::nullopt;
  auto read = options_.folder->read(*source.file, options_.max_file_bytes);
  if (!read) return std::nullopt;
  cache::Entry entry;
  entry.body = std::move(read->body);
  return entry;
}

Task<void> Originals::keep(SourceRef source, source::Original original, cache::Epochs::Epoch since, WallTime asked) {
  cache::Entry entry;
  entry.meta.key = source.key;
  entry.meta.request_signature = source.identity;
  entry.meta.raw_request = entry.meta.source_url = source.url;
  entry.meta.processor_type = cache::original_type;
  entry.meta.mime_type = std::move(original.content_type);
  entry.meta.created = asked;
  const std::chrono::seconds ttl = source.blob ? options_.blob_ttl : options_.ttl;
  if (ttl.count() > 0) entry.meta.expires = asked + ttl;
  entry.body = std::move(original.body);
  auto write = [this, entry = std::move(entry), since]() -> Result<void> {
    return store_entry(disk_, epochs_, entry, since);
  };
  const Result<void> kept = co_await run_on(disk_pool_, options_.fetch_limit, std::move(write));
  if (!kept)
    spdlog::debug("the original of {} was not kept: {} {}", source.url, kept.error().message, kept.error().cause);
}

}  // namespace imcaxy::proxy
