#include "cluster/announcer.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cluster/follower.hpp"

namespace imcaxy::cluster {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

/// A node that has not answered by then looks at the log before it serves anything: see Follower::current.
constexpr auto longest_wait = Follower::longest_silence + 1000ms;
constexpr auto shortest_pause = 2ms, longest_pause = 50ms;

std::unexpected<Error> cut_off(const mongo::Failure& failure) {
  return fail(503, "the other nodes could not be told, since MongoDB can't be used", failure.text);
}

}  // namespace

Result<Announcer::Ticket> Announcer::announce(const cache::UrlSet& set) {
  auto number = log_.append(set);
  if (!number) return cut_off(number.error());
  return *number;
}

Result<void> Announcer::confirm(Ticket ticket) {
  const auto deadline = Steady::now() + longest_wait;
  for (Steady::duration pause = shortest_pause;; pause = std::min<Steady::duration>(2 * pause, longest_pause)) {
    auto behind = nodes_.behind(ticket);
    if (!behind) return cut_off(behind.error());
    if (behind->waited_for.empty() && behind->lost.empty()) return {};
    const bool too_late = Steady::now() >= deadline;
    if (behind->waited_for.empty() || too_late) {
      std::vector<std::string> names = std::move(behind->lost);
      names.insert(names.end(), behind->waited_for.begin(), behind->waited_for.end());
      std::ranges::sort(names);
      return fail(503,
                  fmt::format("these nodes could not be reached, and may serve what they have until they can reach "
                              "MongoDB again: {}",
                              fmt::join(names, ", ")));
    }
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace imcaxy::cluster
