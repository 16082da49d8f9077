#include "proxy/image_request.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cache/entry.hpp"
#include "http/multipart.hpp"
#include "http/url.hpp"

namespace imcaxy::proxy {
namespace {

namespace imaginary = processor::imaginary;

/// All but the source and what follows from it.
std::shared_ptr<ImageRequest> begin(const RawRequest& raw, const http::Query& query) {
  auto request = std::make_shared<ImageRequest>();
  request->raw_request = raw.target;
  request->endpoint = "/" + std::string(raw.operation);
  request->parameters = shaping_parameters(query);
  request->operation = {imaginary::find_operation(raw.operation), imaginary::read_params(query)};
  auto& params = request->operation.params;
  if (params && params->type == "auto") {
    params->type = imaginary::type_for_accept(raw.accept);
    request->negotiated = true;
  }
  return request;
}

Key128 key_of_original(std::string_view url) {
  return make_key(url, cache::original_type, "");
}

/// 400 in the words of Imaginary for what can't be one.
Result<SourceRef> read_source(std::string_view address) {
  if (http::has_bad_escape(address)) return fail(400, "Invalid image URL");
  auto url = http::parse_url(address);
  if (!url)
    return fail(400, fmt::format("error fetching remote http image: Get \"{}\": {}", address, url.error().message));
  const Key128 key = key_of_original(url->text);
  return SourceRef{std::move(url->text), std::move(url->host), key};
}

void finish(ImageRequest& request) {
  for (const std::string& address : imaginary::mark_addresses(request.operation))
    request.marks.emplace(address, read_source(address));
  request.signature = make_signature(request.endpoint, request.source.url, request.parameters);
  const std::string variant = request.negotiated ? "type=" + request.operation.params->type : "";
  request.key = make_key(request.signature, processor_type, variant);
}

}  // namespace

Result<ImageRequestPtr> read_request(const RawRequest& raw) {
  const http::Query query = http::parse_query(raw.query);
  const std::string_view source = http::find(query, "url").value_or("");
  if (source.empty()) return fail(400, "Cannot process the image due to missing or invalid params");
  auto ref = read_source(source);
  if (!ref) return std::unexpected(std::move(ref.error()));
  auto request = begin(raw, query);
  request->source = std::move(*ref);
  finish(*request);
  return request;
}

Result<ImageRequestPtr> read_upload(const RawRequest& raw, std::string_view content_type, std::string body) {
  auto request = begin(raw, http::parse_query(raw.query));
  request->uploaded = true;
  request->upload = Bytes::adopt(std::move(body));
  if (ascii_lower(content_type).starts_with("multipart/")) {
    const auto file = http::form_field(content_type, request->upload.view(), "file");
    if (!file) return std::unexpected(file.error());
    request->upload = Bytes::wrap(*file, std::make_shared<const Bytes>(request->upload));
  }
  if (request->upload.empty()) return fail(400, "Empty or unreadable image");
  request->source.url = "body:" + sha256_hex(request->upload.view());
  request->source.key = key_of_original(request->source.url);
  finish(*request);
  return request;
}

}  // namespace imcaxy::proxy
