#include "http/conditional.hpp"

#include <algorithm>
#include <charconv>

#include "base/clock.hpp"

namespace imcaxy::http {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view opaque(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

std::optional<std::uint64_t> number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// Nothing: not a single valid byte range, so the header is ignored. A length of 0: it can't be satisfied.
std::optional<ByteRange> parse_range(std::string_view header, std::uint64_t size) {
  if (!header.starts_with("bytes=")) return std::nullopt;
  const std::string_view spec = trim(header.substr(6));
  const std::size_t dash = spec.find('-');
  if (dash == spec.npos || spec.find(',') != spec.npos) return std::nullopt;
  const std::string_view from = trim(spec.substr(0, dash)), to = trim(spec.substr(dash + 1));
  if (from.empty()) {
    const auto last_bytes = number(to);
    if (!last_bytes) return std::nullopt;
    const std::uint64_t length = std::min(*last_bytes, size);
    return ByteRange{size - length, length};
  }
  const auto first = number(from);
  if (!first) return std::nullopt;
  const auto last = to.empty() ? std::optional(UINT64_MAX) : number(to);
  if (!last || *last < *first) return std::nullopt;
  if (*first >= size) return ByteRange{0, 0};
  return ByteRange{*first, std::min(*last, size - 1) - *first + 1};
}

/// If-Range needs a strong match (RFC 9110 section 13.1.5).
bool range_still_applies(const Request& request, std::string_view etag,
                         std::optional<std::chrono::sys_seconds> last_modified) {
  const auto condition = request.header("If-Range");
  if (!condition) return true;
  if (condition->find('"') != condition->npos) return *condition == etag && !etag.starts_with("W/");
  const auto date = from_http_date(*condition);
  return date && last_modified && *date == *last_modified;
}

}  // namespace

bool etag_matches(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view item = trim(list.substr(0, comma));
    if (item == "*" || (!item.empty() && opaque(item) == opaque(etag))) return true;
    if (comma == list.npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

Outcome evaluate(const Request& request, std::string_view etag, std::optional<std::chrono::sys_seconds> last_modified,
                 std::optional<std::uint64_t> size) {
  // In the order of RFC 9110 section 13.2.2.
  if (const auto if_match = request.header("If-Match")) {
    if (!etag_matches(*if_match, etag)) return {412, {}};
  } else if (const auto unmodified = request.header("If-Unmodified-Since"); unmodified && last_modified) {
    const auto date = from_http_date(*unmodified);
    if (date && *last_modified > *date) return {412, {}};
  }
  if (const auto if_none_match = request.header("If-None-Match")) {
    if (etag_matches(*if_none_match, etag)) return {304, {}};
  } else if (const auto modified = request.header("If-Modified-Since"); modified && last_modified) {
    const auto date = from_http_date(*modified);
    if (date && *last_modified <= *date) return {304, {}};
  }
  const auto range_header = request.header("Range");
  if (!range_header || request.method != Method::get || !size || !range_still_applies(request, etag, last_modified))
    return {};
  const auto range = parse_range(*range_header, *size);
  if (!range) return {};
  if (range->length == 0) return {416, {}};
  return {206, range};
}

}  // namespace imcaxy::http
