// How many sizes of each source were made of its original, and what follows from that.
#pragma once

#include <array>
#include <cstddef>
#include <list>
#include <mutex>
#include <unordered_map>

#include "base/hash.hpp"
#include "cache/epochs.hpp"
#include "image/scale.hpp"

namespace imcaxy::proxy {

/// A table of the sources that were asked for last. An invalidation of a source, which shows as another epoch, begins
/// it anew. Thread-safe; bounded.
class AskedSizes {
 public:
  using Epoch = cache::Epochs::Epoch;

  /// What to do about a source's reduced form.
  enum class Advice { nothing, make_when_idle, make_now };

  /// An answer of this size was made of the original that was asked for in `since`. The second size makes it worth a
  /// reduced form, the fifth urgent.
  Advice count(const Key128& source, Epoch since, const image::Size& size);

  /// Who wants to make it asks: true for one of them at a time, who then tells the end.
  bool begin(const Key128& source, Epoch since);
  /// Impossible: it will not be tried again before the source changes. Otherwise counting goes on: with the next size
  /// if it was not made, anew if it was.
  enum class End { made, not_now, impossible };
  void end(const Key128& source, Epoch since, End end);

 private:
  static constexpr std::size_t most_sources = 4096, idle_from = 2, urgent_from = 5;

  struct Source {
    Key128 key;
    Epoch epoch = 0;
    enum class State { counting, waiting, urgent, making, given_up } state = State::counting;
    std::array<image::Size, urgent_from> sizes{};
    std::size_t count = 0;
  };
  /// With mutex_ held; null when it is not there in this epoch.
  Source* find(const Key128& key, Epoch since);

  std::mutex mutex_;          // guards what follows
  std::list<Source> by_use_;  // front: used last
  std::unordered_map<Key128, std::list<Source>::iterator> places_;
};

}  // namespace imcaxy::proxy
