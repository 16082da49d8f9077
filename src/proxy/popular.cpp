#include "proxy/popular.hpp"

#include <algorithm>

#include "image/format.hpp"

namespace imcaxy::proxy {

namespace {

/// In proportion: a fifth of what a lossy codec writes quickly, a hundredth of PNG.
double bytes_to_save(const cache::Entry& entry) {
  const bool lossless = entry.meta.mime_type == image::mime_type(image::Format::png);
  return static_cast<double>(entry.body.size()) * (lossless ? 0.05 : 1);
}

}  // namespace

void Popular::add(ImageRequestPtr request, Clock::time_point not_before) {
  {
    std::lock_guard lock(mutex_);
    const Key128 key = request->key;
    waiting_.insert_or_assign(key, Waiting{std::move(request), not_before});
    if (waiting_.size() <= most_) return;
  }
  forget_half();
}

ImageRequestPtr Popular::take(Clock::time_point now) {
  const std::vector<Ranked> all = ranked(now);
  const auto first = std::ranges::max_element(all, {}, &Ranked::weight);
  if (first == all.end()) return nullptr;
  std::lock_guard lock(mutex_);
  const auto it = waiting_.find(first->key);
  if (it == waiting_.end()) return nullptr;
  ImageRequestPtr taken = std::move(it->second.request);
  waiting_.erase(it);
  return taken;
}

std::size_t Popular::size() const {
  std::lock_guard lock(mutex_);
  return waiting_.size();
}

/// Without those that have left memory. Memory is asked without the lock that `add` waits for.
std::vector<Popular::Ranked> Popular::ranked(Clock::time_point now) {
  std::vector<Ranked> all;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, waiting] : waiting_)
      if (waiting.not_before <= now) all.push_back({key, 0});
  }
  std::vector<Key128> gone;
  for (Ranked& one : all) {
    const auto found = memory_.peek(one.key);
    if (!found.item) gone.push_back(one.key);
    if (found.item) one.weight = static_cast<double>(found.hits + 1) * bytes_to_save(*found.item->entry);
  }
  std::erase_if(all, [](const Ranked& one) { return one.weight == 0; });
  std::lock_guard lock(mutex_);
  for (const Key128& key : gone) waiting_.erase(key);
  return all;
}

void Popular::forget_half() {
  std::vector<Ranked> all = ranked(Clock::time_point::max());
  if (all.size() <= most_ / 2) return;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(most_ / 2);
  std::ranges::nth_element(all, middle, std::ranges::greater{}, &Ranked::weight);
  std::lock_guard lock(mutex_);
  for (auto it = middle; it != all.end(); ++it) waiting_.erase(it->key);
}

}  // namespace imcaxy::proxy
