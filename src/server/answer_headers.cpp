#include "server/answer_headers.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cache/tag.hpp"
#include "http/message.hpp"

namespace imcaxy::server {

namespace {

constexpr std::int64_t usual_age = 600, usual_stale = 86400;

/// Whole seconds until then, within these bounds.
std::int64_t seconds_until(WallTime then, WallTime now, std::int64_t most) {
  return std::clamp<std::int64_t>(std::chrono::floor<std::chrono::seconds>(then - now).count(), 0, most);
}

std::string own_default(const cache::EntryMeta& meta, WallTime now) {
  std::int64_t age = usual_age, stale = usual_stale;
  if (meta.fresh) {
    age = seconds_until(meta.fresh->until, now, usual_age);
    stale = seconds_until(meta.fresh->while_revalidate, std::max(meta.fresh->until, now), usual_stale);
  }
  if (meta.personal) return fmt::format("Cache-Control: private, max-age={}\r\n", age);
  return fmt::format("Cache-Control: public, max-age={}, stale-while-revalidate={}\r\n", age, stale);
}

}  // namespace

void CachePolicy::append(std::string& lines, const cache::EntryMeta& meta, WallTime now) const {
  const bool personal = meta.personal;
  if (meta.hurried && ttl_.value_or(1) > 0) {
    lines +=
        fmt::format("Cache-Control: {}, max-age={}\r\n", personal ? "private" : "public", cache::hurried_time.count());
    return;
  }
  if (!ttl_) {
    lines += own_default(meta, now);
  } else if (*ttl_ == 0) {
    lines += "Cache-Control: private, no-cache, no-store, must-revalidate\r\n";
  } else if (personal) {
    lines += fmt::format("Cache-Control: private, max-age={}, no-transform\r\n", *ttl_);
  } else {
    lines += fmt::format("Cache-Control: public, s-maxage={0}, max-age={0}, no-transform\r\n", *ttl_);
  }
  if (ttl_) http::append_header(lines, "Expires", to_http_date(now + std::chrono::seconds(*ttl_)));
}

std::string entry_lines(const cache::EntryMeta& meta, bool with_size) {
  std::string lines;
  http::append_header(lines, "Content-Type", meta.mime_type);
  http::append_header(lines, "ETag", meta.etag);
  http::append_header(lines, "Last-Modified", to_http_date(meta.created));
  lines += "Accept-Ranges: bytes\r\nX-Content-Type-Options: nosniff\r\n";
  for (const auto& [name, value] : meta.headers) {
    const bool is_size = name == cache::width_header || name == cache::height_header;
    if (name != "Vary" && (with_size || !is_size)) http::append_header(lines, name, value);
  }
  return lines;
}

void append_tags(std::string& lines, const cache::EntryMeta& meta) {
  const std::string tag = cache::tag_of(meta.source_url);
  http::append_header(lines, "Cache-Tag", tag);
  http::append_header(lines, "Surrogate-Key", tag);
}

void append_origin(std::string& lines, proxy::Origin origin, const proxy::Timings& timings) {
  lines += "X-Cache: ";
  lines += to_text(origin);
  if (origin == proxy::Origin::memory) {
    lines += "\r\nServer-Timing: cache;desc=\"memory\"\r\n";
    return;
  }
  lines += "\r\nServer-Timing: ";
  const std::pair<const char*, proxy::Milliseconds> figures[] = {
      {"cache", timings.cache}, {"queue", timings.queue}, {"fetch", timings.fetch}, {"process", timings.process}};
  bool first = true;
  for (const auto& [name, took] : figures) {
    lines += fmt::format("{}{};dur={:.1f}", first ? "" : ", ", name, took.count());
    first = false;
  }
  lines += "\r\n";
}

}  // namespace imcaxy::server
