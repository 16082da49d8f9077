#include "proxy/originals.hpp"

#include <algorithm>

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

namespace {

constexpr std::string_view etag_header = "ETag", modified_header = "Last-Modified";

Original original_of(const cache::Entry& entry) {
  return {entry.body, entry.meta.mime_type, entry.meta.source_hash, entry.meta.fresh, false};
}

/// What asks whether an entry still holds.
std::vector<std::string> conditions_for(const cache::Entry& entry) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : entry.meta.headers) {
    if (name == etag_header) lines.push_back("If-None-Match: " + value);
    if (name == modified_header) lines.push_back("If-Modified-Since: " + value);
  }
  return lines;
}

/// The source is left alone so long after it could not be asked.
constexpr std::chrono::seconds between_tries{5};

}  // namespace

Task<Result<Original>> Originals::get(SourceRef source, Epoch since, std::chrono::steady_clock::duration patience) {
  if (auto failure = failures_.find(source.key, source.url); failure && !disk_.contains(source.key))
    co_return std::unexpected(std::move(*failure));
  const Key128 key = hub_key(source.key, since);
  if (auto used = in_use_.find(key, std::chrono::steady_clock::now());
      used && (!used->fresh || clock_.now() < used->fresh->until)) {
    ++stats_.shared;
    co_return std::move(*used);
  }
  auto joined = hub_.join(key);
  if (joined.production) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    spawn(executor, produce(std::move(*joined.production), std::move(source), since), "fetch");
  } else {
    ++stats_.shared;
  }
  hub::Reader<Original> reader(std::move(joined.stream));
  const auto head = co_await reader.head(patience);
  if (!head) co_return std::unexpected(head.error());
  in_use_.remember(key, **head, std::chrono::steady_clock::now());
  co_return **head;
}

Task<void> Originals::produce(Production given, SourceRef source, Epoch since) {
  const Counted running(stats_.running);
  Production production = std::move(given);  // so that it ends before it counts as ended
  std::optional<cache::Entry> stored = co_await read_disk(source);
  const WallTime asked = clock_.now();
  if (stored && !cache::stale(stored->meta, asked)) {
    ++stats_.disk_hits;
    production.stream().complete(original_of(*stored), {});
    co_return;
  }
  if (auto failure = failures_.find(source.key, source.url)) {
    co_await take_failure(production, source, std::move(stored), std::move(*failure));
    co_return;
  }
  Result<source::Original> fetched = co_await fetch(source, stored ? &*stored : nullptr);
  if (fetched && fetched->not_modified && !stored)
    fetched = fail(502, "the source answered 304 to no question of ours");
  if (!fetched) {
    ++stats_.failed;
    failures_.remember(source.key, source.url, since, fetched.error());
    co_await take_failure(production, source, std::move(stored), std::move(fetched.error()));
    co_return;
  }
  ++(fetched->not_modified ? stats_.unchanged : stats_.fetched);
  if (source.file) {  // is on a disk already
    production.stream().complete(Original{std::move(fetched->body), std::move(fetched->content_type), {}, {}, false},
                                 {});
    co_return;
  }
  const std::string old_hash = stored ? stored->meta.source_hash : std::string();
  const bool same_entry = fetched->not_modified;
  cache::Entry entry = make_entry(source, std::move(*fetched), std::move(stored), asked);
  if (!old_hash.empty() && !same_entry) ++(entry.meta.source_hash == old_hash ? stats_.unchanged : stats_.changed);
  production.stream().complete(original_of(entry), {});
  co_await keep(std::move(entry), since);
}

/// What is stored is used if it may be; otherwise it goes, where the source says that it has no such picture.
Task<void> Originals::take_failure(Production& production, const SourceRef& source, std::optional<cache::Entry> stored,
                                   Error error) {
  const WallTime now = clock_.now();
  if (stored && !is_gone(error) && stored->meta.fresh && now < stored->meta.fresh->if_error) {
    ++stats_.unanswered;
    Original original = original_of(*stored);
    original.fresh->until = std::min<WallTime>(now + between_tries, original.fresh->if_error);
    original.stale = true;
    production.stream().complete(std::move(original), {});
    co_return;
  }
  production.stream().fail(error);
  if (!stored || !is_gone(error)) co_return;
  auto erase = [this, key = source.key]() -> Result<void> {
    disk_.erase(key);
    return {};
  };
  (void)co_await run_on(disk_pool_, options_.fetch_limit, std::move(erase));
}

Task<Result<source::Original>> Originals::fetch(const SourceRef& source, const cache::Entry* stored) {
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
  std::vector<std::string> headers = source.headers;
  if (stored) {
    const std::vector<std::string> conditions = conditions_for(*stored);
    headers.insert(headers.end(), conditions.begin(), conditions.end());
  }
  auto start = [&](Callback<Result<source::Original>> done) {
    fetcher_.fetch(source.url, std::move(headers), std::move(done));
  };
  auto fetched = co_await await_callback<Result<source::Original>>(options_.fetch_limit, start);
  if (!fetched) co_return fail(504, "the source did not answer in time");
  co_return std::move(*fetched);
}

Task<std::optional<cache::Entry>> Originals::read_disk(const SourceRef& source) {
  return read_stored(disk_, disk_pool_, budget_, source.key, source.identity, options_.fetch_limit);
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

/// Of what was fetched; where it is not modified, what is stored with another time.
cache::Entry Originals::make_entry(const SourceRef& source, source::Original fetched,
                                   std::optional<cache::Entry> stored, WallTime asked) {
  const bool kept = fetched.not_modified && stored;
  cache::Entry entry;
  if (kept) {
    entry = std::move(*stored);
  } else {
    entry.meta.key = source.key;
    entry.meta.request_signature = source.identity;
    entry.meta.raw_request = entry.meta.source_url = source.url;
    entry.meta.processor_type = cache::original_type;
    entry.meta.mime_type = std::move(fetched.content_type);
    entry.meta.created = asked;
    entry.body = std::move(fetched.body);
  }
  if (source.blob) {
    if (options_.blob_ttl.count() > 0) entry.meta.expires = asked + options_.blob_ttl;
    return entry;
  }
  const auto lifetime = options_.freshness.lifetime(source.url, fetched.cache, clock_.now());
  entry.meta.fresh.reset();
  entry.meta.expires.reset();
  if (!lifetime) return entry;
  const WallTime until = asked + lifetime->fresh;
  entry.meta.fresh = cache::Freshness{until, until + lifetime->while_revalidate, until + lifetime->if_error};
  entry.meta.expires = entry.meta.fresh->end();
  if (!kept) entry.meta.source_hash = hash128(entry.body.view()).hex();
  if (kept && fetched.cache.etag.empty() && fetched.cache.last_modified.empty()) return entry;
  entry.meta.headers.clear();
  if (!fetched.cache.etag.empty()) entry.meta.headers.emplace_back(etag_header, fetched.cache.etag);
  if (!fetched.cache.last_modified.empty())
    entry.meta.headers.emplace_back(modified_header, fetched.cache.last_modified);
  return entry;
}

Task<void> Originals::keep(cache::Entry entry, Epoch since) {
  const std::string url = entry.meta.source_url;
  auto write = [this, entry = std::move(entry), since]() -> Result<void> {
    return store_entry(disk_, epochs_, entry, since);
  };
  const Result<void> kept = co_await run_on(disk_pool_, options_.fetch_limit, std::move(write));
  if (!kept) spdlog::debug("the original of {} was not kept: {} {}", url, kept.error().message, kept.error().cause);
}

}  // namespace imcaxy::proxy
