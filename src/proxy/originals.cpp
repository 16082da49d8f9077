#include "proxy/originals.hpp"

#include <spdlog/spdlog.h>

#include "base/spawn.hpp"
#include "hub/reader.hpp"
#include "proxy/hub_key.hpp"

namespace imcaxy::proxy {

Originals::Originals(source::Fetcher& fetcher, cache::DiskTier& disk, cache::Epochs& epochs, WorkerPool& disk_pool,
                     std::chrono::seconds negative_ttl, const Clock& clock)
    : fetcher_(fetcher),
      disk_(disk),
      epochs_(epochs),
      disk_pool_(disk_pool),
      clock_(clock),
      failures_(negative_ttl, epochs) {}

Task<Result<source::Original>> Originals::get(Wanted wanted, cache::Epochs::Epoch since,
                                              std::chrono::steady_clock::duration patience) {
  if (auto failure = failures_.find(wanted.key, wanted.source_url)) co_return std::unexpected(std::move(*failure));
  auto joined = hub_.join(hub_key(wanted.key, since));
  if (joined.production) {
    spawn(co_await asio::this_coro::executor, produce(std::move(*joined.production), std::move(wanted), since), "fetch");
  } else {
    ++stats_.shared;
  }
  hub::Reader<source::Original> reader(std::move(joined.stream));
  const auto head = co_await reader.head(patience);
  if (!head) co_return std::unexpected(head.error());
  co_return **head;
}

Task<void> Originals::produce(hub::Production<source::Original> production, Wanted wanted,
                              cache::Epochs::Epoch since) {
  using Stored = Result<std::optional<cache::Entry>>;
  if (disk_.contains(wanted.key)) {
    auto read = [this, key = wanted.key]() -> Stored { return disk_.read(key); };
    Stored stored = co_await run_on(disk_pool_, std::chrono::seconds(30), std::move(read));
    if (stored && *stored && (*stored)->meta.source_url == wanted.source_url) {
      ++stats_.disk_hits;
      production.stream().open(source::Original::from_entry(**stored));
      production.stream().finish();
      co_return;
    }
  }
  const WallTime asked = clock_.now();
  // The fetcher has its own time-out; the limit here only keeps a lost callback from holding this for ever.
  auto start = [&](Callback<Result<source::Original>> done) { fetcher_.fetch(wanted.fetch_url, std::move(done)); };
  auto fetched = co_await await_callback<Result<source::Original>>(std::chrono::minutes(10), start);
  if (!fetched) fetched = fail(504, "the source did not answer in time");
  if (!*fetched) {
    ++stats_.failed;
    failures_.remember(wanted.key, wanted.source_url, since, fetched->error());
    production.stream().fail(fetched->error());
    co_return;
  }
  ++stats_.fetched;
  const source::Original original = std::move(**fetched);
  production.stream().open(original);
  production.stream().finish();
  auto write = [this, wanted, original, since, asked]() -> Result<void> { return keep(wanted, original, since, asked); };
  const Result<void> kept = co_await run_on(disk_pool_, std::chrono::minutes(1), std::move(write));
  if (!kept) spdlog::warn("the original of {} was not kept: {} {}", wanted.source_url, kept.error().message, kept.error().cause);
}

}  // namespace imcaxy::proxy
