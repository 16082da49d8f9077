#include "proxy/optimiser.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <future>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "base/counted.hpp"

namespace imcaxy::proxy {
namespace {

using Steady = std::chrono::steady_clock;

/// While it waits for a quiet moment.
constexpr auto pause = std::chrono::milliseconds(20), pause_without_work = std::chrono::milliseconds(500);

/// As many times as long lies between looks at what only another node can do.
constexpr int look_for_others = 20;

/// Of a master, which is without loss: some one or two million pixels. A search takes 60 MB for each million.
constexpr std::size_t most_bytes_beside_others = 2u << 20;

/// So far below its target no answer of ours is: it was made of another picture than the search.
constexpr double least_score_of_same = 20;

bool is_of_a_codec_with_choices(const cache::EntryMeta& meta) {
  using image::Format;
  return std::ranges::any_of(std::array{Format::jpeg, Format::webp, Format::avif, Format::png},
                             [&](Format format) { return meta.mime_type == image::mime_type(format); });
}

bool qualifies(const ImageRequest& request, const cache::EntryMeta& meta) {
  if (request.uploaded || request.personal || request.source.blob || meta.personal) return false;
  if (meta.effort >= image::refine_effort || meta.original_bytes == 0) return false;
  return is_of_a_codec_with_choices(meta) && request.work->may_be_refined();
}

/// Whether these are the bytes that the answer was made of, as far as can be told.
bool is_its_original(const cache::Entry& original, const cache::EntryMeta& answer) {
  if (original.body.size() != answer.original_bytes) return false;
  return answer.source_hash.empty() || original.meta.source_hash == answer.source_hash;
}

void set_header(cache::EntryMeta& meta, std::string_view name, std::string value) {
  const auto header = std::ranges::find(meta.headers, name, [](const auto& h) { return h.first; });
  if (header == meta.headers.end()) {
    meta.headers.emplace_back(name, std::move(value));
  } else {
    header->second = std::move(value);
  }
}

/// As it is, but searched for.
cache::Entry searched(const cache::Entry& entry, double score) {
  cache::Entry out = entry;
  out.meta.effort = image::refine_effort;
  set_header(out.meta, cache::score_header, fmt::format("{:.1f}", score));
  return out;
}

cache::Entry replaced_by(const cache::Entry& entry, image::Refined found) {
  cache::Entry out = searched(entry, found.score);
  out.meta.mime_type = image::mime_type(found.format);
  out.meta.etag = '"' + hash128(found.bytes.view()).hex() + '"';
  set_header(out.meta, cache::quality_header, std::to_string(found.quality));
  out.body = std::move(found.bytes);
  return out;
}

/// Carries a coroutine out on this thread.
template <class T>
T wait_for(Task<T> task) {
  asio::io_context loop{1};
  auto result = asio::co_spawn(loop, std::move(task), asio::use_future);
  loop.run();
  return result.get();
}

}  // namespace

Optimiser::Optimiser(OptimiserOptions options, Parts parts, Search search)
    : options_(options),
      parts_(std::move(parts)),
      search_(std::move(search)),
      popular_(parts_.memory, options_.most_waiting) {
  if (!options_.enabled) return;
  for (unsigned i = 0; i < options_.searches; ++i) {
    threads_.emplace_back([this] { run(); });
    pthread_setname_np(threads_.back().native_handle(), "optimiser");
  }
}

void Optimiser::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

void Optimiser::consider(const ImageRequestPtr& request, const cache::EntryMeta& meta) {
  if (!options_.enabled || !qualifies(*request, meta)) return;
  popular_.add(request);
  // With the lock, so that a look that has just found nothing does not sleep over it.
  { std::lock_guard lock(mutex_); }
  wake_.notify_one();
}

void Optimiser::run() {
  while (ImageRequestPtr next = wait_for_next()) improve(std::move(next));
}

ImageRequestPtr Optimiser::wait_for_next() {
  std::unique_lock lock(mutex_);
  auto quiet_since = Steady::now();
  while (!stopping_) {
    const auto now = Steady::now();
    if (popular_.size() == 0) {
      wake_.wait(lock);
      quiet_since = Steady::now();
      continue;
    }
    if (parts_.cpu_pool.running() > 0 || parts_.cpu_pool.queued() > 0) quiet_since = now;
    auto until_next_look = pause;
    if (now - quiet_since >= options_.quiet) {
      lock.unlock();  // `consider` waits for nothing that takes time
      // Counts as running before it no longer waits, so that `idle` never lies between.
      ++stats_.running;
      if (ImageRequestPtr next = popular_.take(now)) return next;
      --stats_.running;
      until_next_look = pause_without_work;
      lock.lock();
      if (stopping_) break;
    }
    wake_.wait_for(lock, until_next_look);
  }
  return nullptr;
}

void Optimiser::improve(ImageRequestPtr request) {
  // The position first: what is behind it can only be newer than it says.
  const cluster::Position position = parts_.sharing ? parts_.sharing->position() : 0;
  const Epoch since = parts_.epochs.current(request->source.url);
  Begun begun{request, position, since, parts_.memory.peek(request->key).item};
  const bool there = begun.item && begun.entry().meta.request_signature == request->signature;
  if (!there || cache::stale(begun.entry().meta, parts_.clock.now())) {
    ++stats_.overtaken;
  } else if (qualifies(*request, begun.entry().meta)) {
    search(begun);
  }
  --stats_.running;
}

void Optimiser::search(const Begun& begun) {
  const ImageRequest& request = *begun.request;
  std::optional<cluster::Turn> turn;
  if (parts_.sharing) {
    auto claim = parts_.sharing->claim({request.signature, request.processor, request.key, request.negotiated});
    if (claim.stored && learn(begun, *claim.stored)) return;
    if (claim.held) {
      ++stats_.at_another_node;
      return popular_.add(begun.request, Steady::now() + options_.look_again);
    }
    turn = std::move(claim.turn);
  }
  auto master = make_master(begun);
  if (!master) return;
  if (!*master) {
    // There is nothing to be gained by looking at it again.
    ++stats_.not_searchable;
    cache::Entry known = begun.entry();
    known.meta.effort = image::refine_effort;
    replace(begun, std::move(known));
    return;
  }
  std::unique_lock alone(large_, std::defer_lock);
  if ((*master)->picture.size() > most_bytes_beside_others) alone.lock();
  auto found = search_(**master, begun.entry().body, options_.limits, [&] { return say(begun); });
  if (alone) alone.unlock();
  if (!found) {
    if (say(begun) == refinery::Say::end) {
      ++stats_.overtaken;
      return;
    }
    ++stats_.failed;
    spdlog::debug("no search for {}: {} {}", begun.entry().meta.raw_request, found.error().message,
                  found.error().cause);
    return;
  }
  if (found->score_now < least_score_of_same) {
    ++stats_.no_original;
    return;
  }
  const std::uint64_t before = begun.entry().body.size();
  const std::uint64_t after = found->best ? found->best->bytes.size() : before;
  cache::Entry entry =
      found->best ? replaced_by(begun.entry(), std::move(*found->best)) : searched(begun.entry(), found->score_now);
  cache::EntryPtr kept = replace(begun, std::move(entry));
  if (!kept) {
    ++stats_.overtaken;
    return;
  }
  if (parts_.sharing) share(begun, std::move(kept));
  if (!found->best) {
    ++stats_.nothing_smaller;
    return;
  }
  stats_.bytes_before += before;
  stats_.bytes_after += after;
  ++stats_.replaced;
}

/// Nothing when that is not possible now; an error when it never is.
std::optional<Result<image::Master>> Optimiser::make_master(const Begun& begun) {
  const auto original = parts_.originals.read_here(begun.request->source);
  if (!original || !is_its_original(*original, begun.entry().meta)) {
    ++stats_.no_original;
    // The node that made the answer has it, and will search.
    if (parts_.sharing) popular_.add(begun.request, Steady::now() + look_for_others * options_.look_again);
    return std::nullopt;
  }
  std::promise<Result<image::Master>> promise;
  auto future = promise.get_future();
  auto task = [request = begun.request, bytes = original->body, limits = options_.limits,
               promise = std::move(promise)]() mutable {
    promise.set_value(request->work->master(image::Source{bytes, {}}, limits));
  };
  // It begins when nobody waits, and leaves half of the threads alone.
  if (!parts_.cpu_pool.submit_when_idle(std::move(task))) return std::nullopt;
  try {
    return future.get();
  } catch (const std::future_error&) {
    return std::nullopt;  // the pool has stopped
  }
}

refinery::Say Optimiser::say(const Begun& begun) const {
  using refinery::Say;
  if (stopping_ || parts_.epochs.current(begun.request->source.url) != begun.since) return Say::end;
  return parts_.cpu_pool.crowded() ? Say::stand_still : Say::go_on;
}

/// Whether another node has searched, and what it found is served from now on.
bool Optimiser::learn(const Begun& begun, const cluster::StoredImage& stored) {
  if (stored.meta.effort < image::refine_effort) return false;
  const cache::Entry& entry = begun.entry();
  cache::Entry learned = entry;
  learned.meta.effort = stored.meta.effort;
  if (stored.meta.etag != entry.meta.etag) {
    const auto body = std::make_shared<std::string>();
    cluster::SharedTier::OnBytes on_bytes = [body](std::string_view bytes) {
      body->append(bytes);
      return true;
    };
    if (!wait_for(parts_.sharing->read(stored, std::move(on_bytes)))) return false;
    learned.meta.etag = stored.meta.etag;
    learned.meta.mime_type = stored.meta.mime_type;
    learned.meta.headers = stored.meta.headers;
    learned.body = Bytes::wrap(*body, body);
  }
  const std::uint64_t before = entry.body.size(), after = learned.body.size();
  if (!replace(begun, std::move(learned))) return false;
  stats_.bytes_before += before;
  stats_.bytes_after += after;
  ++stats_.replaced;
  ++stats_.learned;
  return true;
}

/// In memory and on disk, in that order and as one step: whoever replaces it there after us also writes after us. What
/// is there now; null when it was no longer what the search began with.
cache::EntryPtr Optimiser::replace(const Begun& begun, cache::Entry entry) {
  const auto whole = std::make_shared<const cache::Entry>(std::move(entry));
  auto item = std::make_shared<cache::MemoryItem>();
  item->entry = whole;
  item->prepared = parts_.prepare(whole->meta);
  auto staged = parts_.disk.stage(*whole);
  bool done = false;
  Result<void> kept;
  parts_.epochs.commit_if_current(begun.request->source.url, begun.since, [&] {
    done = parts_.memory.replace(begun.item, std::move(item));
    if (done && staged) kept = parts_.disk.commit(std::move(*staged));
  });
  parts_.disk.trim();
  if (done && !kept) spdlog::warn("not kept on disk: {} ({})", kept.error().message, whole->meta.raw_request);
  return done ? whole : nullptr;
}

void Optimiser::share(const Begun& begun, cache::EntryPtr entry) {
  auto again = [this, key = begun.request->key]() { return parts_.disk.read(key); };
  wait_for(parts_.sharing->store(std::move(entry), begun.position, std::move(again)));
}

}  // namespace imcaxy::proxy
