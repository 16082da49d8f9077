#include "processor/imaginary/quality.hpp"

#include <array>
#include <charconv>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"

namespace imcaxy::processor::imaginary {
namespace {

struct Word {
  std::string_view name;
  double QualityTargets::*target;
};
constexpr std::array<Word, 3> words{
    {{"low", &QualityTargets::low}, {"normal", &QualityTargets::normal}, {"high", &QualityTargets::high}}};

const Word* find_word(std::string_view name) {
  for (const Word& word : words)
    if (word.name == name) return &word;
  return nullptr;
}

/// Scores of pictures as they are seen, and those of all their pixels at which they have them: at half and at a third
/// of their sides. Means of JPEG, WebP and AVIF by scripts/train_quality/densities.py.
struct Seen {
  double score, half, third;
};
constexpr std::array<Seen, 5> seen_scores{{{50, 50, 50}, {75, 54, 50}, {80, 62, 50}, {85, 71, 59}, {90, 80, 73}}};

double needed_on_screen(double score, int density) {
  const auto of = [density](const Seen& seen) { return density == 2 ? seen.half : seen.third; };
  for (std::size_t i = 1; i < seen_scores.size(); ++i) {
    const Seen &below = seen_scores[i - 1], &above = seen_scores[i];
    if (score <= above.score)
      return of(below) + (of(above) - of(below)) * (score - below.score) / (above.score - below.score);
  }
  return of(seen_scores.back());
}

std::optional<double> read_score(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool good = code == std::errc() && end == text.data() + text.size() && !text.empty();
  // Not a number is neither above nor below.
  return good && value >= least_target && value <= most_target ? std::optional(value) : std::nullopt;
}

}  // namespace

double QualityTargets::of(QualityClass quality) const {
  return this->*words[static_cast<std::size_t>(quality)].target;
}

QualityTargets QualityTargets::on_screen(int density) const {
  if (density < 2) return *this;
  return {needed_on_screen(low, density), needed_on_screen(normal, density), needed_on_screen(high, density)};
}

Result<std::optional<QualityTargets>> parse_quality_targets(const std::vector<std::string>& list) {
  if (list.empty()) return std::nullopt;
  QualityTargets targets;
  std::set<std::string_view> seen;
  for (const std::string& item : list) {
    const std::size_t equals = item.find('=');
    const Word* const word = find_word(trimmed(std::string_view(item).substr(0, equals)));
    const auto score =
        equals == item.npos ? std::nullopt : read_score(trimmed(std::string_view(item).substr(equals + 1)));
    if (!word || !score)
      return fail(400, fmt::format("a list of low=, normal= and high= with scores from {} to {}, as in "
                                   "normal=75,high=85,low=65, or empty: '{}'",
                                   least_target, most_target, item));
    if (!seen.insert(word->name).second) return fail(400, fmt::format("{} only once", word->name));
    targets.*word->target = *score;
  }
  if (targets.low > targets.normal || targets.normal > targets.high)
    return fail(400, fmt::format("low ({}) no more than normal ({}), and that no more than high ({})", targets.low,
                                 targets.normal, targets.high));
  return targets;
}

}  // namespace imcaxy::processor::imaginary
