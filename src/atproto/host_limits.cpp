#include "atproto/host_limits.hpp"

#include <algorithm>

namespace imcaxy::atproto {
namespace {

using Steady = HostLimits::Steady;

Task<void> sleep_until(Steady::time_point time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace

std::shared_ptr<HostLimits::Host> HostLimits::host_of(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (const auto* known = hosts_.find(name)) return *known;
  return hosts_.put(name, std::make_shared<Host>(options_.at_a_time));
}

Steady::time_point HostLimits::pause_of(const Host& host) {
  std::lock_guard lock(mutex_);
  return host.paused_until;
}

Task<HostLimits::Turn> HostLimits::wait(std::string name, Steady::time_point deadline) {
  const auto host = host_of(name);
  for (;;) {
    const auto paused_until = pause_of(*host);
    if (paused_until >= deadline) co_return nullptr;
    if (paused_until > Steady::now()) {
      co_await sleep_until(paused_until);
      continue;
    }
    Turn turn = co_await host->turns.acquire(1, deadline - Steady::now());
    // The host may have refused somebody else meanwhile.
    if (!turn || pause_of(*host) <= Steady::now()) co_return turn;
  }
}

void HostLimits::refused(const std::string& name, std::optional<std::chrono::seconds> retry_after) {
  const auto host = host_of(name);
  std::lock_guard lock(mutex_);
  std::chrono::milliseconds pause = options_.longest_pause;
  if (retry_after) {
    pause = std::min<std::chrono::milliseconds>(pause, *retry_after);
  } else if (host->refusals < 16) {
    pause = std::min(pause, options_.first_pause * (1 << host->refusals));
  }
  ++host->refusals;
  host->paused_until = std::max(host->paused_until, Steady::now() + pause);
}

void HostLimits::served(const std::string& name) {
  const auto host = host_of(name);
  std::lock_guard lock(mutex_);
  host->refusals = 0;
}

}  // namespace imcaxy::atproto
