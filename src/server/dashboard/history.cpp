#include "server/dashboard/history.hpp"

#include <algorithm>

namespace imcaxy::server {
namespace {

/// Sums are read one after the other while others count: one may be behind an older reading of another.
std::uint64_t since(std::uint64_t now, std::uint64_t before) {
  return now > before ? now - before : 0;
}

template <std::size_t Size>
std::array<std::uint64_t, Size> since(const std::array<std::uint64_t, Size>& now,
                                      const std::array<std::uint64_t, Size>& before) {
  std::array<std::uint64_t, Size> out{};
  for (std::size_t i = 0; i < Size; ++i) out[i] = since(now[i], before[i]);
  return out;
}

}  // namespace

History::Sums History::take() const {
  return {std::chrono::steady_clock::now(), metrics_.pictures(), metrics_.durations(Stage::total),
          metrics_.durations(Stage::process)};
}

void History::tick(const Load& load) {
  const Sums now = take();
  const Metrics::Pictures &here = now.pictures, &before = last_.pictures;
  Sample sample{.at = Clock::system().now(),
                .seconds = std::chrono::duration<double>(now.at - last_.at).count(),
                .pictures = {.by_result = since(here.by_result, before.by_result),
                             .client_errors = since(here.client_errors, before.client_errors),
                             .server_errors = since(here.server_errors, before.server_errors),
                             .sent_bytes = since(here.sent_bytes, before.sent_bytes),
                             .original_bytes = since(here.original_bytes, before.original_bytes),
                             .compared_sent_bytes = since(here.compared_sent_bytes, before.compared_sent_bytes),
                             .imaginary_bytes = since(here.imaginary_bytes, before.imaginary_bytes)},
                .total = since(now.total, last_.total),
                .process = since(now.process, last_.process),
                .load = load};
  last_ = now;
  std::lock_guard lock(mutex_);
  ++number_;
  samples_.push_back(sample);
  if (samples_.size() > most_samples) samples_.pop_front();
}

std::uint64_t History::number() const {
  std::lock_guard lock(mutex_);
  return number_;
}

std::vector<Sample> History::last(std::uint64_t number) const {
  std::lock_guard lock(mutex_);
  const auto wanted = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(number, samples_.size()));
  return {samples_.end() - wanted, samples_.end()};
}

}  // namespace imcaxy::server
