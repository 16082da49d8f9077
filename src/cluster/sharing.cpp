#include "cluster/sharing.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

namespace imcaxy::cluster {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

/// For one step in the database; its client gives up earlier.
constexpr auto patience = 10s;
constexpr auto shortest_pause = 10ms, longest_pause = 100ms;

}  // namespace

Turn::~Turn() {
  if (!leases_) return;
  // Where the pool has no place for it, the lease ends by itself.
  pool_->submit([leases = leases_, name = std::move(name_), failure = std::move(failure_), keep = keep_] {
    (void)(failure ? leases->give_back(name, *failure, keep) : leases->give_back(name));
  });
}

Task<Look> Sharing::look(Wanted wanted) {
  const std::string signature = stored_signature(wanted.signature, wanted.key, wanted.negotiated);
  const auto deadline = Steady::now() + wait_;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  Look look;
  if (!possible()) co_return look;
  for (Steady::duration pause = shortest_pause;; pause = std::min<Steady::duration>(2 * pause, longest_pause)) {
    const bool settled = co_await look_once(signature, wanted, look);
    if (settled) break;
    if (pause == shortest_pause) ++stats_.waited;
    if (Steady::now() >= deadline) {
      ++stats_.hedged;
      break;
    }
    timer.expires_after(pause);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return look;
}

/// Whether there is nothing to wait for.
Task<bool> Sharing::look_once(const std::string& signature, const Wanted& wanted, Look& look) {
  struct Step {
    std::optional<StoredImage> found;
    Leases::Answer lease = Leases::Held{};
  };
  auto work = [this, signature, processor = wanted.processor, key = wanted.key]() -> Result<Step> {
    const std::string name = key.hex();
    Step step;
    const auto find = [&]() -> Result<bool> {
      auto found = tier_.find(signature, processor);
      if (!found) return std::unexpected(std::move(found.error()));
      // One of another kind of processor, for the same request; the original system's have no key.
      if (*found && (*found)->meta.key != Key128{} && (*found)->meta.key != key) found->reset();
      step.found = std::move(*found);
      return step.found.has_value();
    };
    if (auto there = find(); !there || *there)
      return there ? Result<Step>(std::move(step)) : std::unexpected(there.error());
    auto lease = leases_.ask_for(name);
    if (!lease) return fail(503, "MongoDB can't be used", lease.error().text);
    step.lease = std::move(*lease);
    if (!std::holds_alternative<Leases::Mine>(step.lease)) return step;
    // Whoever had the lease may have stored the picture between the two questions.
    auto there = find();
    if (!there || *there) (void)leases_.give_back(name);
    if (!there) return std::unexpected(std::move(there.error()));
    return step;
  };
  Result<Step> step = co_await run_on(asking_, patience, std::move(work));
  // Without the others it is made here: a failing tier is a miss.
  if (!step) co_return true;
  if (step->found) {
    look.found = std::move(step->found);
    co_return true;
  }
  if (auto* failed = std::get_if<Error>(&step->lease)) {
    look.failed = std::move(*failed);
    co_return true;
  }
  if (!std::holds_alternative<Leases::Mine>(step->lease)) co_return false;
  look.turn = Turn(leases_, asking_, wanted.key.hex());
  co_return true;
}

Task<Result<void>> Sharing::read(StoredImage image, SharedTier::OnBytes on_bytes) {
  auto start = [&](Callback<Result<void>> done) { tier_.read(image, std::move(on_bytes), std::move(done)); };
  auto outcome = co_await await_callback<Result<void>>(std::chrono::minutes(1), std::move(start));
  if (!outcome) co_return fail(503, "the bucket can't be used", "it did not answer in time");
  if (!*outcome && outcome->error().status != 503) {
    auto forget = [this, image]() -> Result<void> {
      tier_.forget(image);
      return {};
    };
    (void)co_await run_on(storing_, patience, std::move(forget));
  }
  co_return std::move(*outcome);
}

Task<void> Sharing::store(cache::EntryPtr entry, Position since, Again again) {
  auto write = [this, entry, since]() -> Result<void> { return tier_.store(*entry, since); };
  const Result<void> stored = co_await run_on(storing_, std::chrono::minutes(1), std::move(write));
  if (stored) co_return;
  spdlog::debug("not shared for now: {} ({})", stored.error().cause, entry->meta.raw_request);
  std::lock_guard lock(mutex_);
  if (late_.size() >= most_late) {
    ++stats_.lost_writes;
    co_return;
  }
  late_.push_back({std::move(again), since});
}

Task<void> Sharing::renew(cache::EntryPtr entry) {
  auto tell = [this, entry]() -> Result<void> { return tier_.renew(entry->meta); };
  (void)co_await run_on(asking_, patience, std::move(tell));
}

Sharing::Claim Sharing::claim(const Wanted& wanted) {
  const std::string signature = stored_signature(wanted.signature, wanted.key, wanted.negotiated);
  const std::string name = "better:" + wanted.key.hex();
  const auto stored = [&]() -> std::optional<StoredImage> {
    auto found = tier_.find(signature, wanted.processor);
    if (!found || !*found || (*found)->meta.key != wanted.key) return std::nullopt;
    return std::move(**found);
  };
  Claim claim;
  if (!possible()) return claim;
  auto lease = leases_.ask_for(name);
  if (lease && std::holds_alternative<Leases::Mine>(*lease)) claim.turn = Turn(leases_, asking_, name);
  claim.held = lease && !std::holds_alternative<Leases::Mine>(*lease);
  // After the question for the lease: whoever had it stored its picture before it gave it back.
  if (lease) claim.stored = stored();
  return claim;
}

void Sharing::store_late() {
  if (follower_.trouble()) return;
  for (;;) {
    Late next;
    {
      std::lock_guard lock(mutex_);
      if (late_.empty()) return;
      next = late_.front();
    }
    const auto entry = next.again();  // nothing: it has left this node meanwhile
    if (entry && !tier_.store(*entry, next.since)) return;
    if (entry) ++stats_.late_writes;
    // Until here it counts as waiting.
    std::lock_guard lock(mutex_);
    late_.pop_front();
  }
}

std::size_t Sharing::waiting_writes() const {
  std::lock_guard lock(mutex_);
  return late_.size();
}

}  // namespace imcaxy::cluster
