#include "image/placeholder/dominant.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace imcaxy::image::placeholder {
namespace {

constexpr std::size_t colours = 12;  ///< along each of red, green and blue

/// The lower of two neighbours on an axis, and the higher one's share.
struct Place {
  std::size_t lower = 0;
  double share_of_higher = 0;
};

Place place_of(std::uint8_t sample) {
  const double place = sample / 255.0 * (colours - 1);
  const std::size_t lower = std::min(static_cast<std::size_t>(place), colours - 2);
  return {lower, place - static_cast<double>(lower)};
}

/// `visit(colour, share)` for each of the eight around a pixel.
template <class Visit>
void each_neighbour(const std::uint8_t* rgba, const Visit& visit) {
  const std::array<Place, 3> places{place_of(rgba[0]), place_of(rgba[1]), place_of(rgba[2])};
  for (unsigned corner = 0; corner < 8; ++corner) {
    std::size_t colour = 0;
    double share = rgba[3];
    for (std::size_t band = 0; band < 3; ++band) {
      const std::size_t higher = corner >> band & 1;
      colour = colour * colours + places[band].lower + higher;
      share *= higher != 0 ? places[band].share_of_higher : 1 - places[band].share_of_higher;
    }
    visit(colour, share);
  }
}

}  // namespace

std::optional<std::array<std::uint8_t, 3>> dominant_colour(const Small& picture) {
  struct Votes {
    double count = 0;
    Colour sum{};
  };
  std::vector<Votes> votes(colours * colours * colours);
  for (std::size_t i = 0; i < picture.rgba.size(); i += 4) {
    const std::uint8_t* const pixel = picture.rgba.data() + i;
    each_neighbour(pixel, [&](std::size_t colour, double share) {
      votes[colour].count += share;
      for (std::size_t band = 0; band < 3; ++band) votes[colour].sum[band] += share * pixel[band] / 255;
    });
  }
  const auto winner = std::ranges::max_element(votes, {}, &Votes::count);
  if (winner->count <= 0) return std::nullopt;
  std::array<std::uint8_t, 3> out;
  for (std::size_t band = 0; band < 3; ++band) out[band] = to_sample(winner->sum[band] / winner->count);
  return out;
}

}  // namespace imcaxy::image::placeholder
