#include "server/served_picture.hpp"

#include <algorithm>
#include <array>

#include "server/stream_body.hpp"

namespace imcaxy::server {

CacheResult result_of(const proxy::Served& served) {
  switch (served.head->origin) {
    case proxy::Origin::memory:
      return CacheResult::memory;
    case proxy::Origin::disk:
      return CacheResult::disk;
    case proxy::Origin::shared:
      return CacheResult::shared;
    default:
      return served.joined ? CacheResult::coalesced : CacheResult::miss;
  }
}

proxy::Origin origin_of(const proxy::Served& served) {
  const bool coalesced = served.joined && served.head->origin == proxy::Origin::produced;
  return coalesced ? proxy::Origin::coalesced : served.head->origin;
}

namespace {

void note(http::Request& request, const cache::EntryMeta& meta, const Asker& asker) {
  request.original_bytes = meta.original_bytes;
  request.picture_kind = Savings::note({picture_format(meta.mime_type), asker});
}

}  // namespace

http::Response hit_answer(http::Request& request, const cache::MemoryItemPtr& hit, const Asker& asker,
                          Metrics& metrics) {
  request.cache_result = static_cast<std::uint8_t>(CacheResult::memory);
  note(request, hit->entry->meta, asker);
  request.imaginary_bytes = hit->imaginary_bytes.load(std::memory_order_relaxed);
  metrics.activity().served(hit->entry->meta.source_url);
  http::Response response;
  response.prepared = hit->prepared;
  response.body = Bytes::wrap(hit->entry->body.view(), hit);
  response.etag = hit->entry->meta.etag;
  response.last_modified = std::chrono::floor<std::chrono::seconds>(hit->entry->meta.created);
  return response;
}

void observe(const proxy::Served& served, http::Request& request, const Asker& asker, Metrics& metrics) {
  const proxy::ResultHead& head = *served.head;
  request.cache_result = static_cast<std::uint8_t>(result_of(served));
  note(request, *head.meta, asker);
  metrics.activity().served(head.meta->source_url);
  if (!served.joined && head.origin == proxy::Origin::produced) {
    metrics.observe(Stage::fetch, head.timings.fetch);
    metrics.observe(Stage::queue, head.timings.queue);
    metrics.observe(Stage::process, head.timings.process);
  }
  metrics.observe(Stage::cache, head.timings.cache);
}

namespace {

constexpr auto patience = std::chrono::seconds(60);

bool wants_all_at_once(const http::Request& request) {
  return std::ranges::any_of(std::array{"Range", "If-None-Match", "If-Modified-Since"},
                             [&](const char* name) { return request.header(name).has_value(); });
}

Task<Result<Bytes>> read_all(hub::Reader<proxy::ResultHead>& reader) {
  Result<Bytes> first = co_await reader.next(patience);
  if (!first || reader.stream().length() == first->size()) co_return first;
  std::string whole(first->view());
  for (;;) {
    const Result<Bytes> next = co_await reader.next(patience);
    if (!next) co_return next;
    if (next->empty()) co_return Bytes::adopt(std::move(whole));
    whole += next->view();
  }
}

}  // namespace

Task<Result<http::Response>> with_body(http::Response response, proxy::Served served, const http::Request& request) {
  const std::shared_ptr<const cache::EntryMeta> meta = served.head->meta;
  response.last_modified = std::chrono::floor<std::chrono::seconds>(meta->created);
  // Complete already, as everything that is made here is: one piece, with conditions and ranges.
  if (served.reader.stream().ended() || wants_all_at_once(request)) {
    auto whole = co_await read_all(served.reader);
    if (!whole) co_return std::unexpected(std::move(whole.error()));
    response.body = std::move(*whole);
    response.prepared = Bytes::wrap({}, meta);  // keeps the entity tag alive
    response.etag = meta->etag;
    co_return response;
  }
  response.stream = std::make_unique<StreamBody>(std::move(served.reader));
  co_return response;
}

}  // namespace imcaxy::server
