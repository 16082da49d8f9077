#include "image/prediction/pace.hpp"

#include <algorithm>

namespace imcaxy::image::prediction {
namespace {

constexpr std::int64_t least_pixels_that_tell = 50'000;
/// Of the newest measurement: one that waited for a core does not count for much.
constexpr double share_of_the_new = 0.1;

}  // namespace

Pace::Learnt* Pace::find(Format format) {
  const auto found = std::ranges::find(learnt_, format, &Learnt::format);
  return found == learnt_.end() ? nullptr : &*found;
}

Pace::Duration Pace::expected(Format format, std::int64_t pixels) const {
  const auto found = std::ranges::find(learnt_, format, &Learnt::format);
  if (found == learnt_.end()) return Duration(0);
  return std::chrono::duration<double, std::nano>(found->nanoseconds.load(std::memory_order_relaxed) *
                                                  static_cast<double>(pixels));
}

void Pace::took(const Encoding& encoding, std::int64_t pixels, Duration time) {
  Learnt* const learnt = find(encoding.format);
  if (!learnt || encoding.effort != Encoding::Effort::quick || pixels < least_pixels_that_tell) return;
  const double now = std::chrono::duration<double, std::nano>(time).count() / static_cast<double>(pixels);
  const double before = learnt->nanoseconds.load(std::memory_order_relaxed);
  learnt->nanoseconds.store(before + (now - before) * share_of_the_new, std::memory_order_relaxed);
}

Pace& pace() {
  static Pace of_process;
  return of_process;
}

}  // namespace imcaxy::image::prediction
