#include "audit_downloads.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include <fmt/format.h>

#include "audit_plan.hpp"
#include "progress.hpp"
#include "warmer.hpp"

namespace imcaxy::command {
namespace {

/// As many as a browser opens to one host at most.
constexpr std::size_t at_a_time = 4;

using Downloads = std::map<std::string, Result<source::Original>>;

/// What came, and what is on its way. Thread-safe.
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
  void ended(const std::string& url, Result<source::Original> original) {
    std::lock_guard lock(mutex_);
    --running_;
    if (original) bytes_ += original->body.size();
    done_.emplace(url, std::move(original));
    changed_.notify_all();
  }
  std::uint64_t bytes() const {
    std::lock_guard lock(mutex_);
    return bytes_;
  }
  std::size_t count() const {
    std::lock_guard lock(mutex_);
    return done_.size();
  }
  Downloads take() {
    std::lock_guard lock(mutex_);
    return std::move(done_);
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t running_ = 0;  // guarded by mutex_, as is what follows
  std::uint64_t bytes_ = 0;
  Downloads done_;
};

/// Why this one is not asked for; nothing when it is.
Result<void> admitted(const std::string& url, const source::FetcherOptions& options, const DownloadLimits& limits,
                      std::uint64_t bytes) {
  if (std::chrono::steady_clock::now() >= limits.end) return fail(504, "the time was over (--timeout)");
  if (bytes >= limits.most_bytes)
    return fail(400, fmt::format("{} MB had been fetched by then (--max-megabytes)", limits.most_bytes >> 20));
  const auto parsed = http::parse_url(url);
  if (!parsed) return std::unexpected(parsed.error());
  return options.policy.check(*parsed);
}

}  // namespace

Downloads download(http::Client& client, const source::FetcherOptions& options, const std::set<std::string>& urls,
                   const DownloadLimits& limits) {
  Tally tally;
  Progress progress("fetched", urls.size(), Progress::when_it_takes_long);
  for (const std::string& url : urls) {
    tally.wait_for_place(at_a_time);
    progress.show(tally.count());
    if (auto ok = admitted(url, options, limits, tally.bytes()); !ok) {
      tally.started();
      tally.ended(url, std::unexpected(std::move(ok.error())));
      continue;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(limits.end - std::chrono::steady_clock::now());
    source::FetcherOptions of_this = options;
    of_this.timeout = std::clamp(left, std::chrono::milliseconds(1), options.timeout);
    tally.started();
    source::Fetcher(client, of_this)
        .fetch(url, {"User-Agent: " + audit_user_agent(), fmt::format("Accept: {}", accept_of_browsers)},
               [&tally, url](Result<source::Original> original) { tally.ended(url, std::move(original)); });
  }
  tally.wait_for_place(1);
  return tally.take();
}

}  // namespace imcaxy::command
