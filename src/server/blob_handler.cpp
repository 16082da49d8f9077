#include "server/blob_handler.hpp"

#include "base/text.hpp"
#include "http/conditional.hpp"
#include "proxy/request_memo.hpp"
#include "server/answer_headers.hpp"
#include "server/served_picture.hpp"

namespace imcaxy::server {
namespace {

/// A CID names its bytes for ever, and a preset its size.
constexpr std::string_view immutable = "Cache-Control: public, max-age=31536000, immutable\r\n";

void append_vary(std::string& lines, const cache::EntryMeta& meta) {
  for (const auto& [name, value] : meta.headers)
    if (name == "Vary") http::append_header(lines, name, value);
}

}  // namespace

std::string blob_safety_lines() {
  return "Access-Control-Allow-Origin: *\r\nTiming-Allow-Origin: *\r\nCross-Origin-Resource-Policy: cross-origin\r\n"
         "Content-Security-Policy: default-src 'none'; sandbox\r\n";
}

BlobHandler::Reply BlobHandler::handle(http::Request& request, std::string_view path) {
  thread_local proxy::RequestMemo memo;
  const std::string_view accept = request.header("Accept").value_or("");
  const proxy::AcceptClass accepted = reader_.accept_class(accept);
  proxy::ImageRequestPtr wanted = memo.find(request.target, accepted);
  if (!wanted) {
    auto read = reader_.read(request.target, path, accept);
    if (!read) {
      metrics_.activity().failed(request, read.error());
      return error(read.error());
    }
    wanted = std::move(*read);
    memo.keep(wanted);
  }
  if (is_blocked(*wanted)) return blocked();
  // Whoever has it has it for ever. `*` asks whether there is anything at all, which has to be found out.
  const std::string_view known = trimmed(request.header("If-None-Match").value_or(""));
  if (!known.empty() && known != "*" && http::etag_matches(known, wanted->etag)) return not_modified(*wanted);
  cache::MemoryItemPtr hit = service_.find_in_memory(*wanted);
  if (hit) return hit_answer(request, hit, {reader_.client_class(accepted)}, metrics_);
  return serve(request, std::move(wanted));
}

/// All but where it came from.
std::string BlobHandler::lines_of(const cache::EntryMeta& meta) const {
  std::string lines = entry_lines(meta, false);
  append_vary(lines, meta);
  if (options_.cache_tags) append_tags(lines, meta);
  lines += immutable;
  lines += blob_safety_lines();
  return lines;
}

Bytes BlobHandler::hit_lines(const cache::EntryMeta& meta) const {
  std::string lines = lines_of(meta);
  append_origin(lines, proxy::Origin::memory, {});
  return Bytes::adopt(std::move(lines));
}

http::Response BlobHandler::error(const Error& error) const {
  http::Response response = http::Response::text(static_cast<unsigned>(error.status), error.message);
  response.add("Cache-Control", error.status >= 500 ? "no-store" : "public, max-age=5");
  response.add("X-Content-Type-Options", "nosniff");
  if (error.status == 503) response.add("Retry-After", "1");
  response.headers += blob_safety_lines();
  return response;
}

bool BlobHandler::is_blocked(const proxy::ImageRequest& wanted) const {
  const atproto::Blob& blob = *wanted.source.blob;
  return blocks_.contains(blob.owner.text, blob.cid.text);
}

http::Response BlobHandler::blocked() const {
  if (options_.blocked_status == 451) return error({451, "unavailable for legal reasons", ""});
  return error({404, "blob not found", ""});
}

http::Response BlobHandler::not_modified(const proxy::ImageRequest& wanted) const {
  http::Response response;
  response.status = 304;
  response.add("ETag", wanted.etag);
  response.headers += immutable;
  if (wanted.negotiated) response.add("Vary", "Accept");
  response.headers += blob_safety_lines();
  return response;
}

Task<http::Response> BlobHandler::serve(http::Request& request, proxy::ImageRequestPtr wanted) {
  auto served = co_await service_.serve(wanted);
  // What was blocked meanwhile is not given out any more.
  if (is_blocked(*wanted)) co_return blocked();
  if (!served) {
    metrics_.activity().failed(request, served.error());
    co_return error(served.error());
  }
  const auto accepted = reader_.accept_class(request.header("Accept").value_or(""));
  const Asker asker{reader_.client_class(accepted)};
  observe(*served, request, asker, metrics_);
  http::Response response;
  response.headers = lines_of(*served->head->meta);
  append_origin(response.headers, origin_of(*served), served->head->timings);
  auto whole = co_await with_body(std::move(response), std::move(*served), request);
  if (!whole) co_return error(whole.error());
  co_return std::move(*whole);
}

}  // namespace imcaxy::server
