#include "cluster/follower.hpp"

#include <time.h>

#include <fstream>

#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include "cluster/collections.hpp"

namespace imcaxy::cluster {
namespace {

using namespace std::chrono_literals;
using mongo::Outcome;
using Steady = std::chrono::steady_clock;

constexpr std::int64_t page = 500;
constexpr auto longest_wait = 200ms;  // for a change; the node tells that it is there in between
constexpr auto pause_without_streams = 100ms;
constexpr auto pause_in_trouble = 250ms;
constexpr auto tell_every = 500ms;

}  // namespace

FollowerState read_state(const std::filesystem::path& path) {
  std::ifstream file(path);
  const auto state = nlohmann::json::parse(file, nullptr, false);
  if (!state.is_object()) return {};
  return {state.value("log", ""), state.value("applied", Position{0}), state.value("token", "")};
}

Follower::Follower(mongo::Client& mongo, EventLog& log, Nodes& nodes, Leases& leases, std::filesystem::path state_file,
                   FollowerHooks hooks)
    : mongo_(mongo),
      log_(log),
      nodes_(nodes),
      leases_(leases),
      state_file_(std::move(state_file)),
      hooks_(std::move(hooks)) {
  FollowerState state = read_state(state_file_);
  known_log_ = std::move(state.log);
  applied_ = state.applied;
  last_token_ = std::move(state.token);
}

Follower::Nanoseconds Follower::coarse_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);  // goes on while the process is paused
  return std::chrono::seconds(now.tv_sec) + Nanoseconds(now.tv_nsec);
}

void Follower::start() {
  const auto begun = coarse_now();
  const auto looked = look();
  looked_at_ = begun;
  {
    std::lock_guard lock(mutex_);
    trouble_ = looked ? std::nullopt : std::optional(looked.error().text);
  }
  thread_ = std::thread([this] { run(); });
}

void Follower::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  (void)nodes_.leave();
}

std::optional<std::string> Follower::trouble() const {
  std::lock_guard lock(mutex_);
  return trouble_;
}

Task<void> Follower::catch_up() const {
  const auto deadline = Steady::now() + longest_silence;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (!current() && Steady::now() < deadline) {
    timer.expires_after(5ms);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

void Follower::run() {
  for (;;) {
    const auto begun = coarse_now();
    const auto looked = look();
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      if (looked && trouble_) spdlog::info("in step with the other nodes again");
      if (!looked && !trouble_)
        spdlog::warn("cut off from the other nodes, so only what this node has is served: {}", looked.error().text);
      trouble_ = looked ? std::nullopt : std::optional(looked.error().text);
    }
    // Also when it could not be read: then there is nothing to wait for.
    looked_at_.store(begun, std::memory_order_release);
    wait_for_change(looked.has_value());
  }
}

void Follower::wait_for_change(bool in_order) {
  if (in_order && can_watch_) {
    if (!watch_) {
      auto watch = mongo_.watch(events_collection, longest_wait);
      if (watch) {
        watch_ = std::move(*watch);
        return;  // what came before it began is seen by looking once more
      }
      if (watch.error().kind == mongo::Failure::Kind::invalid) {
        spdlog::info("the database has no change streams, so it is asked ten times a second: {}", watch.error().text);
        can_watch_ = false;
      }
    } else if (watch_->next()) {
      return;
    }
    watch_.reset();
  }
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, in_order ? pause_without_streams : pause_in_trouble, [this] { return stopping_; });
}

Outcome<void> Follower::look() {
  auto looked = try_to_look();
  if (!looked) prepared_ = false;  // when it can be reached again, it may be another
  return looked;
}

Outcome<void> Follower::try_to_look() {
  if (!prepared_)
    if (auto ready = prepare(); !ready) return ready;
  if (auto read = read_log(); !read) return read;
  const auto now = Steady::now();
  if (told_ == applied_ && now - told_at_ < tell_every) return {};
  const Position applied = applied_;
  if (auto told = nodes_.tell(applied); !told) return told;
  told_ = applied;
  told_at_ = now;
  return leases_.renew();
}

Outcome<void> Follower::prepare() {
  if (auto ready = log_.prepare(); !ready) return ready;
  const bool newcomer = log_.name() != known_log_;
  if (auto joined = hooks_.joined(newcomer); !joined) return joined;
  if (newcomer)
    if (auto dropped = drop_everything(); !dropped) return dropped;
  prepared_ = true;
  return {};
}

Outcome<void> Follower::read_log() {
  for (;;) {
    auto events = log_.from(applied_, page);
    if (!events) return std::unexpected(std::move(events.error()));
    if (!follows(*events)) {
      spdlog::warn("this node can't know what it missed while it was away: it begins with an empty cache");
      if (auto dropped = drop_everything(); !dropped) return dropped;
      continue;
    }
    std::erase_if(*events, [this](const Event& event) { return event.number <= applied_; });
    if (events->empty()) return {};
    for (const Event& event : *events) {
      if (event.blocks_changed)
        if (auto read = hooks_.blocks_changed(); !read) return read;
      apply(event);
    }
    keep_state();
  }
}

/// The last one that is known is read again, to see that it is still the same log.
bool Follower::follows(const std::vector<Event>& events) const {
  if (events.empty()) return applied_ == 0;
  const Event& first = events.front();
  return first.number == applied_ ? first.token == last_token_ : first.number == applied_ + 1;
}

void Follower::apply(const Event& event) {
  if (!event.set.urls.empty() || !event.set.prefixes.empty()) hooks_.remove(event.set);
  log_.remember(event);
  applied_ = event.number;
  last_token_ = event.token;
}

Outcome<void> Follower::drop_everything() {
  auto last = log_.last();
  if (!last) return std::unexpected(std::move(last.error()));
  hooks_.remove({.urls = {}, .prefixes = {""}});
  known_log_ = log_.name();
  applied_ = last->number;
  last_token_ = last->token;
  keep_state();
  return {};
}

/// Behind the removal, so that a process that ends in between only removes once more.
void Follower::keep_state() const {
  const std::filesystem::path next = state_file_.string() + ".new";
  std::ofstream(next)
      << nlohmann::json{{"log", known_log_}, {"applied", applied_.load()}, {"token", last_token_}}.dump() << '\n';
  std::error_code error;
  std::filesystem::rename(next, state_file_, error);
  if (error) spdlog::warn("{} can't be written: {}", state_file_.string(), error.message());
}

}  // namespace imcaxy::cluster
