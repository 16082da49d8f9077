#include "s3/place.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "http/query.hpp"

namespace imcaxy::s3 {
namespace {

constexpr std::string_view lower_and_digits = "abcdefghijklmnopqrstuvwxyz0123456789";

bool is_one_of(char c, std::string_view set) {
  return set.find(c) != set.npos;
}

/// The rules of S3's general purpose buckets.
bool is_bucket(std::string_view name) {
  if (name.size() < 3 || name.size() > 63 || name.find("..") != name.npos) return false;
  if (!is_one_of(name.front(), lower_and_digits) || !is_one_of(name.back(), lower_and_digits)) return false;
  if (!std::ranges::all_of(name, [](char c) { return is_one_of(c, lower_and_digits) || c == '-' || c == '.'; }))
    return false;
  return !HostPort{std::string(name), std::nullopt}.is_address();
}

/// It is a part of what is signed, so it can't have signs of its own.
bool is_location(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return is_one_of(ascii_lower(c), lower_and_digits) || c == '-' || c == '_';
  });
}

std::string encoded_path(std::string_view key) {
  std::string out;
  for (;;) {
    const std::size_t slash = key.find('/');
    out += http::percent_encode(key.substr(0, slash));
    if (slash == key.npos) return out;
    out += '/';
    key.remove_prefix(slash + 1);
  }
}

}  // namespace

Result<Place> Place::of(const PlaceOptions& options) {
  Place place;
  auto endpoint = parse_host_port(options.endpoint);
  if (!endpoint) return std::unexpected(std::move(endpoint.error()));
  place.endpoint_ = std::move(*endpoint);
  if (!is_bucket(options.bucket))
    return fail(
        400,
        fmt::format("'{}' can't name a bucket: 3 to 63 lower-case letters, digits, dots and hyphens, with a letter "
                    "or digit at both ends, and no IP address",
                    options.bucket));
  if (!is_location(options.location))
    return fail(400, fmt::format("'{}' can't name a location: letters, digits and hyphens, such as us-east-1",
                                 options.location));
  if (options.virtual_host && place.endpoint_.is_address())
    return fail(
        400, fmt::format("the bucket can't be a part of the host's name where the endpoint is an address ({}): use a "
                         "name, or path style",
                         place.endpoint_.text()));
  place.bucket_ = options.bucket;
  place.location_ = options.location;
  place.tls_ = options.tls;
  place.virtual_host_ = options.virtual_host;
  return place;
}

std::string Place::url(std::string_view key, std::string_view query) const {
  std::string out = tls_ ? "https://" : "http://";
  out += virtual_host_ ? fmt::format("{}.{}/", bucket_, endpoint_.text())
                       : fmt::format("{}/{}", endpoint_.text(), bucket_);
  if (!key.empty() && !virtual_host_) out += '/';
  out += encoded_path(key);
  if (!query.empty()) out += '?';
  return out += query;
}

bool is_key(std::string_view key) {
  if (key.empty() || key.size() > 1024) return false;
  for (std::string_view rest = key; !rest.empty();) {
    const std::size_t length = utf8_length(rest);
    if (length == 0 || static_cast<unsigned char>(rest.front()) < 0x20 || rest.front() == 0x7f) return false;
    rest.remove_prefix(length);
  }
  for (std::string_view rest = key;;) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == rest.npos) return true;
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace imcaxy::s3
