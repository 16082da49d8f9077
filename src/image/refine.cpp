#include "image/refine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "image/likeness.hpp"
#include "image/thorough.hpp"
#include "image/workpiece.hpp"

namespace imcaxy::image {
namespace {

constexpr int worst = 1, best = 100;
/// Points above the target at which it is not worth another encode to come nearer.
constexpr double near_enough = 0.4;
constexpr int most_tries = 8;

/// Where the search begins: what most photographs need for 75 points, and how much a point costs.
int first_guess(const Encoding& encoding) {
  const double at_75 = encoding.format == Format::avif ? 58 : 76;
  return std::clamp(static_cast<int>(std::lround(at_75 + 1.2 * (encoding.target - 75))), worst, best);
}

/// Narrows a codec's quality down to the lowest one with which a picture reaches its target. Scores grow with quality,
/// but for noise.
class Bracket {
 public:
  Bracket(double target, int guess) : target_(target), next_(guess) {}

  /// Nothing when there is nothing left to try.
  std::optional<int> next() const {
    if (tries_ == most_tries || above_.quality - below_.quality <= 1) return std::nullopt;
    if (above_.quality <= best && above_.score - target_ <= near_enough) return std::nullopt;
    return next_;
  }

  void tell(int quality, double score) {
    ++tries_;
    (score >= target_ ? above_ : below_) = {quality, score};
    const int low = below_.quality + 1, high = above_.quality - 1;
    if (low <= high) next_ = std::clamp(guess_between(), low, high);
  }

 private:
  struct Point {
    int quality;
    double score;
  };
  /// As if scores were on a line: the one between both ends, or one of a usual slope as long as there is only one end.
  int guess_between() const {
    constexpr double usual_slope = 0.6, aim = near_enough / 2;
    if (below_.quality < worst)
      return static_cast<int>(above_.quality - std::ceil((above_.score - target_) / usual_slope));
    if (above_.quality > best)
      return static_cast<int>(below_.quality + std::ceil((target_ - below_.score) / usual_slope));
    const double part = (target_ + aim - below_.score) / std::max(0.01, above_.score - below_.score);
    return below_.quality + static_cast<int>(std::lround(part * (above_.quality - below_.quality)));
  }

  const double target_;
  Point below_{worst - 1, 0}, above_{best + 1, 0};
  int next_;
  int tries_ = 0;
};

class Search {
 public:
  Search(Likeness likeness, const Limits& limits, std::size_t most_bytes)
      : likeness_(std::move(likeness)), limits_(limits), most_bytes_(most_bytes) {}

  /// Fails for a picture that this encoding can't hold.
  Result<void> try_all_ways(Workpiece& work, Encoding encoding) {
    int guess = first_guess(encoding);
    for (encoding.way = 0; encoding.way < thorough_ways(encoding.format); ++encoding.way)
      if (auto done = try_qualities(work, encoding, guess); !done) return done;
    return {};
  }

  std::optional<Refined> take_best() { return std::move(best_); }

 private:
  Result<void> try_qualities(Workpiece& work, Encoding encoding, int& guess) {
    const double target = encoding.target;
    encoding.target = 0;
    Bracket bracket(target, guess);
    while (const auto quality = bracket.next()) {
      guess = encoding.quality = *quality;
      auto picture = work.encode(encoding);
      if (!picture) return std::unexpected(std::move(picture.error()));
      const auto score = likeness_.of(picture->bytes);
      if (!score) return std::unexpected(score.error());
      const std::size_t bytes = picture->bytes.size();
      bracket.tell(*quality, *score);
      if (*score < target && bytes >= most_bytes_) return {};  // what reaches it is larger still
      if (*score < target || bytes >= most_bytes_) continue;
      most_bytes_ = bytes;
      best_ = Refined{std::move(picture->bytes), encoding.format, *quality, *score};
    }
    return {};
  }

  Likeness likeness_;
  const Limits limits_;
  std::size_t most_bytes_;  ///< beyond which, or at which, a result is of no use
  std::optional<Refined> best_;
};

/// The finished pixels of a master, to be encoded several times.
Result<void> decode(Workpiece& work) {
  Edit nothing;
  nothing.upright = false;
  nothing.colours = Colours::own;
  nothing.encoding.format = Format::png;
  return work.apply(nothing, Workpiece::When::now);
}

}  // namespace

bool can_be_refined(const Encoding& encoding) {
  return encoding.target > 0 && !encoding.lossless && thorough_ways(encoding.format) > 0;
}

Result<Refinement> refine(const Master& master, const Bytes& now, const Limits& limits) {
  auto likeness = Likeness::to(master.picture, limits);
  if (!likeness) return std::unexpected(std::move(likeness.error()));
  const auto score_now = likeness->of(now);
  if (!score_now) return std::unexpected(score_now.error());
  const auto header = read_header(master.picture, limits, {.all = false});
  if (!header) return std::unexpected(header.error());
  Workpiece work(master.picture, *header);
  if (auto ok = decode(work); !ok) return std::unexpected(std::move(ok.error()));

  double target = 0;
  for (const Encoding& encoding : master.encodings) target = std::max(target, encoding.target);
  const bool may_grow = *score_now < target - score_tolerance;
  Search search(std::move(*likeness), limits, may_grow ? std::numeric_limits<std::size_t>::max() : now.size());
  for (Encoding encoding : master.encodings) {
    encoding.effort = Encoding::Effort::thorough;
    if (auto done = search.try_all_ways(work, encoding); !done) return std::unexpected(std::move(done.error()));
  }
  return Refinement{*score_now, search.take_best()};
}

}  // namespace imcaxy::image
