#include "warmer.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "caller.hpp"
#include "config/version.hpp"
#include "progress.hpp"
#include "wording.hpp"

namespace imcaxy::command {
namespace {

/// So many that a server is busy, and so few that its clients still find a place.
constexpr std::size_t at_a_time = 4;
constexpr auto limit = std::chrono::minutes(2);

/// What runs, and what came of it. Thread-safe.
class Tally {
 public:
  void wait_for_place(std::size_t places) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return running_ < places; });
  }
  void started() {
    std::lock_guard lock(mutex_);
    ++running_;
  }
  void ended(const std::string& url, const http::Client::Outcome& outcome) {
    std::lock_guard lock(mutex_);
    --running_;
    ++warmed_.asked;
    if (!outcome || outcome->status != 200) {
      if (warmed_.failed++ == 0) warmed_.first_failure = fmt::format("{}: {}", url, reason_of(outcome));
    }
    changed_.notify_all();
  }
  Warmed result() const {
    std::lock_guard lock(mutex_);
    return warmed_;
  }

 private:
  static std::string reason_of(const http::Client::Outcome& outcome) {
    if (!outcome) return outcome.error().text;
    if (outcome->status == 429) return "429, too many requests: lower --rate";
    if (outcome->status == 401) return "401: set IMCAXY_API_KEY to the server's";
    return fmt::format("{} {}", outcome->status, shown(outcome->body.view()));
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t running_ = 0;  // guarded by mutex_, as is what follows
  Warmed warmed_;
};

}  // namespace

Warmed warm_up(const std::vector<WarmRequest>& requests, const WarmOptions& options) {
  using Steady = std::chrono::steady_clock;
  const auto pause =
      options.per_second > 0
          ? std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(1 / options.per_second))
          : Steady::duration::zero();
  Tally tally;
  Progress progress("asked for", requests.size());
  http::Client client(any_address());  // after the tally, which its thread writes to
  auto next = Steady::now();
  for (const WarmRequest& wanted : requests) {
    tally.wait_for_place(at_a_time);
    std::this_thread::sleep_until(next);
    next = std::max(next, Steady::now() - pause) + pause;
    http::ClientRequest request{
        .url = wanted.url,
        .headers = {"Accept: " + wanted.accept, fmt::format("User-Agent: imcaxy/{}", version_text)},
        .max_bytes = most_answer_bytes,
        .timeout = limit};
    if (!options.api_key.empty()) request.headers.push_back("API-Key: " + options.api_key);
    tally.started();
    client.send(std::move(request),
                [&tally, &wanted](http::Client::Outcome outcome) { tally.ended(wanted.url, outcome); });
    progress.show(tally.result().asked);
  }
  tally.wait_for_place(1);
  return tally.result();
}

}  // namespace imcaxy::command
