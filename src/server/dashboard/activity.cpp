#include "server/dashboard/activity.hpp"

#include <algorithm>

#include "http/query.hpp"

namespace imcaxy::server {
namespace {

constexpr std::size_t most_text = 2048;

std::string shortened(std::string_view text) {
  return text.size() <= most_text ? std::string(text) : std::string(text.substr(0, most_text)) + "...";
}

/// Not what gives somebody rights.
std::string without_secrets(std::string_view target) {
  return http::mask_parameter(http::mask_parameter(target, "key"), "sign");
}

}  // namespace

void Activity::served(std::string_view source) {
  constexpr auto relaxed = std::memory_order_relaxed;
  Sampler& sampler = samplers_[counter_shard()];
  if (const std::uint32_t now = ticks_.load(relaxed); sampler.tick.load(relaxed) != now) {
    sampler.tick.store(now, relaxed);
    sampler.stride.store(1, relaxed);
    sampler.wait.store(0, relaxed);
    sampler.taken.store(0, relaxed);
  }
  if (const std::uint32_t wait = sampler.wait.load(relaxed); wait > 0) {
    sampler.wait.store(wait - 1, relaxed);
    return;
  }
  const std::uint32_t stride = sampler.stride.load(relaxed), taken = sampler.taken.load(relaxed) + 1;
  const std::uint32_t next = taken % samples_a_stride == 0 ? stride * 2 : stride;
  sampler.taken.store(taken, relaxed);
  sampler.stride.store(next, relaxed);
  sampler.wait.store(next - 1, relaxed);
  if (const std::unique_lock lock(sources_mutex_, std::try_to_lock); lock) current_.add(source, stride);
}

void Activity::failed(const http::Request& request, const Error& error) {
  std::lock_guard lock(failures_mutex_);
  const std::string kind = std::to_string(error.status) + ' ' + shortened(error.message);
  const Failure* const known = failures_.find(kind);
  failures_.put(kind, {.status = error.status,
                       .message = shortened(error.message),
                       .count = (known ? known->count : 0) + 1,
                       .last = Clock::system().now(),
                       .target = shortened(without_secrets(request.target)),
                       .cause = shortened(error.cause),
                       .id = request.id});
}

void Activity::tick() {
  const std::uint32_t ticks = ticks_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (ticks % ticks_a_period != 0) return;
  std::lock_guard lock(sources_mutex_);
  previous_ = current_;
  current_.clear();
}

std::vector<TopCounts::Count> Activity::top_sources(std::size_t most) const {
  TopCounts sum(2 * most_sources);
  {
    std::lock_guard lock(sources_mutex_);
    for (const TopCounts* part : {&previous_, &current_})
      for (const TopCounts::Count& count : part->counts()) sum.add(count.key, count.count);
  }
  std::vector<TopCounts::Count> out = sum.counts();
  std::ranges::sort(out, std::ranges::greater(), &TopCounts::Count::count);
  out.resize(std::min(out.size(), most));
  return out;
}

std::vector<Activity::Failure> Activity::failures() const {
  std::vector<Failure> out;
  std::lock_guard lock(failures_mutex_);
  for (const auto& [kind, failure] : failures_.entries()) out.push_back(failure);
  return out;
}

}  // namespace imcaxy::server
