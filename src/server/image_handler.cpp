#include "server/image_handler.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "proxy/request_memo.hpp"
#include "server/stream_body.hpp"

namespace imcaxy::server {
namespace {

constexpr std::string_view wrong_method =
    "HTTP method not allowed. Try with a POST or GET method (-enable-url-source flag must be defined)";

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

}  // namespace

ImageHandler::ImageHandler(ImageHandlerOptions options, proxy::Service& service, Metrics& metrics)
    : options_(std::move(options)),
      any_origin_(options_.allowed_origins.empty() ||
                  std::ranges::find(options_.allowed_origins, "*") != options_.allowed_origins.end()),
      service_(service),
      metrics_(metrics) {}

ImageHandler::Reply ImageHandler::handle(http::Request& request, std::string_view operation) {
  thread_local proxy::RequestMemo memo;
  if (!request.is_get_or_head()) return handle_other(request, operation);
  if (!origin_allowed(request)) return http::Response::text(403, "request origin not allowed");
  proxy::ImageRequestPtr wanted = memo.find(request.target);
  if (!wanted) {
    if (!processor::imaginary::find_operation(operation)) return error({404, "Not found", ""});
    auto read = proxy::read_request({request.target, operation, request.query, request.header("Accept").value_or("")});
    if (!read) return error(read.error());
    wanted = std::move(*read);
    memo.keep(wanted);
  }
  if (!domains_allowed(*wanted)) return http::Response::text(403, "source image domain not allowed");
  cache::MemoryItemPtr hit = service_.find_in_memory(*wanted);
  if (!hit) return serve(request, std::move(wanted));
  return answer_hit(request, std::move(hit));
}

/// Uploads, and methods that are none.
ImageHandler::Reply ImageHandler::handle_other(http::Request& request, std::string_view operation) {
  if (!processor::imaginary::find_operation(operation)) return error({404, "Not found", ""});
  if (request.method != http::Method::post)
    return std::move(error({405, std::string(wrong_method), ""}).add("Allow", "GET, HEAD, POST"));
  if (!origin_allowed(request)) return http::Response::text(403, "request origin not allowed");
  return serve_upload(request, operation);
}

http::Response ImageHandler::answer_hit(http::Request& request, cache::MemoryItemPtr hit) const {
  request.cache_result = static_cast<std::uint8_t>(CacheResult::memory);
  http::Response response;
  response.prepared = hit->prepared;
  response.body = Bytes::wrap(hit->entry->body.view(), hit);
  response.etag = hit->entry->meta.etag;
  response.last_modified = std::chrono::floor<std::chrono::seconds>(hit->entry->meta.created);
  if (options_.cache_policy.timed()) options_.cache_policy.append(response.headers, options_.now());
  add_cors(response, request);
  return response;
}

Bytes ImageHandler::hit_lines(const cache::EntryMeta& meta) const {
  std::string lines = entry_lines(meta);
  append_shared_lines(lines);
  append_origin(lines, proxy::Origin::memory, {});
  return Bytes::adopt(std::move(lines));
}

/// What no request changes.
void ImageHandler::append_shared_lines(std::string& lines) const {
  if (!options_.cache_policy.timed()) options_.cache_policy.append(lines, {});
  if (any_origin_) lines += "Access-Control-Allow-Origin: *\r\nTiming-Allow-Origin: *\r\n";
}

http::Response ImageHandler::error(const Error& error) const {
  http::Response response =
      http::Response::json(static_cast<unsigned>(error.status), processor::imaginary::error_json(error));
  if (error.status == 503) response.add("Retry-After", "1");
  response.add("Cache-Control", error.status >= 500 ? "no-store" : "public, max-age=5");
  if (any_origin_) response.add("Access-Control-Allow-Origin", "*");
  return response;
}

/// The hash over a large body would hold up the event loop.
Task<http::Response> ImageHandler::serve_upload(http::Request& request, std::string_view operation) {
  auto read = [&request, operation]() -> Result<proxy::ImageRequestPtr> {
    return proxy::read_upload({request.target, operation, request.query, request.header("Accept").value_or("")},
                              request.header("Content-Type").value_or(""), std::move(request.body));
  };
  auto wanted = co_await service_.on_cpu(std::move(read));
  if (!wanted) co_return error(wanted.error());
  if (!domains_allowed(**wanted)) co_return http::Response::text(403, "source image domain not allowed");
  cache::MemoryItemPtr hit = service_.find_in_memory(**wanted);
  if (hit) co_return answer_hit(request, std::move(hit));
  co_return co_await serve(request, std::move(*wanted));
}

Task<http::Response> ImageHandler::serve(http::Request& request, proxy::ImageRequestPtr wanted) {
  auto served = co_await service_.serve(std::move(wanted));
  if (!served) co_return error(served.error());
  request.cache_result = static_cast<std::uint8_t>(result_of(*served));
  co_return co_await answer(std::move(*served), request);
}

Task<http::Response> ImageHandler::answer(proxy::Served served, http::Request& request) const {
  const proxy::ResultHead& head = *served.head;
  if (!served.joined && head.origin == proxy::Origin::produced) {
    metrics_.observe(Stage::fetch, head.timings.fetch);
    metrics_.observe(Stage::queue, head.timings.queue);
    metrics_.observe(Stage::process, head.timings.process);
  }
  metrics_.observe(Stage::cache, head.timings.cache);

  http::Response response;
  std::string lines = entry_lines(*head.meta);
  const bool coalesced = served.joined && head.origin == proxy::Origin::produced;
  append_origin(lines, coalesced ? proxy::Origin::coalesced : head.origin, head.timings);
  if (head.fallback_reason.empty()) {
    append_shared_lines(lines);
    if (options_.cache_policy.timed()) options_.cache_policy.append(lines, options_.now());
  } else {
    http::append_header(lines, "X-Imcaxy-Fallback", head.fallback_reason);
    lines += "Cache-Control: public, max-age=10\r\n";
    if (any_origin_) lines += "Access-Control-Allow-Origin: *\r\n";
  }
  response.headers = std::move(lines);
  add_cors(response, request);
  response.last_modified = std::chrono::floor<std::chrono::seconds>(head.meta->created);

  // Complete already, as everything that is made here is: one piece, with conditions and ranges.
  const std::shared_ptr<const cache::EntryMeta> meta = head.meta;
  if (served.reader.stream().ended()) {
    auto whole = co_await served.reader.next(std::chrono::seconds(1));
    if (!whole) co_return error(whole.error());
    response.body = std::move(*whole);
    response.prepared = Bytes::wrap({}, meta);  // keeps the entity tag alive
    response.etag = meta->etag;
    co_return response;
  }
  response.stream = std::make_unique<StreamBody>(std::move(served.reader));
  co_return response;
}

/// Of the source, unless it came with the request, and of everything that is laid over it.
bool ImageHandler::domains_allowed(const proxy::ImageRequest& wanted) const {
  if (options_.allowed_domains.empty()) return true;
  const auto allowed = [&](const std::string& host) { return any_glob_matches(options_.allowed_domains, host); };
  return (wanted.uploaded || allowed(wanted.source.host)) && std::ranges::all_of(wanted.marks, [&](const auto& mark) {
           return !mark.second || allowed(mark.second->host);
         });
}

bool ImageHandler::origin_allowed(const http::Request& request) const {
  if (any_origin_) return true;
  const auto origin = request.header("Origin");
  return !origin || any_glob_matches(options_.allowed_origins, *origin);
}

void ImageHandler::add_cors(http::Response& response, const http::Request& request) const {
  if (any_origin_) return;
  response.headers += "Vary: Origin\r\n";
  if (const auto origin = request.header("Origin")) response.add("Access-Control-Allow-Origin", *origin);
}

}  // namespace imcaxy::server
