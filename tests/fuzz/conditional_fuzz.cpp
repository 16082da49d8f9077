// Conditional requests and ranges. The lines of an input: method, entity tag, the answer's date, its size; then header
// fields, `Name: value` each.
#include "target.hpp"

#include <charconv>
#include <string>

#include "base/clock.hpp"
#include "http/conditional.hpp"

using namespace imcaxy;
using fuzz::require;

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end != text.data() ? std::optional(value) : std::nullopt;
}

}  // namespace

FUZZ_TARGET(conditional) {
  http::Request request;
  request.method = fuzz::take_line(input) == "HEAD" ? http::Method::head : http::Method::get;
  const std::string_view etag = fuzz::take_line(input);
  const auto last_modified = from_http_date(fuzz::take_line(input));
  const auto size = number(fuzz::take_line(input));
  while (!input.empty()) {
    std::string_view line = fuzz::take_line(input);
    const std::size_t colon = line.find(": ");
    if (colon != line.npos) request.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  if (last_modified)
    require(from_http_date(to_http_date(*last_modified)) == last_modified,
            "a date that is written and read is the same");

  const http::Outcome outcome = http::evaluate(request, etag, last_modified, size);
  const unsigned s = outcome.status;
  require(s == 200 || s == 206 || s == 304 || s == 412 || s == 416, "it is one of these");
  require(outcome.range.has_value() == (s == 206), "a part is answered with a range");
  if (s == 206 || s == 416) require(request.method == http::Method::get && size, "only a GET of known size has ranges");
  if (outcome.range)
    require(outcome.range->length > 0 && outcome.range->first < *size &&
                outcome.range->length <= *size - outcome.range->first,
            "a range lies within the body");
  if (s == 206 || s == 416) require(request.header("Range").has_value(), "a range was asked for");
  if (s == 304) require(request.header("If-None-Match") || request.header("If-Modified-Since"), "a 304 was asked for");
  if (s == 412) require(request.header("If-Match") || request.header("If-Unmodified-Since"), "a 412 was asked for");

  require(http::etag_matches("*", etag), "a star matches everything");
  if (!etag.empty() && etag.find_first_of(", \t") == etag.npos) {
    require(http::etag_matches(etag, etag), "a tag matches itself");
    require(http::etag_matches("\"other\", W/" + std::string(etag), etag) || etag.starts_with("W/"),
            "a weak tag matches in a list");
  }
}
