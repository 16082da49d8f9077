#include "image/score/light.hpp"

#include <algorithm>
#include <cmath>

#include "image/srgb.hpp"

namespace imcaxy::image::score {
namespace {

/// The last but one entry once more, so that there is always a next one.
using Table = std::array<float, 257>;

const Table& light_of_samples() {
  static const Table table = [] {
    Table made;
    for (std::size_t i = 0; i < 256; ++i) made[i] = static_cast<float>(srgb_light(static_cast<double>(i) / 255));
    made[256] = made[255];
    return made;
  }();
  return table;
}

template <int bands>
void read(const std::uint8_t* samples, int width, const Table& table, std::array<float*, 3> light) {
  for (int x = 0; x < width; ++x, samples += bands)
    for (std::size_t band = 0; band < 3; ++band) light[band][x] = table[samples[band]];
}

void read_upon(const std::uint8_t* samples, int width, float ground, const Table& table, std::array<float*, 3> light) {
  for (int x = 0; x < width; ++x, samples += 4) {
    const float opacity = static_cast<float>(samples[3]) / 255, below = (1 - opacity) * ground;
    for (std::size_t band = 0; band < 3; ++band) {
      const float mixed = std::min(255.0f, opacity * static_cast<float>(samples[band]) + below);
      const auto whole = static_cast<std::size_t>(mixed);
      light[band][x] = std::lerp(table[whole], table[whole + 1], mixed - static_cast<float>(whole));
    }
  }
}

}  // namespace

void read_light(const std::uint8_t* samples, int width, int bands, const Ground& ground,
                const std::array<float*, 3>& light) {
  const Table& table = light_of_samples();
  if (bands == 3) return read<3>(samples, width, table, light);
  if (!ground) return read<4>(samples, width, table, light);
  read_upon(samples, width, static_cast<float>(*ground * 255), table, light);
}

}  // namespace imcaxy::image::score
