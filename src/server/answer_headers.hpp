// The header lines that every answer with a picture carries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "cache/entry.hpp"
#include "proxy/timings.hpp"

namespace imcaxy::server {

/// How long others may keep what they get. Immutable; thread-safe.
class CachePolicy {
 public:
  /// `http_cache_ttl`: IMCAXY_HTTP_CACHE_TTL in seconds; nothing: our own default.
  explicit CachePolicy(std::optional<std::int64_t> http_cache_ttl) : ttl_(http_cache_ttl) {}

  /// Appends Cache-Control, and Expires where Imaginary sends it. Our own default is shortened where the answer is to
  /// be asked after sooner than that; a hurried one may be kept for seconds.
  void append(std::string& lines, const cache::EntryMeta& meta, WallTime now) const;

  /// True when the lines of `append` depend on the time.
  bool timed(const cache::EntryMeta& meta) const { return ttl_.has_value() || meta.fresh.has_value(); }

 private:
  std::optional<std::int64_t> ttl_;
};

/// Content-Type, ETag, Last-Modified, Accept-Ranges and the entry's own headers: what is the same for all who get it.
/// Vary is not: one entry answers requests that leave more and less to their clients.
std::string entry_lines(const cache::EntryMeta& meta, bool with_size);

/// The tag of its source, for CDNs.
void append_tags(std::string& lines, const cache::EntryMeta& meta);

/// X-Cache and Server-Timing.
void append_origin(std::string& lines, proxy::Origin origin, const proxy::Timings& timings);

}  // namespace imcaxy::server
