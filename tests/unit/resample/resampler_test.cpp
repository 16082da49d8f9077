#include "image/resample/resampler.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "unit/resample/reference.hpp"

namespace imcaxy::image::resample {
namespace {

using Pixels = std::vector<std::uint8_t>;

template <class Sample>
std::vector<Pixels> resample(const Shape& shape, const std::vector<Sample>& pixels, const Curve& curve, int pictures) {
  std::vector<Pixels> out;
  Pixels rows;
  const auto row_size = static_cast<std::size_t>(shape.target.width) * static_cast<std::size_t>(shape.bands);
  Resampler resampler(shape, curve, [&](const std::uint8_t* row) { rows.insert(rows.end(), row, row + row_size); });
  for (int i = 0; i < pictures; ++i) {
    for (int y = 0; y < shape.source.height; ++y)
      resampler.push(pixels.data() + static_cast<std::ptrdiff_t>(y) * shape.source.width * shape.bands);
    out.push_back(std::exchange(rows, {}));
  }
  return out;
}

template <class Sample>
Pixels resample(const Shape& shape, const std::vector<Sample>& pixels, const Curve& curve = Curve::srgb()) {
  return resample(shape, pixels, curve, 1).front();
}

/// Edges, gradients and noise: what a picture has.
template <class Sample = std::uint8_t>
std::vector<Sample> some_picture(const Size& size, int bands, unsigned seed = 1) {
  constexpr int full = sizeof(Sample) == 1 ? 255 : 65535;
  std::mt19937 random(seed);
  std::vector<Sample> out;
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      for (int band = 0; band < bands; ++band) {
        const double gradient = (x * (band + 1) % 97 + y % 31) / 127.0;
        const bool edge = (x / 7 + y / 5 + band) % 3 == 0;
        const double noise = std::uniform_real_distribution(-0.2, 0.2)(random);
        out.push_back(static_cast<Sample>(full * std::clamp((edge ? 0.9 : 0.1) * gradient + noise, 0.0, 1.0)));
      }
  return out;
}

/// In double precision, up to the table that encodes light.
template <class Sample>
Pixels reference(const Shape& shape, const std::vector<Sample>& pixels, const Curve& curve) {
  const auto bands = static_cast<std::size_t>(shape.bands);
  const auto light_of = [&](const Curve& of, Sample sample) {
    if constexpr (sizeof(Sample) == 1) return of.light_of_8_bits()[sample] + 32768.0;
    return of.light_of_16_bits()[sample] + 32768.0;
  };
  std::vector<test::Samples> planes(bands);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const bool opacity = shape.alpha && i % bands == bands - 1;
    planes[i % bands].push_back(light_of(opacity ? Curve::none() : curve, pixels[i]));
  }
  if (shape.alpha)
    for (std::size_t band = 0; band + 1 < bands; ++band)
      for (std::size_t i = 0; i < planes[band].size(); ++i) planes[band][i] *= planes.back()[i] / 65535;
  for (auto& plane : planes) plane = test::resized(plane, shape.source.width, shape.target.width, shape.target.height);
  Pixels out;
  for (std::size_t i = 0; i < planes[0].size(); ++i)
    for (std::size_t band = 0; band < bands; ++band) {
      const bool opacity = shape.alpha && band == bands - 1;
      double light = planes[band][i];
      if (shape.alpha && !opacity) {
        const double alpha = std::min(planes.back()[i], 65535.0);
        light = alpha < 1 ? 0 : light * 65535 / alpha;
      }
      out.push_back((opacity ? Curve::none() : curve).samples()[std::lround(std::clamp(light, 0.0, 65535.0))]);
    }
  return out;
}

struct Difference {
  int most = 0;
  double mean = 0;
};

Difference difference(const Pixels& a, const Pixels& b) {
  EXPECT_EQ(a.size(), b.size());
  Difference out;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const int d = std::abs(a[i] - b[i]);
    out.most = std::max(out.most, d);
    out.mean += d;
  }
  out.mean /= static_cast<double>(a.size());
  return out;
}

std::string told(const Shape& s) {
  return std::to_string(s.source.width) + "x" + std::to_string(s.source.height) + " to " +
         std::to_string(s.target.width) + "x" + std::to_string(s.target.height) + " in " + std::to_string(s.bands);
}

const std::vector<std::pair<Size, Size>> sizes{
    {{200, 150}, {80, 60}},  {{97, 61}, {96, 60}},   {{97, 61}, {31, 60}}, {{97, 61}, {97, 20}}, {{640, 33}, {37, 33}},
    {{33, 640}, {33, 5}},    {{301, 203}, {20, 13}}, {{40, 30}, {90, 75}}, {{7, 5}, {200, 3}},   {{1, 64}, {1, 7}},
    {{64, 1}, {9, 1}},       {{1, 1}, {5, 4}},       {{2, 3}, {1, 1}},     {{5000, 3}, {2, 2}},  {{3, 5000}, {2, 1}},
    {{255, 17}, {254, 400}}, {{1030, 9}, {257, 9}},
};

TEST(Resampler, IsWhatDoublePrecisionMakes) {
  for (const auto& [source, target] : sizes)
    for (int bands = 1; bands <= most_bands; ++bands) {
      const Shape shape{source, target, bands, false};
      const auto pixels = some_picture(source, bands);
      const Pixels out = resample(shape, pixels), wanted = reference(shape, pixels, Curve::srgb());
      const Difference d = difference(out, wanted);
      EXPECT_LE(d.most, 1) << told(shape);
      EXPECT_LT(d.mean, out.size() < 1000 ? 0.3 : 0.1) << told(shape);
    }
}

TEST(Resampler, WeighsColoursByTheirOpacity) {
  for (const auto& [source, target] : sizes)
    for (const int bands : {2, 4}) {
      const Shape shape{source, target, bands, true};
      auto pixels = some_picture(source, bands);
      const Pixels out = resample(shape, pixels), wanted = reference(shape, pixels, Curve::srgb());
      for (std::size_t i = 0; i < out.size(); i += static_cast<std::size_t>(bands)) {
        const int alpha = wanted[i + static_cast<std::size_t>(bands) - 1];
        EXPECT_NEAR(out[i + static_cast<std::size_t>(bands) - 1], alpha, 1);
        // What can hardly be seen has hardly a colour.
        if (alpha <= 40) continue;
        EXPECT_NEAR(out[i], wanted[i], 2) << told(shape) << " at " << i << " alpha " << alpha;
      }
    }
}

TEST(Resampler, Takes16Bits) {
  for (const auto& [source, target] : sizes) {
    const Shape shape{source, target, 3, false};
    const auto pixels = some_picture<std::uint16_t>(source, 3);
    const Pixels out = resample(shape, pixels);
    const Difference d = difference(out, reference(shape, pixels, Curve::srgb()));
    EXPECT_LE(d.most, 1) << told(shape);
    EXPECT_LT(d.mean, out.size() < 1000 ? 0.3 : 0.1) << told(shape);
  }
}

TEST(Resampler, FlatStaysFlat) {
  for (const auto& [source, target] : sizes)
    for (const int value : {0, 1, 2, 11, 64, 128, 200, 254, 255}) {
      const auto count = static_cast<std::size_t>(source.width) * static_cast<std::size_t>(source.height) * 4;
      const Pixels out = resample({source, target, 4, true}, Pixels(count, static_cast<std::uint8_t>(value)));
      // Of a colour with little opacity there is little to tell by.
      const int slack = value == 0 || value > 60 ? 0 : value < 8 ? 255 : 1;
      for (std::size_t i = 0; i < out.size(); ++i)
        ASSERT_NEAR(out[i], value, i % 4 == 3 ? 0 : slack) << told({source, target, 4, true}) << " at " << i;
      const Pixels grey = resample({source, target, 1, false}, Pixels(count / 4, static_cast<std::uint8_t>(value)));
      for (const int sample : grey) ASSERT_EQ(sample, value) << told({source, target, 1, false});
    }
}

TEST(Resampler, KeepsTheLightThereIs) {
  const Size source{300, 200}, target{64, 50};
  auto pixels = some_picture(source, 1);
  for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(100 + pixel / 4);  // so that no overshoot is cut off
  const Pixels out = resample({source, target, 1, false}, pixels);
  const auto mean_light = [](const Pixels& samples) {
    return std::accumulate(samples.begin(), samples.end(), 0.0,
                           [](double sum, int s) { return sum + Curve::srgb().light_of_8_bits()[s] + 32768; }) /
           static_cast<double>(samples.size());
  };
  EXPECT_NEAR(mean_light(out) / mean_light(pixels), 1, 0.003);
}

TEST(Resampler, MirroredInIsMirroredOut) {
  const auto mirrored = [](Pixels pixels, int width) {
    for (auto row = pixels.begin(); row != pixels.end(); row += width) std::reverse(row, row + width);
    return pixels;
  };
  for (const auto& [source, target] : sizes) {
    const Shape shape{source, target, 1, false};
    // A box at the right border that is not full has no mirror.
    if (source.width / target.width >= 4 && source.width % (source.width / target.width / 2) != 0) continue;
    const auto pixels = some_picture(source, 1);
    const Difference d =
        difference(mirrored(resample(shape, mirrored(pixels, source.width)), target.width), resample(shape, pixels));
    // The nearest phase of what lies just between two is not mirrored.
    EXPECT_LE(d.most, 3) << told(shape);
    EXPECT_LT(d.mean, 0.6) << told(shape);
  }
}

TEST(Resampler, ShiftedInIsShiftedOut) {
  const Size source{400, 8}, target{100, 8};
  const auto wide = some_picture({404, 8}, 1);
  Pixels left, right;
  for (int y = 0; y < 8; ++y) {
    left.insert(left.end(), wide.begin() + y * 404, wide.begin() + y * 404 + 400);
    right.insert(right.end(), wide.begin() + y * 404 + 4, wide.begin() + y * 404 + 404);
  }
  const Pixels a = resample({source, target, 1, false}, left), b = resample({source, target, 1, false}, right);
  for (int y = 0; y < 8; ++y)
    for (int x = 4; x < 95; ++x)
      EXPECT_EQ(a[static_cast<std::size_t>(y * 100 + x + 1)], b[static_cast<std::size_t>(y * 100 + x)]);
}

TEST(Resampler, MixesLightAndNotNumbers) {
  Pixels stripes;
  for (int i = 0; i < 64 * 64; ++i) stripes.push_back(i % 2 == 0 ? 0 : 255);
  const Pixels out = resample({{64, 64}, {16, 16}, 1, false}, stripes);
  EXPECT_NEAR(out[8 * 16 + 8], 188, 1);
  const Pixels numbers = resample({{64, 64}, {16, 16}, 1, false}, stripes, Curve::none());
  EXPECT_NEAR(numbers[8 * 16 + 8], 128, 1);
}

TEST(Resampler, SameSizeChangesNothing) {
  const Size size{61, 47};
  const auto pixels = some_picture(size, 3);
  EXPECT_EQ(resample({size, size, 3, false}, pixels), pixels);
}

TEST(Resampler, ThePictureAfterIsDoneLikeTheFirst) {
  const Shape shape{{120, 90}, {13, 11}, 3, false};
  const auto out = resample(shape, some_picture(shape.source, 3), Curve::srgb(), 3);
  EXPECT_EQ(out[0], out[1]);
  EXPECT_EQ(out[0], out[2]);
}

TEST(Resampler, LightThatWasAveragedBeforeIsTakenOverHalfTheRows) {
  const Size source{101, 67}, target{21, 14};
  const auto pixels = some_picture(source, 1);
  Pixels rows;
  const Shape shape{source, target, 1, false, {2, 2}};
  Resampler resampler(shape, Curve::none(), [&](const std::uint8_t* row) { rows.insert(rows.end(), row, row + 21); });
  const auto at = [&](int x, int y) {
    return Curve::none().light_of_8_bits()[pixels[static_cast<std::size_t>(std::min(y, 66) * 101 + std::min(x, 100))]];
  };
  for (int y = 0; y < 67; y += 2) {
    std::int16_t* const light = resampler.next_light()[0];
    for (int x = 0; x < 101; x += 2)
      light[x / 2] = static_cast<std::int16_t>((at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) / 4);
    resampler.push_light();
  }
  // Reduced 4.8 times: what averages by itself averages by two, too.
  const Difference d = difference(rows, resample({source, target, 1, false}, pixels, Curve::none()));
  EXPECT_LE(d.most, 1);
}

}  // namespace
}  // namespace imcaxy::image::resample
