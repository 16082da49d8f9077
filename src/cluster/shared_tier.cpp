#include "cluster/shared_tier.hpp"

#include <algorithm>
#include <charconv>
#include <future>
#include <unordered_set>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/hash.hpp"

namespace imcaxy::cluster {
namespace {

using cache::Purged;
using s3::Failure;

constexpr std::int64_t batch = 500;
constexpr std::string_view folder = "imcaxy/";
/// Whoever waits for a picture can have it made in less.
constexpr auto patience = std::chrono::seconds(2);
/// Longer than any production and any upload.
constexpr auto orphan_after = std::chrono::hours(1);
constexpr int orphan_pages = 5;
/// Of the time of the last use, which is no reason to write at every hit.
constexpr auto access_precision = std::chrono::hours(1);

std::unexpected<Error> unreachable(const mongo::Failure& failure) {
  return fail(503, "MongoDB can't be used", failure.text);
}
std::unexpected<Error> unreachable(const Failure& failure) {
  return fail(503, "the bucket can't be used", failure.text);
}

/// Names are never used twice, and tell when they were made.
std::string object_name(const Key128& key) {
  const std::string digits = key.hex();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(Clock::system().now()).time_since_epoch().count();
  return fmt::format("{}{}/{}-{}-{}", folder, digits.substr(0, 2), digits, seconds, random_hex(4));
}

/// Nothing for names of another kind, which are not ours to remove.
std::optional<WallTime> made_at(std::string_view object) {
  if (!object.starts_with(folder)) return std::nullopt;
  const std::size_t begin = object.find('-'), end = object.rfind('-');
  if (begin == object.npos || end <= begin) return std::nullopt;
  const std::string_view text = object.substr(begin + 1, end - begin - 1);
  std::int64_t seconds = 0;
  const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (code != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return WallTime(std::chrono::seconds(seconds));
}

template <class T, class Ask>
s3::Outcome<T> wait_for(Ask ask) {
  const auto promise = std::make_shared<std::promise<s3::Outcome<T>>>();
  auto future = promise->get_future();
  ask([promise](s3::Outcome<T> outcome) { promise->set_value(std::move(outcome)); });
  return future.get();  // the client calls back, whatever happens
}

}  // namespace

Result<std::optional<StoredImage>> SharedTier::find(const std::string& signature, const std::string& processor) {
  auto found = images_.find(signature, processor);
  if (!found) {
    ++stats_.read_errors;
    return unreachable(found.error());
  }
  const auto nothing = [&] {
    ++stats_.misses;
    return std::optional<StoredImage>();
  };
  if (!*found) return nothing();
  const StoredImage& image = **found;
  const WallTime now = Clock::system().now();
  // One that is no longer fresh is no better than none: whoever made it asks its source, and others ask it themselves.
  if (cache::expired(image.meta, now) || cache::stale(image.meta, now)) return nothing();
  auto stale = log_.names(image.meta.source_url, image.since);
  if (!stale) {
    ++stats_.read_errors;
    return unreachable(stale.error());
  }
  if (*stale) {
    ++stats_.stale;
    return nothing();
  }
  if (now - image.last_access > access_precision) (void)images_.touch(image);
  return std::move(*found);
}

void SharedTier::read(const StoredImage& image, OnBytes on_bytes, std::move_only_function<void(Result<void>)> done) {
  bucket_.get(
      {.key = image.object, .max_bytes = image.bytes, .first_byte_within = patience, .on_bytes = std::move(on_bytes)},
      [this, done = std::move(done), bytes = image.bytes](s3::Outcome<s3::ObjectHead> outcome) mutable {
        if (outcome && outcome->bytes == bytes) {
          ++stats_.hits;
          return done({});
        }
        using Kind = Failure::Kind;
        const Kind kind = outcome ? Kind::damaged : outcome.error().kind;
        const std::string text = outcome ? "its length is another" : outcome.error().text;
        if (kind == Kind::not_found) return done(fail(404, "the bytes are gone", text));
        if (kind == Kind::damaged || kind == Kind::too_large) {
          ++stats_.damaged;
          return done(fail(502, "the bytes are damaged", text));
        }
        ++stats_.read_errors;
        done(fail(503, "the bucket can't be used", text));
      });
}

void SharedTier::forget(const StoredImage& image) {
  spdlog::warn("a shared picture is made again, since its bytes are gone or damaged: {}", image.meta.raw_request);
  if (auto removed = remove({image}); !removed) spdlog::debug("it was not removed: {}", removed.error().cause);
}

Result<void> SharedTier::store(const cache::Entry& entry, Position since) {
  StoredImage image{.meta = entry.meta,
                    .bytes = entry.body.size(),
                    .object = object_name(entry.meta.key),
                    .since = since,
                    .last_access = Clock::system().now()};
  const auto put = wait_for<void>([&](auto done) {
    bucket_.put({.key = image.object, .body = s3::UploadBody::of(entry.body), .content_type = image.meta.mime_type},
                std::move(done));
  });
  if (!put) {
    ++stats_.write_errors;
    return unreachable(put.error());
  }
  auto kept = images_.put(image);
  if (!kept) {
    ++stats_.write_errors;
    return unreachable(kept.error());  // its object is an orphan now
  }
  if (kept->kept) {
    ++stats_.stored;
    stats_.bytes_stored += image.bytes;
  }
  const std::string& unused = kept->kept ? kept->replaced : image.object;
  if (!unused.empty()) remove_objects({unused});
  return {};
}

Result<void> SharedTier::renew(const cache::EntryMeta& meta) {
  if (auto renewed = images_.renew(meta); !renewed) return unreachable(renewed.error());
  return {};
}

void SharedTier::remove_objects(std::vector<std::string> objects) {
  const auto removed =
      wait_for<std::vector<s3::Undeleted>>([&](auto done) { bucket_.remove(std::move(objects), std::move(done)); });
  // Nothing names them any more: they are orphans, which are looked for.
  if (!removed) spdlog::debug("objects stay in the bucket for now: {}", removed.error().text);
}

Result<void> SharedTier::remove(const std::vector<StoredImage>& images) {
  std::vector<std::string> objects;
  for (const StoredImage& image : images) {
    // First what makes it visible.
    if (auto removed = images_.remove(image); !removed) return unreachable(removed.error());
    objects.push_back(image.object);
  }
  if (!objects.empty()) remove_objects(std::move(objects));
  return {};
}

std::vector<Purged> SharedTier::purge(const cache::UrlSet& set) {
  std::vector<Purged> out;
  for (;;) {
    auto found = images_.of_sources(set, batch);
    if (!found || found->empty()) break;
    if (auto removed = remove(*found); !removed) {
      spdlog::warn("invalidated pictures stay in the database, though nobody serves them: {}", removed.error().cause);
      break;
    }
    for (StoredImage& image : *found) out.push_back({std::move(image.meta), image.bytes});
  }
  return out;
}

Result<void> SharedTier::keep_bounds(std::uint64_t max_bytes) {
  for (;;) {
    auto over = images_.expired(batch);
    if (!over) return unreachable(over.error());
    if (over->empty()) break;
    if (auto removed = remove(*over); !removed) return removed;
    stats_.expirations += over->size();
  }
  auto total = images_.total();
  if (!total) return unreachable(total.error());
  while (max_bytes > 0 && total->bytes > max_bytes && total->images > 0) {
    auto oldest = images_.least_used(batch);
    if (!oldest) return unreachable(oldest.error());
    std::vector<StoredImage> leaving;
    for (StoredImage& image : *oldest) {
      if (total->bytes <= max_bytes) break;
      total->bytes -= std::min(total->bytes, image.bytes);
      --total->images;
      leaving.push_back(std::move(image));
    }
    if (leaving.empty()) break;
    if (auto removed = remove(leaving); !removed) return removed;
    stats_.evictions += leaving.size();
  }
  stats_.images = total->images;
  stats_.bytes = total->bytes;
  return {};
}

Result<void> SharedTier::remove_orphans() {
  const WallTime latest = Clock::system().now() - orphan_after;
  for (int page = 0; page < orphan_pages; ++page) {
    const auto listed = wait_for<s3::ListPage>(
        [&](auto done) { bucket_.list({.prefix = std::string(folder), .page = orphans_page_}, std::move(done)); });
    if (!listed) return unreachable(listed.error());
    std::vector<std::string> old;
    for (const s3::Listed& object : listed->objects)
      if (const auto made = made_at(object.key); made && *made < latest) old.push_back(object.key);
    if (!old.empty()) {
      auto named = images_.named(old);
      if (!named) return unreachable(named.error());
      const std::unordered_set<std::string> in_use(named->begin(), named->end());
      std::erase_if(old, [&](const std::string& object) { return in_use.contains(object); });
      if (!old.empty()) remove_objects(std::move(old));
    }
    orphans_page_ = listed->next;
    if (orphans_page_.empty()) break;
  }
  return {};
}

}  // namespace imcaxy::cluster
