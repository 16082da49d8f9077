#include "server/gate.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "http/url_signature.hpp"
#include "processor/imaginary/operations.hpp"

namespace imcaxy::server {
namespace {

namespace imaginary = processor::imaginary;

std::int64_t whole_seconds(std::chrono::nanoseconds time) {
  return static_cast<std::int64_t>(std::ceil(std::chrono::duration<double>(time).count()));
}

}  // namespace

Result<void> Gate::check(const GateOptions& options) {
  for (const std::string& name : options.disabled_endpoints)
    if (!imaginary::find_operation(ascii_lower(name)) && ascii_lower(name) != "health" && ascii_lower(name) != "form")
      return fail(400, "IMCAXY_DISABLE_ENDPOINTS: '" + name +
                           "' is no endpoint; those are health, form, and the operations, such as crop or pipeline");
  return {};
}

Gate::Gate(GateOptions options) : options_(std::move(options)) {
  for (std::string& name : options_.disabled_endpoints) name = ascii_lower(name);
  if (options_.requests_per_second <= 0) return;
  reading_ = std::make_unique<RateLimit>(options_.requests_per_second, options_.burst);
  uploading_ = std::make_unique<RateLimit>(options_.requests_per_second, options_.burst);
}

std::optional<Gate::Refusal> Gate::refuse(const http::Request& request, std::string_view endpoint) {
  if (!options_.api_key.empty() && !has_key(request)) return Refusal{{401, "Invalid or missing API key", ""}, {}};
  if (reading_)
    if (auto refusal = limit(request)) return refusal;
  if (is_disabled(endpoint)) return Refusal{{501, "Not implemented endpoint", ""}, {}};
  return std::nullopt;
}

bool Gate::has_key(const http::Request& request) const {
  if (const auto header = request.header("API-Key"); header && !header->empty())
    return equal_constant_time(*header, options_.api_key);
  const http::Query query = http::parse_query(request.query);
  return equal_constant_time(http::find(query, "key").value_or(""), options_.api_key);
}

bool Gate::is_disabled(std::string_view endpoint) const {
  return std::ranges::find(options_.disabled_endpoints, endpoint) != options_.disabled_endpoints.end();
}

std::optional<Gate::Refusal> Gate::limit(const http::Request& request) {
  RateLimit& rate = request.method == http::Method::post ? *uploading_ : *reading_;
  const RateLimit::Decision decision = rate.take(RateLimit::Steady::now());
  if (decision.admitted) return std::nullopt;
  return Refusal{
      {429, std::string(rate_refusal), ""},
      fmt::format("Retry-After: {}\r\nX-RateLimit-Limit: {}\r\nX-RateLimit-Remaining: {}\r\nX-RateLimit-Reset: {}\r\n",
                  whole_seconds(decision.retry_after), decision.limit, decision.remaining,
                  whole_seconds(decision.full_after))};
}

Result<void> Gate::check_signature(const http::Request& request, std::string_view operation) const {
  const std::string bare = fmt::format("/{}", operation), prefixed = options_.path_prefix + bare;
  using http::SignatureCheck;
  const SignatureCheck outcome = http::check_signature({request.path, prefixed, bare}, http::parse_query(request.query),
                                                       options_.url_signature_key);
  if (outcome == SignatureCheck::malformed) return fail(400, "Invalid URL signature");
  if (outcome == SignatureCheck::wrong) return fail(403, "URL signature mismatch");
  return {};
}

Result<void> Gate::check_steps(const processor::Work& work) const {
  if (options_.disabled_endpoints.empty()) return {};
  for (const std::string_view step : work.steps()) {
    const imaginary::Operation* operation = imaginary::find_in_pipelines(step);
    if (operation && is_disabled(operation->name))
      return fail(400, "Error while processing the image: the operation " + std::string(step) +
                           " is switched off here (IMCAXY_DISABLE_ENDPOINTS)");
  }
  return {};
}

}  // namespace imcaxy::server
