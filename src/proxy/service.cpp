#include "proxy/service.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/counted.hpp"
#include "base/spawn.hpp"
#include "http/query.hpp"
#include "proxy/hub_key.hpp"
#include "proxy/store_entry.hpp"

namespace imcaxy::proxy {
namespace {

using Steady = std::chrono::steady_clock;

/// A picture of another node up to this size is checked before it is sent.
constexpr std::uint64_t most_checked_bytes = 256 << 10;

/// Adds the time from its making to its end to a figure.
class Stopwatch {
 public:
  explicit Stopwatch(Milliseconds& figure) : figure_(figure) {}
  ~Stopwatch() { figure_ += Steady::now() - start_; }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  Milliseconds& figure_;
  Steady::time_point start_ = Steady::now();
};

}  // namespace

Service::Service(ServiceOptions options, cache::MemoryTier& memory, cache::DiskTier& disk, cache::Epochs& epochs,
                 Originals& originals, Mezzanine& mezzanine, WorkerPool& cpu_pool, WorkerPool& disk_pool,
                 cluster::Sharing* sharing, PrepareHeaders prepare, const Clock& clock)
    : options_(std::move(options)),
      memory_(memory),
      disk_(disk),
      epochs_(epochs),
      originals_(originals),
      mezzanine_(mezzanine),
      cpu_pool_(cpu_pool),
      disk_pool_(disk_pool),
      sharing_(sharing),
      prepare_(std::move(prepare)),
      clock_(clock),
      failures_(options_.negative_ttl, epochs) {}

cache::MemoryItemPtr Service::find_in_memory(const ImageRequest& request) {
  if (sharing_ && !sharing_->current()) return nullptr;
  cache::MemoryItemPtr item = look_in_memory(request);
  if (item && item->entry->meta.fresh && cache::stale(item->entry->meta, clock_.now())) return nullptr;
  return item;
}

cache::MemoryItemPtr Service::look_in_memory(const ImageRequest& request) {
  cache::MemoryItemPtr item = memory_.get(request.key);
  // Keys are a fast hash: a crafted collision must not be served as the other picture.
  if (item && item->entry->meta.request_signature != request.signature) return nullptr;
  return item;
}

Task<Result<Served>> Service::serve(ImageRequestPtr request) {
  if (sharing_ && !sharing_->current()) co_await sharing_->catch_up();
  if (auto failure = failures_.find(request->key, request->source.url)) co_return std::unexpected(std::move(*failure));
  auto joined = hub_.join(hub_key(request->key, epochs_.current(request->source.url)));
  const bool leads = joined.production.has_value();
  if (!leads) {
    ++stats_.coalesced;
  } else if (stats_.in_flight >= static_cast<std::int64_t>(options_.max_in_flight)) {
    ++stats_.overloaded;
    joined.production->stream().fail({503, "the server is busy; try again in a moment", "too many productions"});
  } else {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    spawn(executor, produce(std::move(*joined.production), std::move(request)), "production");
  }
  hub::Reader<ResultHead> reader(std::move(joined.stream));
  const Counted reading(stats_.readers);
  const auto head = co_await reader.head(options_.request_timeout);
  if (!head) co_return std::unexpected(head.error());
  co_return Served{std::move(reader), *head, !leads};
}

Task<void> Service::produce(Production given, ImageRequestPtr request) {
  const Counted running(stats_.in_flight);
  Production production = std::move(given);  // so that it ends before it counts as ended
  // Made again as often as its source was invalidated meanwhile, as long as its clients may wait.
  const auto deadline = Steady::now() + options_.request_timeout;
  do {
    // The position first: what is behind it can only be newer than it says.
    const cluster::Position position = sharing_ ? sharing_->position() : 0;
    Attempt attempt{request, epochs_.current(request->source.url), position, {}};
    cluster::Turn turn;  // given back at the end of the attempt
    Way way = co_await serve_stored(production, attempt);
    if (way == Way::make && sharing_) way = co_await serve_shared(production, attempt, turn);
    if (way == Way::make) way = co_await serve_made(production, attempt, turn);
    if (way == Way::ended) co_return;
  } while (Steady::now() < deadline);
  production.stream().fail(
      {503, "the picture is being changed; try again in a moment", "invalidated while it was made"});
}

bool Service::keep_in_memory(const Attempt& attempt, const cache::EntryPtr& entry) {
  return epochs_.commit_if_current(attempt.request->source.url, attempt.since, [&] {
    auto item = std::make_shared<cache::MemoryItem>();
    item->entry = entry;
    item->prepared = prepare_(entry->meta);
    memory_.put(std::move(item));
  });
}

/// From memory, where it is since our look-up or no longer fresh, or from disk.
Task<Service::Way> Service::serve_stored(Production& production, Attempt& attempt) {
  if (const auto item = look_in_memory(*attempt.request)) {
    co_return co_await serve_stale(production, attempt, item->entry, Origin::memory);
  }
  std::optional<cache::Entry> stored;
  {
    const Stopwatch watch(attempt.timings.cache);
    stored = co_await read_disk(*attempt.request);
  }
  if (!stored) co_return Way::make;
  const auto entry = std::make_shared<const cache::Entry>(std::move(*stored));
  if (!keep_in_memory(attempt, entry)) co_return Way::again;
  consider(attempt, entry->meta);
  co_return co_await serve_stale(production, attempt, entry, Origin::disk);
}

/// What is stored, fresh or not. While the source is asked behind it, all who come get the same.
Task<Service::Way> Service::serve_stale(Production& production, Attempt& attempt, cache::EntryPtr entry,
                                        Origin origin) {
  const WallTime now = clock_.now();
  if (!cache::stale(entry->meta, now)) {
    publish(production, entry, origin, attempt.timings);
    co_return Way::ended;
  }
  if (now >= entry->meta.fresh->while_revalidate) co_return co_await renew(production, attempt, entry, origin);
  ++stats_.stale_while_revalidate;
  publish(production, entry, origin, attempt.timings);
  auto joined = hub_.join(renewal_key(entry->meta.key, attempt.since));
  if (joined.production) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    spawn(executor, renew_behind(std::move(*joined.production), attempt, std::move(entry)), "renewal");
  }
  co_return Way::ended;
}

/// Asks the source whether what is stored still holds: if so it gets a new time, otherwise it is made anew.
Task<Service::Way> Service::renew(Production& production, Attempt& attempt, cache::EntryPtr entry, Origin origin) {
  const ImageRequest& request = *attempt.request;
  Result<Original> original = fail(500, "not asked yet");
  {
    const Stopwatch watch(attempt.timings.fetch);
    original = co_await originals_.get(request.source, attempt.since, options_.request_timeout);
  }
  const bool may_be_used = clock_.now() < entry->meta.fresh->if_error;
  if (!original && may_be_used && !is_gone(original.error())) {
    ++stats_.stale_if_error;
    publish(production, entry, origin, attempt.timings);
    co_return Way::ended;
  }
  if (!original) {
    failures_.remember(request.key, request.source.url, attempt.since, original.error());
    production.stream().fail(std::move(original.error()));
    co_await drop(request.key);
    co_return Way::ended;
  }
  if (!original->fresh || original->hash != entry->meta.source_hash) co_return Way::make;
  if (original->stale) ++stats_.stale_if_error;
  auto renewed = std::make_shared<cache::Entry>(*entry);
  renewed->meta.fresh = original->fresh;
  renewed->meta.expires = original->fresh->end();
  const cache::EntryPtr kept = std::move(renewed);
  if (!keep_in_memory(attempt, kept)) co_return Way::again;
  publish(production, kept, origin, attempt.timings);
  if (!original->stale) {
    co_await store(kept, attempt.since);
    if (sharing_) co_await sharing_->renew(kept);
  }
  consider(attempt, kept->meta);
  co_return Way::ended;
}

/// The same with nobody waiting. What an invalidation interrupts is left to who asks next.
Task<void> Service::renew_behind(Production given, Attempt attempt, cache::EntryPtr entry) {
  const Counted running(stats_.in_flight);
  Production production = std::move(given);
  cluster::Turn turn;
  Way way = co_await renew(production, attempt, std::move(entry), Origin::memory);
  if (way == Way::make) way = co_await serve_made(production, attempt, turn);
  if (way != Way::ended) production.stream().fail({503, "the picture is being changed", "invalidated meanwhile"});
}

Task<void> Service::drop(Key128 key) {
  memory_.erase(key);
  auto erase = [this, key]() -> Result<void> {
    disk_.erase(key);
    return {};
  };
  (void)co_await run_on(disk_pool_, options_.request_timeout, std::move(erase));
}

/// From what the nodes share; or there is the turn to make it for all.
Task<Service::Way> Service::serve_shared(Production& production, Attempt& attempt, cluster::Turn& turn) {
  const ImageRequest& request = *attempt.request;
  cluster::Look look;
  {
    const Stopwatch watch(attempt.timings.cache);
    cluster::Wanted wanted{request.signature, request.processor, request.key, request.negotiated};
    look = co_await sharing_->look(std::move(wanted));
  }
  if (look.failed) {
    failures_.remember(request.key, request.source.url, attempt.since, *look.failed);
    production.stream().fail(std::move(*look.failed));
    co_return Way::ended;
  }
  turn = std::move(look.turn);
  if (!look.found) co_return Way::make;
  co_return co_await serve_found(production, attempt, std::move(*look.found));
}

/// Small ones are checked before anybody sees a byte; large ones reach their readers as they come.
Task<Service::Way> Service::serve_found(Production& production, Attempt& attempt, cluster::StoredImage image) {
  auto entry = std::make_shared<cache::Entry>();
  entry->meta = image.meta;
  entry->meta.key = attempt.request->key;
  entry->meta.request_signature = attempt.request->signature;
  const auto started = Steady::now();
  const bool streams = image.bytes > most_checked_bytes && !entry->meta.etag.empty();
  const auto body = std::make_shared<std::string>();
  const std::shared_ptr<hub::Stream<ResultHead>> stream = production.shared_stream();
  body->reserve(image.bytes);
  if (streams) {
    const auto meta = std::make_shared<const cache::EntryMeta>(entry->meta);
    attempt.timings.fetch += Steady::now() - started;
    stream->open({meta, Origin::shared, attempt.timings, {}}, image.bytes);
  }
  cluster::SharedTier::OnBytes on_bytes = [body, stream, streams](std::string_view bytes) {
    body->append(bytes);
    if (streams) stream->append(Bytes::copy(bytes));
    return true;
  };
  const Result<void> read = co_await sharing_->read(std::move(image), std::move(on_bytes));
  if (!read && streams) {
    stream->fail(read.error());
    co_return Way::ended;
  }
  if (!read) co_return Way::make;
  entry->body = Bytes::wrap(*body, body);
  // The original system knew no entity tags.
  if (entry->meta.etag.empty()) entry->meta.etag = '"' + hash128(*body).hex() + '"';
  const cache::EntryPtr whole = std::move(entry);
  const bool kept = keep_in_memory(attempt, whole);
  if (streams) {
    stream->finish();
  } else if (kept) {
    attempt.timings.fetch += Steady::now() - started;
    publish(production, whole, Origin::shared, attempt.timings);
  }
  if (kept) {
    co_await store(whole, attempt.since);
    consider(attempt, whole->meta);
  }
  co_return kept || streams ? Way::ended : Way::again;
}

Task<Service::Way> Service::serve_made(Production& production, Attempt& attempt, cluster::Turn& turn) {
  const ImageRequestPtr& request = attempt.request;
  Result<Made> made = co_await make(production, request, attempt.since, attempt.timings);
  // Readers have a part of it already: it can only be brought to its end.
  const bool begun = production.stream().head() != nullptr;
  if (!begun && epochs_.current(request->source.url) != attempt.since) {
    ++stats_.restarted;
    co_return Way::again;
  }
  if (!made) {
    if (failures_.remember(request->key, request->source.url, attempt.since, made.error()))
      turn.fail(made.error(), options_.negative_ttl);
    production.stream().fail(std::move(made.error()));
    co_return Way::ended;
  }
  if (!made->fallback_reason.empty()) {
    ++stats_.fallbacks;
    publish(production, made->entry, Origin::produced, made->timings, std::move(made->fallback_reason));
    co_return Way::ended;
  }
  const bool kept = keep_in_memory(attempt, made->entry);
  if (!kept && !begun) {
    ++stats_.restarted;
    co_return Way::again;
  }
  if (begun) {
    production.stream().finish();
  } else {
    publish(production, made->entry, Origin::produced, made->timings);
  }
  if (!kept) co_return Way::ended;
  if (!made->entry->meta.hurried) {
    co_await keep(attempt, made->entry, turn);
    co_return Way::ended;
  }
  ++stats_.hurried;
  auto joined = hub_.join(better_key(request->key, attempt.since));
  if (joined.production) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    spawn(executor, make_better_behind(std::move(*joined.production), attempt), "better answer");
  }
  co_return Way::ended;
}

Task<void> Service::keep(Attempt attempt, cache::EntryPtr entry, cluster::Turn& turn) {
  // Other nodes wait for it.
  if (sharing_) co_await share(entry, attempt.position);
  turn = {};
  // Until it is on disk, too, newcomers that miss it in memory join this production.
  co_await store(entry, attempt.since);
  consider(attempt, entry->meta);
}

/// The answer that there was no time for, in place of the hurried one. Nobody reads this production: it only keeps
/// others from making the same. What goes wrong, or never finds an idle core, leaves the hurried one until its time is
/// over.
Task<void> Service::make_better_behind(Production given, Attempt attempt) {
  const Counted running(stats_.in_flight);
  Production production = std::move(given);
  Result<Made> made = co_await make(production, attempt.request, attempt.since, attempt.timings, When::idle);
  const bool better = made && made->fallback_reason.empty() && keep_in_memory(attempt, made->entry);
  if (better) {
    cluster::Turn turn;
    co_await keep(attempt, made->entry, turn);
    publish(production, made->entry, Origin::produced, made->timings);
  } else {
    production.stream().fail({503, "there is no better answer", "its maker was refused, or late"});
  }
}

Task<void> Service::share(const cache::EntryPtr& entry, cluster::Position since) {
  cluster::Sharing::Again again = [this, key = entry->meta.key] { return disk_.read(key); };
  co_await sharing_->store(entry, since, std::move(again));
}

Task<std::optional<cache::Entry>> Service::read_disk(const ImageRequest& request) {
  if (!disk_.contains(request.key)) co_return std::nullopt;
  using Stored = Result<std::optional<cache::Entry>>;
  auto read = [this, key = request.key]() -> Stored { return disk_.read(key); };
  Stored stored = co_await run_on(disk_pool_, options_.request_timeout, std::move(read));
  if (!stored || !*stored || (*stored)->meta.request_signature != request.signature) co_return std::nullopt;
  co_return std::move(**stored);
}

Task<Result<Service::Made>> Service::make(Production& production, ImageRequestPtr request, Epoch since, Timings timings,
                                          When when) {
  const WallTime asked = clock_.now();
  Original source{.body = request->upload};
  Material material;
  if (!request->uploaded) {
    const Stopwatch watch(timings.fetch);
    auto fetched = co_await originals_.get(request->source, since, options_.request_timeout);
    if (!fetched) co_return std::unexpected(std::move(fetched.error()));
    source = std::move(*fetched);
    material.reduced = co_await mezzanine_.find(request->source);
  }
  material.marks = co_await fetch_marks(*request, timings);
  const Bytes original = material.original = source.body;
  std::shared_ptr<const cache::EntryMeta> begun;
  const auto submitted = Steady::now();
  Workbench::Pieces pieces;
  pieces.begin = [&](const std::string& mime_type, std::optional<std::uint64_t> length) {
    if (epochs_.current(request->source.url) != since) return;
    cache::EntryMeta meta = make_meta(*request, mime_type, source, asked);
    // The bytes that a tag is made of are yet to come: one that no other answer has.
    if (meta.etag.empty()) meta.etag = fmt::format("\"{}\"", random_hex(16));
    begun = std::make_shared<const cache::EntryMeta>(std::move(meta));
    Timings so_far = timings;
    so_far.process += Steady::now() - submitted;
    production.stream().open({begun, Origin::produced, so_far, {}}, length);
  };
  pieces.more = [&](Bytes piece) {
    if (begun) production.stream().append(std::move(piece));
  };
  auto processed = co_await process(request, std::move(material), std::move(pieces), timings, when);
  if (!processed) co_return std::unexpected(std::move(processed.error()));
  if (*processed) {
    processor::Answer& answer = **processed;
    if (answer.from_reduced) {
      mezzanine_.made_of_reduced();
    } else if (answer.worth_reducing && answer.size && !request->uploaded) {
      mezzanine_.made_of_original(request->source, since, *answer.size);
    }
    if (!begun) co_return Made{make_entry(*request, std::move(answer), source, asked), timings, {}};
    auto entry = std::make_shared<cache::Entry>();
    entry->meta = *begun;
    entry->body = std::move(answer.body);
    co_return Made{std::move(entry), timings, {}};
  }
  processor::Failure& failure = processed->error();
  if (begun || !options_.fallback_to_original || !failure.may_fall_back)
    co_return std::unexpected(std::move(failure.error));
  processor::Answer unchanged{original, std::string(image::mime_type(image::sniff(original.view()))), {}};
  co_return Made{make_entry(*request, std::move(unchanged), source, asked), timings, std::move(failure.error.message)};
}

Task<processor::Marks> Service::fetch_marks(const ImageRequest& request, Timings& timings) {
  const Stopwatch watch(timings.fetch);
  processor::Marks marks;
  for (const auto& [address, source] : request.marks) {
    if (!source) {
      marks.emplace(address, std::unexpected(source.error()));
      continue;
    }
    const Epoch since = epochs_.current(source->url);
    const auto fetched = co_await originals_.get(*source, since, options_.request_timeout);
    if (fetched) {
      marks.emplace(address, fetched->body);
    } else {
      marks.emplace(address, std::unexpected(fetched.error()));
    }
  }
  co_return marks;
}

Task<Result<processor::Outcome>> Service::process(ImageRequestPtr request, Material material, Workbench::Pieces pieces,
                                                  Timings& timings, When when) {
  const auto submitted = Steady::now();
  const Workbench::Options options{cpu_pool_, options_.limits, options_.request_timeout, when == When::now};
  Workbench bench(options, request, std::move(material), std::move(pieces));
  auto outcome = co_await request->work->carry_out(bench);
  if (!outcome) co_return outcome;
  ++stats_.processed;
  if (bench.reduced_is_of_another()) mezzanine_.forget(request->source);
  timings.queue += bench.queued();
  timings.process += Steady::now() - submitted - bench.queued();
  co_return outcome;
}

Task<void> Service::store(const cache::EntryPtr& entry, Epoch since) {
  auto write = [this, entry, since]() -> Result<void> { return store_entry(disk_, epochs_, *entry, since); };
  const Result<void> stored = co_await run_on(disk_pool_, std::chrono::minutes(1), std::move(write));
  if (stored || stored.error().status == 413) co_return;  // larger than the tier may be
  spdlog::warn("not kept on disk: {} {} ({})", stored.error().message, stored.error().cause, entry->meta.raw_request);
}

/// Once it is on disk: what is made of it is never followed by itself.
void Service::consider(const Attempt& attempt, const cache::EntryMeta& meta) {
  if (optimiser_) optimiser_->consider(attempt.request, meta);
}

cache::EntryMeta Service::make_meta(const ImageRequest& request, std::string mime_type, const Original& original,
                                    WallTime asked) const {
  cache::EntryMeta meta;
  meta.key = request.key;
  meta.request_signature = request.signature;
  meta.raw_request = http::mask_parameter(request.raw_request, "key");
  meta.processor_type = request.processor;
  meta.processor_endpoint = request.endpoint;
  meta.mime_type = std::move(mime_type);
  meta.source_url = request.source.url;
  meta.processing_params = request.parameters;
  meta.etag = request.etag;
  meta.created = asked;
  meta.personal = request.personal;
  if (request.negotiated) meta.headers.emplace_back("Vary", "Accept");
  if (original.fresh) {
    meta.fresh = original.fresh;
    meta.expires = original.fresh->end();
    meta.source_hash = original.hash;
    return meta;
  }
  const bool fetched_by_url = !request.uploaded && !request.source.file && !request.source.blob;
  if (!fetched_by_url && options_.ttl.count() > 0) meta.expires = asked + options_.ttl;
  return meta;
}

cache::EntryPtr Service::make_entry(const ImageRequest& request, processor::Answer answer, const Original& original,
                                    WallTime asked) const {
  auto entry = std::make_shared<cache::Entry>();
  cache::EntryMeta& meta = entry->meta;
  meta = make_meta(request, std::move(answer.mime_type), original, asked);
  if (meta.etag.empty()) meta.etag = '"' + hash128(answer.body.view()).hex() + '"';
  // A placeholder stands in for nothing that would have been sent.
  if (answer.size && !request.parameters.contains("placeholder")) meta.original_bytes = original.body.size();
  if (answer.size) {
    meta.headers.emplace_back(cache::width_header, std::to_string(answer.size->width));
    meta.headers.emplace_back(cache::height_header, std::to_string(answer.size->height));
  }
  if (answer.predicted) {
    meta.headers.emplace_back(cache::score_header, fmt::format("{:.1f}", answer.predicted->score));
    meta.headers.emplace_back(cache::quality_header, std::to_string(answer.predicted->quality));
  }
  if (answer.hurried) {
    meta.hurried = true;
    // Where the better one does not come, this is made again.
    meta.expires = std::min(meta.expires.value_or(WallTime::max()), asked + cache::hurried_time);
  }
  entry->body = std::move(answer.body);
  return entry;
}

void Service::publish(Production& production, const cache::EntryPtr& entry, Origin origin, const Timings& timings,
                      std::string fallback_reason) {
  ResultHead head{std::shared_ptr<const cache::EntryMeta>(entry, &entry->meta), origin, timings,
                  std::move(fallback_reason)};
  production.stream().complete(std::move(head), Bytes::wrap(entry->body.view(), entry));
}

}  // namespace imcaxy::proxy
