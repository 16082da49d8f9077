#include "image/score/scorer.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "image/score/channel.hpp"
#include "image/score/pyramid.hpp"
#include "image/score/weights.hpp"

namespace imcaxy::image::score {
namespace {

/// Gray on which something dark shows, and something bright.
constexpr std::array<double, 2> grounds{0.1, 0.9};

Result<void> check(const View& view) {
  const auto [width, height] = view.size;
  if (width < least_side || height < least_side || width > most_side || height > most_side ||
      static_cast<long>(width) * height > most_pixels)
    return fail(400, fmt::format("a picture of {} x {} can't be scored: its sides may have {} to {} pixels, and it {} "
                                 "altogether at most",
                                 width, height, least_side, most_side, most_pixels));
  if (view.bands != 3 && view.bands != 4)
    return fail(500, "the picture could not be scored", fmt::format("{} bands instead of 3 or 4", view.bands));
  const auto row = static_cast<std::size_t>(width) * static_cast<std::size_t>(view.bands);
  const auto rows_before_last = static_cast<std::size_t>(height) - 1;
  if (view.stride < row || view.samples.size() < row || (view.samples.size() - row) / view.stride < rows_before_last)
    return fail(500, "the picture could not be scored",
                fmt::format("{} bytes, {} from row to row, hold no {} x {} of {} bands", view.samples.size(),
                            view.stride, width, height, view.bands));
  return {};
}

bool is_opaque(const View& view) {
  if (view.bands == 3) return true;
  for (int y = 0; y < view.size.height; ++y) {
    const std::uint8_t* const row = view.row(y);
    for (int x = 0; x < view.size.width; ++x)
      if (row[4 * x + 3] != 255) return false;
  }
  return true;
}

}  // namespace

struct Scorer::State {
  /// A reference upon one ground, or an opaque one.
  using Prepared = std::array<std::array<Known, channels>, most_levels>;

  void prepare(const View& view, const Ground& ground, Prepared& prepared);
  double score(const View& view, const Ground& ground, const Prepared& prepared);

  Size size;  ///< of the reference; none without one
  bool opaque = true;
  std::vector<Level> levels;
  std::array<Prepared, grounds.size()> prepared;  ///< of an opaque reference only the first
  Pyramid pyramid;
  std::array<Describer, channels> describers;
  std::array<Comparer, channels> comparers;
};

void Scorer::State::prepare(const View& view, const Ground& ground, Prepared& to) {
  pyramid.walk(view, ground, levels, [&](std::size_t level, int y, const auto& row) {
    for (std::size_t channel = 0; channel < channels; ++channel) {
      if (row[channel] == nullptr) continue;
      if (y == 0) describers[channel].begin(levels[level].size, to[level][channel]);
      describers[channel].push(y, row[channel]);
    }
  });
}

double Scorer::State::score(const View& view, const Ground& ground, const Prepared& reference) {
  std::vector<std::array<Errors, channels>> errors(levels.size());
  pyramid.walk(view, ground, levels, [&](std::size_t level, int y, const auto& row) {
    for (std::size_t channel = 0; channel < channels; ++channel) {
      if (row[channel] == nullptr) continue;
      Comparer& comparer = comparers[channel];
      const Size& level_size = levels[level].size;
      if (y == 0) comparer.begin(level_size, reference[level][channel]);
      comparer.push(y, row[channel]);
      if (y == level_size.height - 1) errors[level][channel] = comparer.errors();
    }
  });
  return score_of(size, errors);
}

Scorer::Scorer() : state_(std::make_unique<State>()) {}
Scorer::~Scorer() = default;
Scorer::Scorer(Scorer&&) noexcept = default;
Scorer& Scorer::operator=(Scorer&&) noexcept = default;

Result<void> Scorer::set_reference(const View& original) {
  state_->size = {};
  if (const auto fits = check(original); !fits) return fits;
  state_->size = original.size;
  state_->levels = levels_of(original.size);
  state_->opaque = is_opaque(original);
  if (state_->opaque) {
    state_->prepare(original, {}, state_->prepared[0]);
  } else {
    for (std::size_t i = 0; i < grounds.size(); ++i) state_->prepare(original, grounds[i], state_->prepared[i]);
  }
  return {};
}

Result<double> Scorer::score(const View& other) {
  if (const auto fits = check(other); !fits) return std::unexpected(fits.error());
  if (other.size != state_->size)
    return fail(500, "the picture could not be scored",
                fmt::format("its size is {} x {}, that of the reference {} x {}", other.size.width, other.size.height,
                            state_->size.width, state_->size.height));
  if (state_->opaque && is_opaque(other)) return state_->score(other, {}, state_->prepared[0]);
  double worse = 100;
  for (std::size_t i = 0; i < grounds.size(); ++i)
    worse = std::min(worse, state_->score(other, grounds[i], state_->prepared[state_->opaque ? 0 : i]));
  return worse;
}

}  // namespace imcaxy::image::score
