#include "image/placeholder/small.hpp"

#include <algorithm>

namespace imcaxy::image::placeholder {

Colour mean_colour(const Small& picture) {
  Colour sum{};
  double opacity = 0;
  for (std::size_t i = 0; i < picture.rgba.size(); i += 4) {
    for (std::size_t band = 0; band < 3; ++band) sum[band] += picture.rgba[i + band] * picture.rgba[i + 3] / 65025.0;
    opacity += picture.rgba[i + 3] / 255.0;
  }
  if (opacity > 0)
    for (double& band : sum) band /= opacity;
  return sum;
}

Colour colour_upon(const Small& picture, std::size_t pixel, const Colour& ground) {
  const std::uint8_t* const samples = picture.rgba.data() + 4 * pixel;
  const double opacity = samples[3] / 255.0;
  Colour out;
  for (std::size_t band = 0; band < 3; ++band)
    out[band] = ground[band] * (1 - opacity) + opacity / 255.0 * samples[band];
  return out;
}

std::uint8_t to_sample(double value) {
  return static_cast<std::uint8_t>(255 * std::clamp(value, 0.0, 1.0) + 0.5);
}

}  // namespace imcaxy::image::placeholder
