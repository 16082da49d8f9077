// What is known of the pictures that the nodes share: the collection `cachedImages`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cache/entry.hpp"
#include "cache/url_set.hpp"
#include "cluster/event_log.hpp"
#include "mongo/client.hpp"

namespace imcaxy::cluster {

struct StoredImage {
  cache::EntryMeta meta;
  std::uint64_t bytes = 0;
  std::string object;      ///< the name of its bytes in the bucket
  Position since = 0;      ///< how much of the log its maker had applied
  WallTime last_access{};  ///< to the hour
};

/// Documents have the original system's fields, so that it and its clients can read them, and ours beside them. Its own
/// documents, which lack ours, are read as well. Thread-safe; blocks.
class Images {
 public:
  explicit Images(mongo::Client& mongo) : mongo_(mongo) {}

  mongo::Outcome<void> prepare();

  /// `signature`: as `stored_signature` makes it.
  mongo::Outcome<std::optional<StoredImage>> find(const std::string& signature, const std::string& processor);

  struct Put {
    bool kept = false;     ///< else there is one by a maker that knew more of the log
    std::string replaced;  ///< the object that nothing names any more; empty: none
  };
  mongo::Outcome<Put> put(const StoredImage& image);

  mongo::Outcome<void> touch(const StoredImage& image);
  /// Its source says that it still holds: new times, unless it was made of other bytes meanwhile.
  mongo::Outcome<void> renew(const cache::EntryMeta& meta);

  /// Unless it was replaced meanwhile.
  mongo::Outcome<void> remove(const StoredImage& image);

  /// Some of those whose source is in the set; again until there are none.
  mongo::Outcome<std::vector<StoredImage>> of_sources(const cache::UrlSet& set, std::int64_t limit);
  /// Some of those whose time is over.
  mongo::Outcome<std::vector<StoredImage>> expired(std::int64_t limit);
  /// Those that were not asked for for longest.
  mongo::Outcome<std::vector<StoredImage>> least_used(std::int64_t limit);

  /// The next ones behind `last`, in the order of their signatures; from the beginning where it is nothing.
  mongo::Outcome<std::vector<StoredImage>> page(const std::optional<StoredImage>& last, std::int64_t limit);

  struct Total {
    std::uint64_t images = 0, bytes = 0;
  };
  mongo::Outcome<Total> total();

  /// Which of these objects a document names.
  mongo::Outcome<std::vector<std::string>> named(const std::vector<std::string>& objects);

 private:
  mongo::Outcome<std::vector<StoredImage>> several(mongo::Document filter, std::int64_t limit, mongo::Document sort);

  mongo::Client& mongo_;
};

/// What tells a picture from all others of its processor. `negotiated`: its format depends on who asks.
std::string stored_signature(const std::string& signature, const Key128& key, bool negotiated);
std::string stored_signature(const cache::EntryMeta& meta);

/// Where the original system put the bytes of a picture.
std::string original_object_name(std::string_view signature, std::string_view processor);

}  // namespace imcaxy::cluster
