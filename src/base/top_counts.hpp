// Which keys come most often, in bounded memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace imcaxy {

/// The space-saving algorithm (Metwally, Agrawal, El Abbadi, ICDT 2005): a key that is new when all places are taken
/// takes over the place, and the count, of the rarest. So counts are never too small, and a key with more than
/// 1/`most_keys` of all is always among them. Not thread-safe.
class TopCounts {
 public:
  struct Count {
    std::string key;
    std::uint64_t count = 0;     ///< at least as often as it came
    std::uint64_t too_many = 0;  ///< by this much at most
  };

  explicit TopCounts(std::size_t most_keys) : most_keys_(most_keys) { counts_.reserve(most_keys); }

  void add(std::string_view key, std::uint64_t times = 1) {
    if (const auto known = places_.find(key); known != places_.end()) {
      counts_[known->second].count += times;
      return;
    }
    if (counts_.size() < most_keys_) {
      counts_.push_back({std::string(key), times, 0});
      places_.emplace(counts_.back().key, counts_.size() - 1);
      return;
    }
    const auto rarest = std::ranges::min_element(counts_, {}, &Count::count);
    const auto place = static_cast<std::size_t>(rarest - counts_.begin());
    places_.erase(places_.find(rarest->key));
    *rarest = {std::string(key), rarest->count + times, rarest->count};
    places_.emplace(rarest->key, place);
  }

  /// In no order.
  const std::vector<Count>& counts() const { return counts_; }

  void clear() {
    counts_.clear();
    places_.clear();
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  std::size_t most_keys_;
  std::vector<Count> counts_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> places_;  ///< in counts_
};

}  // namespace imcaxy
