#include "server/placeholder.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/hash.hpp"
#include "http/query.hpp"
#include "image/header.hpp"

namespace imcaxy::server {
namespace {

namespace imaginary = processor::imaginary;

/// A grey card with the outline of a landscape.
constexpr std::string_view default_picture =
    R"(<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="1200"><rect width="1200" height="1200" fill="#e4e4e7"/>)"
    R"(<g fill="none" stroke="#b4b4bb" stroke-width="24" stroke-linejoin="round"><rect x="400" y="440" width="400" height="320" rx="24"/>)"
    R"(<path d="M424 736 540 592l84 96 60-60 92 108"/><circle cx="692" cy="536" r="36"/></g></svg>)";

constexpr std::size_t most_file_bytes = 32u << 20;

/// The value of a parameter that would be right in a request of its own.
std::string usable(const http::Query& query, std::string_view name) {
  const auto value = http::find(query, name);
  if (!value || value->empty()) return {};
  const auto params = imaginary::read_params({{std::string(name), std::string(*value)}});
  if (!params || (name == "type" && !image::is_writable(image::from_name(*value)))) return {};
  if (name != "type" && params->width == 0 && params->height == 0) return {};
  return std::string(*value);
}

}  // namespace

Placeholder::Placeholder(Bytes picture) : picture_(std::move(picture)), format_(image::sniff(picture_.view())) {
  source_.url = source_.identity = "body:" + sha256_hex(picture_.view());
}

Result<Placeholder> Placeholder::open(const std::string& path, const image::Limits& limits) {
  if (path == "default") return Placeholder(Bytes::copy(default_picture));
  const auto wrong = [&](const std::string& why) {
    return fail(400, fmt::format("IMCAXY_PLACEHOLDER={}: {}", path, why));
  };
  auto bytes = read_file(path, most_file_bytes);
  if (!bytes) return wrong(bytes.error().message);
  Bytes picture = Bytes::adopt(std::move(*bytes));
  if (!image::is_readable(image::sniff(picture.view())))
    return wrong("it is no picture of a format that this server reads");
  if (const auto header = image::read_header(picture, limits); !header) return wrong(header.error().message);
  return Placeholder(std::move(picture));
}

proxy::ImageRequestPtr Placeholder::fitting(std::string_view failed_query) const {
  const http::Query asked = http::parse_query(failed_query);
  http::Query query;
  for (const std::string_view name : {"width", "height", "type"})
    if (std::string value = usable(asked, name); !value.empty()) query.emplace_back(name, std::move(value));
  const bool sized = http::find(query, "width") || http::find(query, "height");
  const bool boxed = http::find(query, "width") && http::find(query, "height");
  if (!http::find(query, "type") && !image::is_raster(format_)) query.emplace_back("type", "jpeg");
  const bool typed = http::find(query, "type").has_value();
  if (boxed) query.emplace_back("force", "true");

  auto request = std::make_shared<proxy::ImageRequest>();
  request->endpoint = "/placeholder";
  request->raw_request = request->endpoint;
  request->source = source_;
  request->parameters = proxy::shaping_parameters(query);
  const char* operation = sized ? "resize" : typed ? "convert" : "autorotate";
  request->work = std::make_shared<const imaginary::Native>(
      imaginary::Request{imaginary::find_operation(operation), imaginary::read_params(query)});
  request->uploaded = true;
  request->upload = picture_;
  request->signature = proxy::make_signature(request->endpoint, request->source.url, request->parameters);
  request->key = proxy::make_key(request->signature, request->processor, "");
  return request;
}

}  // namespace imcaxy::server
