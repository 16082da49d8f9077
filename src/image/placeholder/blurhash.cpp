#include "image/placeholder/blurhash.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "image/placeholder/cosines.hpp"
#include "image/srgb.hpp"

namespace imcaxy::image::placeholder {
namespace {

constexpr std::string_view digits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

void append(std::string& hash, int value, int length) {
  const std::size_t begin = hash.size();
  for (int i = 0; i < length; ++i, value /= 83)
    hash.insert(hash.begin() + static_cast<std::ptrdiff_t>(begin), digits[static_cast<std::size_t>(value % 83)]);
}

int read(std::string_view text) {
  int value = 0;
  for (const char c : text) value = value * 83 + static_cast<int>(digits.find(c));
  return value;
}

/// Of each sample; computing it costs more than all else here.
const std::array<double, 256>& light_of_samples() {
  static const auto table = [] {
    std::array<double, 256> made;
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = srgb_light(static_cast<double>(i) / 255);
    return made;
  }();
  return table;
}

std::array<std::vector<double>, 3> light_of(const Small& picture) {
  std::array<std::vector<double>, 3> planes;
  const auto& table = light_of_samples();
  const Colour ground = mean_colour(picture);
  for (std::size_t i = 0; i < picture.pixels(); ++i) {
    const std::uint8_t* const samples = picture.rgba.data() + 4 * i;
    const bool opaque = samples[3] == 255;
    const Colour colour = opaque ? Colour{} : colour_upon(picture, i, ground);
    for (std::size_t band = 0; band < 3; ++band)
      planes[band].push_back(opaque ? table[samples[band]] : srgb_light(colour[band]));
  }
  return planes;
}

int packed_mean(const std::array<std::vector<double>, 3>& waves) {
  int packed = 0;
  for (const auto& band : waves) packed = packed << 8 | to_sample(srgb_sample(std::clamp(band[0], 0.0, 1.0)));
  return packed;
}

/// In one of 19 steps, which are finer around nothing.
int step_of(double share) {
  return std::clamp(static_cast<int>(std::floor(std::copysign(std::sqrt(std::abs(share)), share) * 9 + 9.5)), 0, 18);
}

double share_of(int step) {
  const double root = (step - 9) / 9.0;
  return root * std::abs(root);
}

}  // namespace

Components components_for(Size size) {
  constexpr int most = 4;
  const int longer = std::max(size.width, size.height);
  const auto along = [&](int side) { return std::max(1, static_cast<int>(std::lround(double{most} * side / longer))); };
  return {along(size.width), along(size.height)};
}

std::string blurhash(const Small& picture, Components components) {
  const auto light = light_of(picture);
  const Cosines across(picture.size.width, components.across, 0), down(picture.size.height, components.down, 0);
  std::array<std::vector<double>, 3> waves;
  double largest = 0;
  for (std::size_t band = 0; band < 3; ++band) {
    waves[band] = factors_of(light[band], picture.size, across, down);
    for (std::size_t i = 1; i < waves[band].size(); ++i) largest = std::max(largest, std::abs(waves[band][i] *= 2));
  }
  const int largest_step = std::clamp(static_cast<int>(std::floor(largest * 166 - 0.5)), 0, 82);
  std::string hash;
  append(hash, components.across - 1 + (components.down - 1) * 9, 1);
  append(hash, waves[0].size() > 1 ? largest_step : 0, 1);
  append(hash, packed_mean(waves), 4);
  for (std::size_t i = 1; i < waves[0].size(); ++i) {
    int packed = 0;
    for (const auto& band : waves) packed = packed * 19 + step_of(band[i] * 166 / (largest_step + 1));
    append(hash, packed, 2);
  }
  return hash;
}

Small of_blurhash(std::string_view hash, Size size) {
  const int counts = read(hash.substr(0, 1)), mean = read(hash.substr(2, 4));
  const double largest = (read(hash.substr(1, 1)) + 1) / 166.0;
  const Components components{counts % 9 + 1, counts / 9 + 1};
  std::vector<Colour> waves{
      {srgb_light((mean >> 16) / 255.0), srgb_light((mean >> 8 & 255) / 255.0), srgb_light((mean & 255) / 255.0)}};
  for (std::size_t i = 6; i + 2 <= hash.size(); i += 2) {
    const int packed = read(hash.substr(i, 2));
    waves.push_back(
        {share_of(packed / 361) * largest, share_of(packed / 19 % 19) * largest, share_of(packed % 19) * largest});
  }
  const Cosines across(size.width, components.across, 0), down(size.height, components.down, 0);
  Small out{size, {}};
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      Colour light{};
      for (std::size_t i = 0; i < waves.size(); ++i) {
        const auto number = static_cast<int>(i);
        const double wave = across.at(number % components.across, x) * down.at(number / components.across, y);
        for (std::size_t band = 0; band < 3; ++band) light[band] += waves[i][band] * wave;
      }
      for (const double band : light) out.rgba.push_back(to_sample(srgb_sample(std::clamp(band, 0.0, 1.0))));
      out.rgba.push_back(255);
    }
  return out;
}

}  // namespace imcaxy::image::placeholder
