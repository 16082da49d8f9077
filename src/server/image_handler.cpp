#include "server/image_handler.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "proxy/request_memo.hpp"
#include "server/served_picture.hpp"

namespace imcaxy::server {
namespace {

constexpr std::string_view wrong_method =
    "HTTP method not allowed. Try with a POST or GET method (-enable-url-source flag must be defined)";

}  // namespace

ImageHandler::ImageHandler(ImageHandlerOptions options, const proxy::RequestReader& reader, Gate& gate,
                           proxy::Service& service, const proxy::ImaginarySizes& sizes, Metrics& metrics)
    : options_(std::move(options)),
      any_origin_(options_.allowed_origins.empty() ||
                  std::ranges::find(options_.allowed_origins, "*") != options_.allowed_origins.end()),
      reader_(reader),
      vary_(reader.forwards() ? "Vary: " + reader.forwarded_names() + "\r\n" : ""),
      gate_(gate),
      service_(service),
      sizes_(sizes),
      metrics_(metrics) {}

ImageHandler::Reply ImageHandler::handle(http::Request& request, std::string_view operation) {
  thread_local proxy::RequestMemo memo;
  if (!request.is_get_or_head()) return handle_other(request, operation);
  if (!origin_allowed(request)) return http::Response::text(403, "request origin not allowed");
  // A target that is known was signed; who may ask is another question each time.
  const proxy::AcceptClass accepted = accepted_by(request);
  proxy::ImageRequestPtr wanted = memo.find(request.target, accepted, [&](const proxy::HintsWanted& hints) {
    return reader_.hint_class(hints, [&request](std::string_view name) { return request.header(name); });
  });
  if (!wanted && !processor::imaginary::find_operation(operation)) return error({404, "Not found", ""});
  if (!wanted && gate_.signs())
    if (const auto signed_right = gate_.check_signature(request, operation); !signed_right)
      return failed(request, signed_right.error());
  if (auto refusal = gate_.refuse(request, operation)) return refused(request, std::move(*refusal));

  if (!wanted || reader_.forwards()) {
    const proxy::RawRequest raw = raw_request(request, operation);
    if (!wanted || !raw.forwarded.empty()) {
      if (reader_.reads_folder(request.query)) return serve_file(request, operation);
      auto read = checked(reader_.read(raw));
      if (!read) return failed(request, read.error());
      wanted = std::move(*read);
      memo.keep(wanted);
    }
  }
  cache::MemoryItemPtr hit = service_.find_in_memory(*wanted);
  if (!hit) return serve(request, std::move(wanted));
  return answer_hit(request, *wanted, std::move(hit), accepted);
}

proxy::AcceptClass ImageHandler::accepted_by(const http::Request& request) const {
  return reader_.accept_class(request.header("Accept").value_or(""));
}

/// Uploads, the question before them, and methods that are none.
ImageHandler::Reply ImageHandler::handle_other(http::Request& request, std::string_view operation) {
  if (!processor::imaginary::find_operation(operation)) return error({404, "Not found", ""});
  if (request.method == http::Method::options && request.header("Access-Control-Request-Method"))
    return preflight(request);
  if (request.method != http::Method::post)
    return std::move(error({405, std::string(wrong_method), ""}).add("Allow", "GET, HEAD, POST"));
  if (!origin_allowed(request)) return http::Response::text(403, "request origin not allowed");
  if (gate_.signs())
    if (const auto signed_right = gate_.check_signature(request, operation); !signed_right)
      return failed(request, signed_right.error());
  if (auto refusal = gate_.refuse(request, operation)) return refused(request, std::move(*refusal));
  return serve_upload(request, operation);
}

/// What a browser asks before a page of another origin sends more than a plain request (the Fetch standard's
/// CORS-preflight).
http::Response ImageHandler::preflight(const http::Request& request) const {
  if (!origin_allowed(request)) return http::Response::text(403, "request origin not allowed");
  http::Response response;
  response.status = 204;
  response.add("Access-Control-Allow-Methods", "GET, HEAD, POST");
  if (const auto wanted = request.header("Access-Control-Request-Headers"))
    response.add("Access-Control-Allow-Headers", *wanted);
  response.add("Access-Control-Max-Age", "86400").add("Vary", "Access-Control-Request-Headers");
  if (any_origin_) response.add("Access-Control-Allow-Origin", "*");
  add_cors(response, request);
  return response;
}

std::optional<http::Response> ImageHandler::refuse(const http::Request& request, std::string_view endpoint) {
  auto refusal = gate_.refuse(request, endpoint);
  if (!refusal) return std::nullopt;
  http::Response response = error(refusal->error);
  response.headers += refusal->headers;
  return response;
}

ImageHandler::Reply ImageHandler::refused(http::Request& request, Gate::Refusal refusal) {
  if (refusal.error.message != rate_refusal) return failed(request, refusal.error);
  http::Response response = error(refusal.error);
  response.headers += refusal.headers;
  return response;
}

proxy::RawRequest ImageHandler::raw_request(const http::Request& request, std::string_view operation) const {
  proxy::RawRequest raw{request.target, operation, request.query, request.header("Accept").value_or("")};
  raw.header = [&request](std::string_view name) { return request.header(name); };
  if (reader_.forwards())
    raw.forwarded = reader_.forwarded([&](std::string_view name) { return request.header(name); });
  return raw;
}

Result<proxy::ImageRequestPtr> ImageHandler::checked(Result<proxy::ImageRequestPtr> wanted) const {
  if (!wanted) return wanted;
  if (auto ok = gate_.check_steps(*(*wanted)->work); !ok) return std::unexpected(std::move(ok.error()));
  return wanted;
}

ImageHandler::Reply ImageHandler::failed(http::Request& request, const Error& why) {
  if (options_.placeholder && why.message != source::domain_refusal) return failed_later(request, why);
  metrics_.activity().failed(request, why);
  return error(why);
}

Task<http::Response> ImageHandler::failed_later(http::Request& request, Error why) {
  metrics_.activity().failed(request, why);
  if (!options_.placeholder || why.message == source::domain_refusal) co_return error(why);
  auto served = co_await service_.serve(options_.placeholder->fitting(request.query));
  if (!served) co_return error(why);
  auto picture = co_await served->reader.next(std::chrono::seconds(60));
  if (!picture) co_return error(why);
  http::Response response;
  response.status = static_cast<unsigned>(options_.placeholder_status > 0 ? options_.placeholder_status : why.status);
  response.add("Content-Type", served->head->meta->mime_type);
  response.add("Error", processor::imaginary::error_json(why));
  response.body = std::move(*picture);
  add_error_lines(response, why);
  co_return response;
}

http::Response ImageHandler::answer_hit(http::Request& request, const proxy::ImageRequest& wanted,
                                        cache::MemoryItemPtr hit, proxy::AcceptClass accepted) const {
  const Asker asker{reader_.client_class(accepted), wanted.hint_class.slow};
  http::Response response = hit_answer(request, hit, asker, metrics_);
  response.headers = wanted.client_lines;
  const cache::EntryMeta& meta = hit->entry->meta;
  if (options_.cache_policy.timed(meta)) options_.cache_policy.append(response.headers, meta, options_.now());
  add_cors(response, request);
  return response;
}

Bytes ImageHandler::hit_lines(const cache::EntryMeta& meta) const {
  std::string lines = entry_lines(meta, options_.return_size);
  append_shared_lines(lines, meta);
  append_origin(lines, proxy::Origin::memory, {});
  return Bytes::adopt(std::move(lines));
}

/// What no request changes.
void ImageHandler::append_shared_lines(std::string& lines, const cache::EntryMeta& meta) const {
  if (!options_.cache_policy.timed(meta)) options_.cache_policy.append(lines, meta, {});
  lines += vary_;
  if (options_.cache_tags) append_tags(lines, meta);
  if (any_origin_) lines += "Access-Control-Allow-Origin: *\r\nTiming-Allow-Origin: *\r\n";
}

/// In Imaginary's JSON, but for what is refused in front of it.
http::Response ImageHandler::error(const Error& error) const {
  const auto status = static_cast<unsigned>(error.status);
  const bool in_front = error.message == rate_refusal || error.message == source::domain_refusal;
  http::Response response = in_front ? http::Response::text(status, error.message)
                                     : http::Response::json(status, processor::imaginary::error_json(error));
  add_error_lines(response, error);
  return response;
}

void ImageHandler::add_error_lines(http::Response& response, const Error& error) const {
  if (error.status == 503) response.add("Retry-After", "1");
  // Whoever asks with a key, or at another time, is answered otherwise.
  const bool of_this_request = error.status == 401 || error.status == 429 || reader_.forwards();
  response.add("Cache-Control", error.status >= 500 || of_this_request ? "no-store" : "public, max-age=5");
  if (any_origin_) response.add("Access-Control-Allow-Origin", "*");
}

/// Of a file in the mounted folder, which has to be looked at.
Task<http::Response> ImageHandler::serve_file(http::Request& request, std::string_view operation) {
  auto look = [this, &request, operation] { return checked(reader_.read(raw_request(request, operation))); };
  auto wanted = co_await service_.on_disk(std::move(look));
  if (!wanted) co_return co_await failed_later(request, wanted.error());
  co_return co_await serve_found(request, std::move(*wanted));
}

/// The hash over a large body would hold up the event loop.
Task<http::Response> ImageHandler::serve_upload(http::Request& request, std::string_view operation) {
  auto look = [this, &request, operation] {
    return checked(reader_.read_upload(raw_request(request, operation), request.header("Content-Type").value_or(""),
                                       std::move(request.body)));
  };
  auto wanted = co_await service_.on_cpu(std::move(look));
  if (!wanted) co_return co_await failed_later(request, wanted.error());
  co_return co_await serve_found(request, std::move(*wanted));
}

Task<http::Response> ImageHandler::serve_found(http::Request& request, proxy::ImageRequestPtr wanted) {
  cache::MemoryItemPtr hit = service_.find_in_memory(*wanted);
  if (hit) co_return answer_hit(request, *wanted, std::move(hit), accepted_by(request));
  co_return co_await serve(request, std::move(wanted));
}

Task<http::Response> ImageHandler::serve(http::Request& request, proxy::ImageRequestPtr wanted) {
  const proxy::ImageRequestPtr asked = wanted;
  auto served = co_await service_.serve(std::move(wanted));
  if (!served) co_return co_await failed_later(request, served.error());
  co_return co_await answer(std::move(*served), *asked, request);
}

Task<http::Response> ImageHandler::answer(proxy::Served served, const proxy::ImageRequest& asked,
                                          http::Request& request) const {
  const proxy::ResultHead& head = *served.head;
  const Asker asker{reader_.client_class(accepted_by(request)), asked.hint_class.slow};
  observe(served, request, asker, metrics_);
  request.imaginary_bytes = sizes_.find(*head.meta);
  http::Response response;
  std::string lines = entry_lines(*head.meta, options_.return_size);
  append_origin(lines, origin_of(served), head.timings);
  if (head.fallback_reason.empty()) {
    append_shared_lines(lines, *head.meta);
    if (options_.cache_policy.timed(*head.meta)) options_.cache_policy.append(lines, *head.meta, options_.now());
  } else {
    http::append_header(lines, "X-Imcaxy-Fallback", head.fallback_reason);
    lines += head.meta->personal ? "Cache-Control: private, max-age=10\r\n" : "Cache-Control: public, max-age=10\r\n";
    lines += vary_;
    if (any_origin_) lines += "Access-Control-Allow-Origin: *\r\n";
  }
  lines += asked.client_lines;
  response.headers = std::move(lines);
  add_cors(response, request);
  auto whole = co_await with_body(std::move(response), std::move(served), request);
  if (!whole) co_return error(whole.error());
  co_return std::move(*whole);
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
