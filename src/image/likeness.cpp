#include "image/likeness.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "image/score/scorer.hpp"
#include "image/workpiece.hpp"

namespace imcaxy::image {
namespace {

Result<Small> pixels_of(const Bytes& picture, const Limits& limits) {
  const auto header = read_header(picture, limits, {.all = false});
  if (!header) return std::unexpected(header.error());
  return Workpiece(picture, *header).shrink(std::numeric_limits<int>::max());
}

/// What is transparent has no colour.
Key128 hash_of(Small& picture) {
  for (std::size_t i = 3; i < picture.rgba.size(); i += 4)
    if (picture.rgba[i] == 0)
      std::fill_n(picture.rgba.begin() + static_cast<std::ptrdiff_t>(i - 3), 3, std::uint8_t{0});
  return hash128({reinterpret_cast<const char*>(picture.rgba.data()), picture.rgba.size()});
}

/// Opacity costs the metric as much again: what has none leaves it out.
bool is_opaque(const Small& picture) {
  for (std::size_t i = 3; i < picture.rgba.size(); i += 4)
    if (picture.rgba[i] != 255) return false;
  return true;
}

void drop_opacity(Small& picture) {
  std::vector<std::uint8_t> rgb;
  rgb.reserve(picture.rgba.size() / 4 * 3);
  for (std::size_t i = 0; i < picture.rgba.size(); i += 4)
    rgb.insert(rgb.end(), picture.rgba.begin() + static_cast<std::ptrdiff_t>(i),
               picture.rgba.begin() + static_cast<std::ptrdiff_t>(i + 3));
  picture.rgba = std::move(rgb);
}

/// As few bands as it needs.
score::View view_of(Small& picture) {
  if (!is_opaque(picture)) return score::view(picture.size, 4, picture.rgba);
  drop_opacity(picture);
  return score::view(picture.size, 3, picture.rgba);
}

}  // namespace

struct Likeness::State {
  Limits limits;
  Size size;
  Key128 pixels;
  score::Scorer scorer;
};

Likeness::Likeness(std::unique_ptr<State> state) : state_(std::move(state)) {}
Likeness::~Likeness() = default;
Likeness::Likeness(Likeness&&) noexcept = default;
Likeness& Likeness::operator=(Likeness&&) noexcept = default;

const Size& Likeness::size() const {
  return state_->size;
}

Result<Likeness> Likeness::to(const Bytes& original, const Limits& limits) {
  auto pixels = pixels_of(original, limits);
  if (!pixels) return std::unexpected(std::move(pixels.error()));
  auto state = std::make_unique<State>();
  state->limits = limits;
  state->size = pixels->size;
  state->pixels = hash_of(*pixels);
  if (auto ok = state->scorer.set_reference(view_of(*pixels)); !ok) return std::unexpected(std::move(ok.error()));
  return Likeness(std::move(state));
}

Result<double> Likeness::of(const Bytes& other) {
  auto pixels = pixels_of(other, state_->limits);
  if (!pixels) return std::unexpected(std::move(pixels.error()));
  if (pixels->size != state_->size) return fail(400, "the pictures differ in size");
  if (hash_of(*pixels) == state_->pixels) return 100;
  constexpr double most_of_another = 99.99;
  const auto score = state_->scorer.score(view_of(*pixels));
  if (!score) return std::unexpected(score.error());
  return std::min(*score, most_of_another);
}

Result<double> likeness(const Bytes& original, const Bytes& other, const Limits& limits) {
  auto reference = Likeness::to(original, limits);
  if (!reference) return std::unexpected(std::move(reference.error()));
  return reference->of(other);
}

}  // namespace imcaxy::image
