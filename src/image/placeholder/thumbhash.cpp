#include "image/placeholder/thumbhash.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "image/placeholder/cosines.hpp"

namespace imcaxy::image::placeholder {
namespace {

/// As JavaScript rounds.
int rounded(double value) {
  return static_cast<int>(std::floor(value + 0.5));
}

/// Numbers across and down of the waves of a channel; those beyond the diagonal are left out.
struct Waves {
  int across, down;

  template <class Visit>
  void each_but_the_mean(const Visit& visit) const {
    for (int j = 0; j < down; ++j)
      for (int i = j == 0 ? 1 : 0; i * down < across * (down - j); ++i) visit(i, j);
  }
};

constexpr Waves of_colour{3, 3}, of_opacity{5, 5};
constexpr double more_colour = 1.25;  ///< makes up for what quantising takes

/// The brighter side of the waves of brightness has so many.
int longer_side(bool opaque) {
  return opaque ? 7 : 5;
}

/// A mean, and waves around it as shares of the largest.
struct Channel {
  double mean = 0, largest = 0;
  std::vector<double> shares;  ///< 0 to 1
};

Channel channel_of(const std::vector<double>& plane, Size size, Waves waves) {
  const Cosines across(size.width, waves.across, 0.5), down(size.height, waves.down, 0.5);
  const std::vector<double> factors = factors_of(plane, size, across, down);
  Channel out;
  out.mean = factors[0];
  waves.each_but_the_mean([&](int i, int j) {
    out.shares.push_back(factors[static_cast<std::size_t>(j * waves.across + i)]);
    out.largest = std::max(out.largest, std::abs(out.shares.back()));
  });
  if (out.largest > 0)
    for (double& share : out.shares) share = 0.5 + 0.5 / out.largest * share;
  return out;
}

/// Half a byte each, the lower half first.
class Nibbles {
 public:
  explicit Nibbles(std::string& bytes) : bytes_(bytes) {}

  void push(int value) {
    if (half_) bytes_.back() = static_cast<char>(static_cast<unsigned char>(bytes_.back()) | value << 4);
    if (!half_) bytes_.push_back(static_cast<char>(value));
    half_ = !half_;
  }

 private:
  std::string& bytes_;
  bool half_ = false;
};

struct Planes {
  std::vector<double> brightness, yellow, red, opacity;
};

Planes planes_of(const Small& picture) {
  Planes out;
  const Colour mean = mean_colour(picture);
  for (std::size_t i = 0; i < picture.pixels(); ++i) {
    const auto [r, g, b] = colour_upon(picture, i, mean);
    out.brightness.push_back((r + g + b) / 3);
    out.yellow.push_back((r + g) / 2 - b);
    out.red.push_back(r - g);
    out.opacity.push_back(picture.rgba[4 * i + 3] / 255.0);
  }
  return out;
}

/// What the first bytes say.
struct Head {
  double brightness, yellow, red, largest_brightness, largest_yellow, largest_red;
  bool opaque;
  Waves waves;  ///< of brightness
};

Head head_of(std::string_view hash) {
  const auto byte = [&](std::size_t i) { return static_cast<int>(static_cast<unsigned char>(hash[i])); };
  const int first = byte(0) | byte(1) << 8 | byte(2) << 16, second = byte(3) | byte(4) << 8;
  Head head{.brightness = (first & 63) / 63.0,
            .yellow = (first >> 6 & 63) / 31.5 - 1,
            .red = (first >> 12 & 63) / 31.5 - 1,
            .largest_brightness = (first >> 18 & 31) / 31.0,
            .largest_yellow = (second >> 3 & 63) / 63.0,
            .largest_red = (second >> 9 & 63) / 63.0,
            .opaque = first >> 23 == 0,
            .waves = {}};
  const bool landscape = second >> 15 != 0;
  const int longer = longer_side(head.opaque), shorter = second & 7;
  head.waves = {std::max(3, landscape ? longer : shorter), std::max(3, landscape ? shorter : longer)};
  return head;
}

/// A mean and its waves again.
struct Sum {
  Waves waves;
  double mean;
  std::vector<double> heights;

  double at(int x, int y, const Cosines& across, const Cosines& down) const {
    double sum = mean;
    std::size_t wave = 0;
    waves.each_but_the_mean([&](int i, int j) { sum += heights[wave++] * across.at(i, x) * down.at(j, y) * 2; });
    return sum;
  }
};

}  // namespace

std::string thumbhash(const Small& picture) {
  const auto [width, height] = picture.size;
  const Planes planes = planes_of(picture);
  const bool opaque = std::ranges::all_of(planes.opacity, [](double opacity) { return opacity == 1; });
  const auto along = [&](int side) {
    return std::max(1, rounded(static_cast<double>(longer_side(opaque)) * side / std::max(width, height)));
  };
  const int across = along(width), down = along(height);
  const Channel brightness = channel_of(planes.brightness, picture.size, {std::max(3, across), std::max(3, down)});
  const Channel yellow = channel_of(planes.yellow, picture.size, of_colour);
  const Channel red = channel_of(planes.red, picture.size, of_colour);
  const bool landscape = width > height;
  const int first = rounded(63 * brightness.mean) | rounded(31.5 + 31.5 * yellow.mean) << 6 |
                    rounded(31.5 + 31.5 * red.mean) << 12 | rounded(31 * brightness.largest) << 18 | !opaque << 23;
  const int second = (landscape ? down : across) | rounded(63 * yellow.largest) << 3 | rounded(63 * red.largest) << 9 |
                     landscape << 15;
  std::string hash;
  for (const int byte : {first, first >> 8, first >> 16, second, second >> 8})
    hash.push_back(static_cast<char>(byte & 255));
  std::vector<const Channel*> channels{&brightness, &yellow, &red};
  Channel opacity;
  if (!opaque) {
    opacity = channel_of(planes.opacity, picture.size, of_opacity);
    channels.push_back(&opacity);
    hash.push_back(static_cast<char>(rounded(15 * opacity.mean) | rounded(15 * opacity.largest) << 4));
  }
  Nibbles nibbles(hash);
  for (const Channel* const channel : channels)
    for (const double share : channel->shares) nibbles.push(rounded(15 * share));
  return hash;
}

Small of_thumbhash(std::string_view hash, Size size) {
  const Head head = head_of(hash);
  const auto byte = [&](std::size_t i) { return static_cast<int>(static_cast<unsigned char>(hash[i])); };
  std::size_t nibble = head.opaque ? 10 : 12;
  const auto read = [&](Waves waves, double mean, double largest) {
    Sum sum{waves, mean, {}};
    waves.each_but_the_mean([&](int, int) {
      const int value = byte(nibble / 2) >> (nibble % 2 * 4) & 15;
      sum.heights.push_back((value / 7.5 - 1) * largest);
      ++nibble;
    });
    return sum;
  };
  const Sum brightness = read(head.waves, head.brightness, head.largest_brightness);
  const Sum yellow = read(of_colour, head.yellow, head.largest_yellow * more_colour);
  const Sum red = read(of_colour, head.red, head.largest_red * more_colour);
  const Sum opacity = head.opaque ? Sum{{1, 1}, 1, {}} : read(of_opacity, (byte(5) & 15) / 15.0, (byte(5) >> 4) / 15.0);
  const Cosines across(size.width, longer_side(true), 0.5), down(size.height, longer_side(true), 0.5);
  Small out{size, {}};
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      const auto value = [&](const Sum& of) { return of.at(x, y, across, down); };
      const double l = value(brightness), q = value(red), b = l - 2.0 / 3 * value(yellow), r = (3 * l - b + q) / 2;
      for (const double sample : {r, r - q, b, value(opacity)}) out.rgba.push_back(to_sample(sample));
    }
  return out;
}

}  // namespace imcaxy::image::placeholder
