#include "image/refine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "image/likeness.hpp"
#include "image/thorough.hpp"
#include "image/workpiece.hpp"

namespace imcaxy::image {
namespace {

constexpr int worst = 1, best = 100;
/// Points above the target at which it is not worth another encode to come nearer.
constexpr double near_enough = 0.4;
constexpr int most_tries = 8;

bool is_lossless(const Encoding& encoding) {
  return encoding.lossless || encoding.format == Format::png;
}

/// How many bytes a picture needs at least for `score` when it takes `bytes` with another one.
double bytes_at(double score, double with_score, std::size_t bytes) {
  constexpr double least_for_a_point = 0.03, most_for_a_point = 0.1;
  const double points = score - with_score;
  return static_cast<double>(bytes) * std::exp((points > 0 ? least_for_a_point : most_for_a_point) * points);
}

/// Narrows a codec's quality down to the lowest one with which a picture reaches its target. Scores grow with quality,
/// but for noise.
class Bracket {
 public:
  /// `step`: what is nearer need not be told apart.
  Bracket(double target, int guess, int step = 1) : target_(target), step_(step), next_(guess) {}

  /// Nothing when there is nothing left to try.
  std::optional<int> next() const {
    if (tries_ == most_tries || above_.quality - below_.quality <= step_) return std::nullopt;
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
  const int step_;
  Point below_{worst - 1, 0}, above_{best + 1, 0};
  int next_;
  int tries_ = 0;
};

class Search {
 public:
  Search(Likeness likeness, std::size_t most_bytes) : likeness_(std::move(likeness)), most_bytes_(most_bytes) {}

  /// Fails for a picture that this encoding can't hold.
  Result<void> try_all_ways(Workpiece& work, const Encoding& wanted) {
    auto settled = work.settled(wanted);
    if (!settled) return std::unexpected(std::move(settled.error()));
    Encoding encoding = wanted;
    encoding.quality = settled->quality;
    const double target = std::exchange(encoding.target, 0);
    if (encoding.format == Format::avif)
      if (auto done = scout(work, encoding, target); !done) return done;
    for (encoding.way = 0; encoding.way < thorough_ways(encoding); ++encoding.way) {
      if (is_lossless(encoding)) {
        if (const auto tried = try_one(work, encoding, target); !tried) return std::unexpected(tried.error());
      } else if (auto done = try_qualities(work, encoding, target); !done) {
        return done;
      }
    }
    return {};
  }

  std::optional<Refined> take_best() { return std::move(best_); }

 private:
  struct Tried {
    double score;
    std::size_t bytes;
  };
  /// Keeps the result if it is the best one so far.
  Result<Tried> try_one(Workpiece& work, const Encoding& encoding, double target) {
    auto picture = work.encode(encoding);
    if (!picture) return std::unexpected(std::move(picture.error()));
    const auto score = likeness_.of(picture->bytes);
    if (!score) return std::unexpected(score.error());
    const Tried tried{*score, picture->bytes.size()};
    if (tried.score >= target && tried.bytes < most_bytes_) {
      most_bytes_ = tried.bytes;
      best_ = Refined{std::move(picture->bytes), encoding.format, encoding.quality, tried.score};
    }
    return tried;
  }

  /// Comes near the quality with an encoder that takes a sixth of the time.
  Result<void> scout(Workpiece& work, Encoding& encoding, double target) {
    Encoding quicker = encoding;
    quicker.effort = Encoding::Effort::normal;
    quicker.whole_colour = true;
    Bracket bracket(target, encoding.quality, 2);
    while (const auto quality = bracket.next()) {
      encoding.quality = quicker.quality = *quality;
      const auto picture = work.encode(quicker);
      if (!picture) return std::unexpected(picture.error());
      const auto score = likeness_.of(picture->bytes);
      if (!score) return std::unexpected(score.error());
      bracket.tell(*quality, *score);
    }
    return {};
  }

  /// Begins with the encoding's quality.
  Result<void> try_qualities(Workpiece& work, Encoding encoding, double target) {
    Bracket bracket(target, usual_quality(encoding));
    while (const auto quality = bracket.next()) {
      encoding.quality = *quality;
      const std::size_t useless_bytes = most_bytes_;
      const auto tried = try_one(work, encoding, target);
      if (!tried) return std::unexpected(tried.error());
      bracket.tell(*quality, tried->score);
      if (leads_nowhere(*tried, target, useless_bytes)) return {};
    }
    return {};
  }

  /// Whether what reaches the target this way will be larger than what is there.
  static bool leads_nowhere(const Tried& tried, double target, std::size_t useless_bytes) {
    constexpr double far = 4;  // where colour stops being coarse, all is different
    return std::abs(target - tried.score) < far &&
           bytes_at(target, tried.score, tried.bytes) >= static_cast<double>(useless_bytes);
  }

  Likeness likeness_;
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

std::optional<Encoding> to_be_refined(Encoding encoding, double lossless_score) {
  if (thorough_ways(encoding) == 0 || encoding.palette || encoding.interlace) return std::nullopt;
  if (is_lossless(encoding)) encoding.target = lossless_score;
  if (encoding.target <= 0) return std::nullopt;
  return encoding;
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
  Search search(std::move(*likeness), may_grow ? std::numeric_limits<std::size_t>::max() : now.size());
  for (Encoding encoding : master.encodings) {
    encoding.effort = Encoding::Effort::thorough;
    if (auto done = search.try_all_ways(work, encoding); !done) return std::unexpected(std::move(done.error()));
  }
  return Refinement{*score_now, search.take_best()};
}

}  // namespace imcaxy::image
