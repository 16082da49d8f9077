#include "proxy/asked_sizes.hpp"

#include <algorithm>
#include <iterator>

namespace imcaxy::proxy {

AskedSizes::Advice AskedSizes::count(const Key128& key, Epoch since, const image::Size& size) {
  std::lock_guard lock(mutex_);
  const auto place = places_.find(key);
  if (place == places_.end()) {
    by_use_.push_front({.key = key, .epoch = since});
    places_[key] = by_use_.begin();
    if (by_use_.size() > most_sources) {
      places_.erase(by_use_.back().key);
      by_use_.pop_back();
    }
  } else {
    by_use_.splice(by_use_.begin(), by_use_, place->second);
  }
  Source& source = by_use_.front();
  if (source.epoch > since) return Advice::nothing;  // what is older than the last invalidation does not count
  if (source.epoch < since) source = {.key = key, .epoch = since};
  const auto end = source.sizes.begin() + static_cast<std::ptrdiff_t>(source.count);
  if (std::find(source.sizes.begin(), end, size) != end) return Advice::nothing;
  if (source.count < source.sizes.size()) source.sizes[source.count++] = size;
  using State = Source::State;
  if (source.count >= urgent_from && (source.state == State::counting || source.state == State::waiting)) {
    source.state = State::urgent;
    return Advice::make_now;
  }
  if (source.count >= idle_from && source.state == State::counting) {
    source.state = State::waiting;
    return Advice::make_when_idle;
  }
  return Advice::nothing;
}

bool AskedSizes::begin(const Key128& key, Epoch since) {
  std::lock_guard lock(mutex_);
  Source* source = find(key, since);
  if (!source || (source->state != Source::State::waiting && source->state != Source::State::urgent)) return false;
  source->state = Source::State::making;
  return true;
}

void AskedSizes::end(const Key128& key, Epoch since, End end) {
  std::lock_guard lock(mutex_);
  Source* source = find(key, since);
  if (!source) return;
  source->state = end == End::impossible ? Source::State::given_up : Source::State::counting;
  if (end == End::made) source->count = 0;
}

AskedSizes::Source* AskedSizes::find(const Key128& key, Epoch since) {
  const auto place = places_.find(key);
  return place == places_.end() || place->second->epoch != since ? nullptr : &*place->second;
}

}  // namespace imcaxy::proxy
