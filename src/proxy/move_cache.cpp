#include "proxy/move_cache.hpp"

#include <future>

#include "proxy/signature.hpp"

namespace imcaxy::proxy {
namespace {

using cluster::StoredImage;

constexpr std::int64_t page_size = 200;

std::unexpected<Error> no_database(const mongo::Failure& failure) {
  return fail(503, "MongoDB can't be used: " + failure.text + "; run it again, it goes on where it was");
}

std::unexpected<Error> with_advice(Error error) {
  error.message += ": " + std::exchange(error.cause, "") + "; run it again, it goes on where it was";
  return std::unexpected(std::move(error));
}

Result<std::string> read(cluster::SharedTier& tier, const StoredImage& image) {
  const auto body = std::make_shared<std::string>();
  const auto promise = std::make_shared<std::promise<Result<void>>>();
  auto future = promise->get_future();
  const auto take = [body](std::string_view bytes) {
    body->append(bytes);
    return true;
  };
  tier.read(image, take, [promise](Result<void> done) { promise->set_value(std::move(done)); });
  if (auto done = future.get(); !done) return std::unexpected(std::move(done.error()));
  return std::move(*body);
}

Result<void> keep(cache::DiskTier& tier, const StoredImage& image, std::string body) {
  cache::Entry entry{image.meta, Bytes::adopt(std::move(body))};
  if (entry.meta.etag.empty()) entry.meta.etag = '"' + hash128(entry.body.view()).hex() + '"';
  auto staged = tier.stage(entry);
  if (!staged) return std::unexpected(std::move(staged.error()));
  auto committed = tier.commit(std::move(*staged));
  tier.trim();
  return committed;
}

}  // namespace

Result<Moved> share_folder(const std::vector<cache::DiskTier*>& tiers, cluster::Cluster& cluster,
                           const ShowProgress& show) {
  const cluster::Position since = cluster.position_of_folder();
  const auto oldest = cluster.log().reaches_back_to();
  if (!oldest) return no_database(oldest.error());
  Moved out;
  std::uint64_t done = 0, all = 0;
  for (const cache::DiskTier* tier : tiers) all += tier->keys().size();
  for (cache::DiskTier* tier : tiers)
    for (const Key128& key : tier->keys()) {
      show(done++, all);
      const auto entry = tier->read(key);
      const bool unknown = entry && since == 0 && *oldest && entry->meta.created < **oldest;
      if (!entry || unknown) {
        ++out.skipped;
        continue;
      }
      const cache::EntryMeta& meta = entry->meta;
      const std::string signature = cluster::stored_signature(meta);
      const auto known = cluster.tier().find(signature, meta.processor_type);
      if (!known) return with_advice(known.error());
      const auto stale = cluster.log().names(meta.source_url, since);
      if (!stale) return no_database(stale.error());
      if (*known || *stale) {
        ++(*known ? out.known : out.skipped);
        continue;
      }
      if (auto stored = cluster.tier().store(*entry, since); !stored) return with_advice(stored.error());
      ++out.moved;
    }
  return out;
}

Result<Moved> fill_folder(cluster::Cluster& cluster,
                          const std::function<cache::DiskTier*(const std::string& processor)>& tier_of,
                          const ShowProgress& show) {
  const auto total = cluster.images().total();
  if (!total) return no_database(total.error());
  Moved out;
  std::uint64_t done = 0;
  std::optional<StoredImage> last;
  for (;;) {
    auto page = cluster.images().page(last, page_size);
    if (!page) return no_database(page.error());
    if (page->empty()) return out;
    for (StoredImage& image : *page) {
      show(done++, total->images);
      cache::DiskTier* tier = tier_of(image.meta.processor_type);
      // The original system's documents have no key.
      if (image.meta.key == Key128{})
        image.meta.key = make_key(image.meta.request_signature, image.meta.processor_type, "");
      const auto stale = cluster.log().names(image.meta.source_url, image.since);
      if (!stale) return no_database(stale.error());
      const bool skip = !tier || *stale || cache::expired(image.meta, Clock::system().now());
      if (skip || tier->contains(image.meta.key)) {
        ++(skip ? out.skipped : out.known);
        continue;
      }
      auto body = read(cluster.tier(), image);
      if (!body && body.error().status == 503) return with_advice(std::move(body.error()));
      if (!body) {
        ++out.skipped;
        continue;
      }
      if (auto kept = keep(*tier, image, std::move(*body)); !kept) return std::unexpected(std::move(kept.error()));
      ++out.moved;
    }
    last = std::move(page->back());
  }
}

}  // namespace imcaxy::proxy
