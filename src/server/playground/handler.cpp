#include "server/playground/handler.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "base/counted.hpp"
#include "http/query.hpp"
#include "image/likeness.hpp"
#include "processor/imaginary/operations.hpp"
#include "processor/imaginary/params.hpp"

namespace imcaxy::server {
namespace {

using nlohmann::ordered_json;
namespace imaginary = processor::imaginary;

/// The metric needs some 60 bytes for each.
constexpr image::Limits scored{.max_pixels = 4'000'000};
constexpr int most_running = 2;
constexpr auto patience = std::chrono::seconds(60);

/// The same picture without the losses of its format.
std::string without_losses(const http::Query& query) {
  std::string out = "type=png";
  for (const auto& [name, value] : query)
    if (name != "type" && name != "quality" && name != "palette" && name != "compression")
      out += "&" + http::percent_encode(name) + "=" + http::percent_encode(value);
  return out;
}

http::Response fresh(http::Response response) {
  response.add("Cache-Control", "no-store");
  return response;
}

}  // namespace

PlaygroundHandler::Reply PlaygroundHandler::handle(http::Request& request, std::string_view path) {
  constexpr std::string_view score_of = "score/";
  if (path == "grammar" && request.is_get_or_head()) return grammar();
  if (!path.starts_with(score_of))
    return fresh(http::Response::text(404, "there is grammar and score/<operation> here"));
  const bool asks = request.method == http::Method::get || request.method == http::Method::post;
  if (!asks) return std::move(fresh(http::Response::text(405, "GET or POST it")).add("Allow", "GET, POST"));
  return score(request, path.substr(score_of.size()));
}

http::Response PlaygroundHandler::grammar() const {
  ordered_json out{{"operations", ordered_json::array()}, {"parameters", ordered_json::array()}, {"types", {}}};
  for (const imaginary::Operation& operation : imaginary::all_operations())
    if (!gate_.is_disabled(operation.name)) out["operations"].push_back(operation.name);
  for (const std::string_view name : imaginary::parameter_names()) out["parameters"].push_back(name);
  using image::Format;
  for (const Format format : {Format::jpeg, Format::png, Format::webp, Format::avif, Format::gif, Format::tiff,
                              Format::heif, Format::jxl, Format::jp2k})
    if (image::is_writable(format)) out["types"].push_back(image::name(format));
  out["needsKey"] = gate_.needs_key();
  out["needsSignature"] = gate_.signs();
  return fresh(http::Response::json(200, out.dump()));
}

http::Response PlaygroundHandler::refusal(const Error& error) const {
  http::Response response =
      fresh(http::Response::json(static_cast<unsigned>(error.status), imaginary::error_json(error)));
  if (error.status == 429 || error.status == 503) response.add("Retry-After", "1");
  return response;
}

Result<PlaygroundHandler::Pair> PlaygroundHandler::read(http::Request& request, std::string_view operation) const {
  proxy::RawRequest raw{request.target, operation, request.query, request.header("Accept").value_or("")};
  if (reader_.forwards())
    raw.forwarded = reader_.forwarded([&](std::string_view name) { return request.header(name); });
  const std::string query = without_losses(http::parse_query(request.query));
  proxy::RawRequest other = raw;
  other.query = query;
  if (operation == "autorotate") other.operation = "convert";  // the one that heeds no type
  const auto read_one = [&](const proxy::RawRequest& one) {
    if (request.method != http::Method::post) return reader_.read(one);
    return reader_.read_upload(one, request.header("Content-Type").value_or(""), request.body);
  };
  auto answer = read_one(raw);
  if (!answer) return std::unexpected(std::move(answer.error()));
  auto lossless = read_one(other);
  if (!lossless) return std::unexpected(std::move(lossless.error()));
  return Pair{std::move(*answer), std::move(*lossless)};
}

Task<Result<cache::EntryPtr>> PlaygroundHandler::make(proxy::ImageRequestPtr wanted) {
  if (const auto hit = service_.find_in_memory(*wanted)) co_return hit->entry;
  auto served = co_await service_.serve(wanted);
  if (!served) co_return std::unexpected(served.error());
  if (!served->head->fallback_reason.empty()) co_return fail(400, served->head->fallback_reason);
  auto entry = std::make_shared<cache::Entry>();
  entry->meta = *served->head->meta;
  auto body = co_await served->reader.next(patience);  // made here, so it comes in one piece
  if (!body) co_return std::unexpected(body.error());
  entry->body = std::move(*body);
  co_return entry;
}

Task<http::Response> PlaygroundHandler::score(http::Request& request, std::string_view operation) {
  const imaginary::Operation* const known = imaginary::find_operation(operation);
  if (!known) co_return refusal({404, "Not found", ""});
  if (known->kind != imaginary::Operation::Kind::edit)
    co_return refusal({400, "the answers of " + std::string(operation) + " are not scored", ""});
  if (gate_.signs())
    if (const auto signed_right = gate_.check_signature(request, operation); !signed_right)
      co_return refusal(signed_right.error());
  if (const auto refused = gate_.refuse(request, operation)) co_return refusal(refused->error);
  if (!rate_.take(RateLimit::Steady::now()).admitted || running_ >= most_running)
    co_return refusal({429, "too many scores at once; try again in a second", ""});
  const Counted running(running_);

  // Hashing a body and looking at a file would hold up the event loop.
  auto look = [&] { return read(request, operation); };
  const auto pair = co_await service_.on_cpu(std::move(look));
  if (!pair) co_return refusal(pair.error());
  const auto answer = co_await make(pair->answer);
  if (!answer) co_return refusal(answer.error());
  const auto lossless = co_await make(pair->lossless);
  if (!lossless) co_return refusal(lossless.error());
  auto compare = [first = *lossless, second = *answer] { return image::likeness(first->body, second->body, scored); };
  const auto score = co_await service_.on_cpu(std::move(compare));
  if (!score && score.error().status == 422)
    co_return refusal({400, "answers of more than 4 megapixels are not scored", ""});
  if (!score) co_return refusal(score.error());
  const cache::EntryMeta& meta = (*answer)->meta;
  const ordered_json out{{"score", std::round(*score * 100) / 100},
                         {"type", meta.mime_type},
                         {"bytes", (*answer)->body.size()},
                         {"losslessBytes", (*lossless)->body.size()},
                         {"originalBytes", meta.original_bytes}};
  co_return fresh(http::Response::json(200, out.dump()));
}

}  // namespace imcaxy::server
