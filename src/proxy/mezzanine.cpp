#include "proxy/mezzanine.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "base/counted.hpp"
#include "image/reduced.hpp"
#include "proxy/read_stored.hpp"
#include "proxy/store_entry.hpp"

namespace imcaxy::proxy {
namespace {

/// In its entry: the hash of the original.
constexpr std::string_view original_header = "Original";

Key128 key_of(const SourceRef& source) {
  return make_key(source.identity, cache::reduced_type, "");
}

std::optional<Key128> original_of(const cache::EntryMeta& meta) {
  const auto header = std::ranges::find(meta.headers, original_header, [](const auto& h) { return h.first; });
  return header == meta.headers.end() ? std::nullopt : Key128::from_hex(header->second);
}

cache::Entry make_entry(const SourceRef& source, const cache::Entry& original, Bytes reduced) {
  cache::Entry entry;
  entry.meta.key = key_of(source);
  entry.meta.request_signature = source.identity;
  entry.meta.raw_request = entry.meta.source_url = source.url;
  entry.meta.processor_type = cache::reduced_type;
  entry.meta.mime_type = image::mime_type(image::sniff(reduced.view()));
  entry.meta.created = original.meta.created;
  entry.meta.expires = original.meta.expires;
  entry.meta.headers.emplace_back(original_header, hash128(original.body.view()).hex());
  entry.body = std::move(reduced);
  return entry;
}

}  // namespace

Mezzanine::Mezzanine(MezzanineOptions options, Originals& originals, cache::DiskTier& disk, cache::Epochs& epochs,
                     WorkerPool& cpu_pool, WorkerPool& disk_pool)
    : options_(options),
      originals_(originals),
      disk_(disk),
      epochs_(epochs),
      cpu_pool_(cpu_pool),
      disk_pool_(disk_pool),
      budget_(options.max_bytes_from_disk) {}

Task<std::optional<ReducedForm>> Mezzanine::find(SourceRef source) {
  const Key128 key = key_of(source);
  if (!options_.enabled || !disk_.contains(key)) co_return std::nullopt;
  auto stored = co_await read_stored(disk_, disk_pool_, budget_, key, source.identity, options_.read_limit);
  if (!stored) co_return std::nullopt;
  const auto original = original_of(stored->meta);
  if (!original) co_return std::nullopt;
  co_return ReducedForm{std::move(stored->body), *original};
}

void Mezzanine::made_of_original(const SourceRef& source, Epoch since, const image::Size& size) {
  if (!options_.enabled || disk_.contains(key_of(source))) return;
  const AskedSizes::Advice advice = sizes_.count(source.key, since, size);
  if (advice == AskedSizes::Advice::nothing) return;
  auto task = [this, source, since, running = std::make_unique<Counted>(stats_.running)] { make(source, since); };
  const bool taken = advice == AskedSizes::Advice::make_now ? cpu_pool_.submit(std::move(task))
                                                            : cpu_pool_.submit_when_idle(std::move(task));
  if (!taken) sizes_.end(source.key, since, AskedSizes::End::not_now);
}

void Mezzanine::forget(const SourceRef& source) {
  disk_pool_.submit(
      [this, key = key_of(source), running = std::make_unique<Counted>(stats_.running)] { disk_.erase(key); });
}

void Mezzanine::make(const SourceRef& source, Epoch since) {
  if (!sizes_.begin(source.key, since)) return;
  if (disk_.contains(key_of(source))) return sizes_.end(source.key, since, AskedSizes::End::made);
  const AskedSizes::End end = try_to_make(source, since);
  if (end == AskedSizes::End::made) ++stats_.made;
  if (end == AskedSizes::End::impossible) ++stats_.failed;
  sizes_.end(source.key, since, end);
}

AskedSizes::End Mezzanine::try_to_make(const SourceRef& source, Epoch since) {
  using End = AskedSizes::End;
  const auto original = originals_.read_here(source);
  if (!original || epochs_.current(source.url) != since) return End::not_now;
  const auto failed = [&](const Error& error) {
    spdlog::debug("no reduced form of {}: {} {}", source.url, error.message, error.cause);
    return End::impossible;
  };
  const auto header = image::read_header(original->body, options_.limits);
  if (!header) return failed(header.error());
  auto reduced = image::reduced(original->body, *header);
  if (!reduced) return failed(reduced.error());
  const cache::Entry entry = make_entry(source, *original, std::move(*reduced));
  const auto stored = store_entry(disk_, epochs_, entry, since);
  if (!stored) return failed(stored.error());
  return epochs_.current(source.url) == since ? End::made : End::not_now;
}

}  // namespace imcaxy::proxy
