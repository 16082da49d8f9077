// What the cache keeps: bytes, and what there is to know of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/hash.hpp"

namespace imcaxy::cache {

/// The processor type of what a source sent, unprocessed.
inline constexpr std::string_view original_type = "original";
/// And of its reduced form.
inline constexpr std::string_view reduced_type = "reduced";

/// Headers that tell a picture's size, as Imaginary names them. Always kept, sent where that is wanted.
inline constexpr std::string_view width_header = "Image-Width", height_header = "Image-Height";

/// Where the quality was chosen for a score: the codec's own number, and the score, by SSIMULACRA 2, that is expected.
inline constexpr std::string_view quality_header = "X-Imcaxy-Quality", score_header = "X-Imcaxy-Score";

/// Until when an entry is used without asking its source whether it still holds, and what it is good for after that.
struct Freshness {
  WallTime until;
  WallTime while_revalidate;  ///< served at once, and the source is asked behind that
  WallTime if_error;          ///< served when the source can't be asked

  WallTime end() const { return std::max({until, while_revalidate, if_error}); }
  bool operator==(const Freshness&) const = default;
};

/// How long a hurried answer is used, here and by others: by then it has been replaced by a better one.
inline constexpr std::chrono::seconds hurried_time{10};

/// Describes one entry; kept with the bytes, in the entry's file and in the index. Field names follow the original
/// system's documents (design section 13).
struct EntryMeta {
  Key128 key;
  std::string request_signature;   ///< canonical, `|path|source|key=v1,v2|...|`
  std::string raw_request;         ///< path and query as they came
  std::string processor_type;      ///< "imaginary"
  std::string processor_endpoint;  ///< "/resize"
  std::string mime_type;
  std::string source_url;  ///< what an invalidation names
  std::map<std::string, std::vector<std::string>> processing_params;
  std::string etag;  ///< with its quotes
  std::vector<std::pair<std::string, std::string>>
      headers;                       ///< further ones of the answer (Image-Width, an original's Last-Modified)
  std::uint64_t original_bytes = 0;  ///< of a picture: how many bytes it was made of; 0: nobody knows
  bool personal = false;             ///< made of what the source gave to one client: not for shared caches
  bool hurried = false;              ///< a better one is on its way; only in memory, never on a disk
  WallTime created;                  ///< when its source's bytes were asked for
  std::optional<WallTime> expires;   ///< nothing: until invalidated
  std::optional<Freshness> fresh;    ///< nothing: until it expires
  std::string source_hash;           ///< of the bytes that it was made of; known where `fresh` is
  int effort = 0;                    ///< of the search for its encoding (image/refine.hpp); 0: there was none yet

  bool operator==(const EntryMeta&) const = default;
};

/// Whether it is one of the answers, and not what they are made of.
inline bool is_answer(const EntryMeta& meta) {
  return meta.processor_type != original_type && meta.processor_type != reduced_type;
}

struct Entry {
  EntryMeta meta;
  Bytes body;
};

using EntryPtr = std::shared_ptr<const Entry>;

/// True when its source is to be asked whether it still holds.
inline bool stale(const EntryMeta& meta, WallTime now) {
  return meta.fresh && meta.fresh->until <= now;
}

/// True when the entry's time is over. An entry from the future (the clock went back) is fresh.
inline bool expired(const EntryMeta& meta, WallTime now) {
  return meta.expires && *meta.expires <= now;
}

}  // namespace imcaxy::cache
