#include "image/resample/quarter_colour.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <ranges>
#include <vector>

#include <gtest/gtest.h>

#include "image/resample/curve.hpp"
#include "image/resample/quarter_colour_by_registers.hpp"
#include "image/resample/samples.hpp"

namespace imcaxy::image::resample {
namespace {

double srgb_light(double sample) {
  const double s = std::clamp(sample, 0.0, 1.0);
  return 65535 * (s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4));
}

double srgb_sample(double light) {
  const double l = light / 65535;
  return 255 * (l <= 0.0031308 ? l * 12.92 : 1.055 * std::pow(l, 1 / 2.4) - 0.055);
}

/// Rows of a picture with quarter colour, restless in brightness and calm in colour as photographs are, and the light
/// of its pixels as a decoder makes them.
class QuarterColourTest : public testing::TestWithParam<QuarterColour::By> {
 protected:
  static constexpr int width = 50;

  QuarterColourTest() {
    std::mt19937 random(5);
    for (auto& row : brightness) fill(row, 2 * width, 60, 190, 12, random);
    for (auto* rows : {&blue, &red})
      for (auto& row : *rows) fill(row, width, 118, 138, 2, random);
  }
  static void fill(std::vector<std::uint8_t>& row, int size, int low, int high, int step, std::mt19937& random) {
    row.resize(static_cast<std::size_t>(size) + 128);
    int value = (low + high) / 2;
    for (auto& sample : row) {
      value = std::clamp(value + static_cast<int>(random() % (2u * static_cast<unsigned>(step) + 1)) - step, low, high);
      sample = static_cast<std::uint8_t>(value);
    }
  }
  QuarterColourRow row() const {
    QuarterColourRow out{.width = width};
    for (std::size_t i = 0; i < 2; ++i) out.brightness[i] = brightness[i].data();
    for (std::size_t i = 0; i < 3; ++i) {
      out.blue[i] = blue[i].data();
      out.red[i] = red[i].data();
    }
    return out;
  }
  /// The light of red, green or blue at a pixel of the upper (0) or lower (1) row.
  double light(std::size_t colour, int x, std::size_t y) const {
    const auto spread = [&](const std::vector<std::uint8_t>(&rows)[3]) {
      const auto at = [](const std::vector<std::uint8_t>& r, int i) {
        return static_cast<double>(r[static_cast<std::size_t>(std::clamp(i, 0, width - 1))]);
      };
      const int near = x / 2, far = x % 2 == 0 ? near - 1 : near + 1;
      const auto across = [&](std::size_t r) { return 0.75 * at(rows[r], near) + 0.25 * at(rows[r], far); };
      return 0.75 * across(1) + 0.25 * across(y == 0 ? 0 : 2) - 128;
    };
    const double l = brightness[y][static_cast<std::size_t>(x)], cb = spread(blue), cr = spread(red);
    const double sample = colour == 0   ? l + 1.402 * cr
                          : colour == 1 ? l - 0.344136 * cb - 0.714136 * cr
                                        : l + 1.772 * cb;
    return srgb_light(sample / 255);
  }
  void expect_near(const std::vector<std::int16_t> (&got)[3], bool upper, bool lower) const {
    for (std::size_t colour = 0; colour < 3; ++colour)
      for (int x = 0; x < width; ++x) {
        double sum = 0;
        for (const int i : {0, 1})
          sum += (upper ? light(colour, 2 * x + i, 0) : 0) + (lower ? light(colour, 2 * x + i, 1) : 0);
        const double wanted = sum / (upper && lower ? 4 : 2);
        EXPECT_NEAR(got[colour][static_cast<std::size_t>(x)] + 32768, wanted, 0.03 * wanted + 30)
            << "colour " << colour << " at " << x;
      }
  }

  std::vector<std::uint8_t> brightness[2], blue[3], red[3];
  std::vector<std::int16_t> light_[3] = {std::vector<std::int16_t>(width + 64), std::vector<std::int16_t>(width + 64),
                                         std::vector<std::int16_t>(width + 64)};
  QuarterColour::Light out() { return {light_[0].data(), light_[1].data(), light_[2].data()}; }
  QuarterColour quarter{Curve::srgb(), width, GetParam()};
};

std::vector<QuarterColour::By> possible_ways() {
  if (!by_registers::possible()) return {QuarterColour::By::polynomial};
  return {QuarterColour::By::polynomial, QuarterColour::By::registers};
}
INSTANTIATE_TEST_SUITE_P(By, QuarterColourTest, testing::ValuesIn(possible_ways()), [](const auto& by) {
  return by.param == QuarterColour::By::registers ? "registers" : "polynomial";
});

TEST_P(QuarterColourTest, FourPixelsBecomeTheirMeanLight) {
  quarter.average(row(), out());
  expect_near(light_, true, true);
}

TEST_P(QuarterColourTest, TwoOfTheUpperRowBecomeTheirMeanLight) {
  quarter.average_upper(row(), out());
  expect_near(light_, true, false);
}

TEST_P(QuarterColourTest, TwoOfTheLowerRowBecomeTheirMeanLight) {
  quarter.average_lower(row(), out());
  expect_near(light_, false, true);
}

TEST_P(QuarterColourTest, BlackAndWhiteBesideEachOtherAreHalfTheLight) {
  for (auto& r : brightness)
    for (std::size_t x = 0; x < r.size(); ++x) r[x] = x % 2 == 0 ? 0 : 255;
  for (auto* rows : {&blue, &red})
    for (auto& r : *rows) std::ranges::fill(r, 128);
  quarter.average(row(), out());
  for (const auto& plane : light_)
    for (std::size_t x = 0; x < width; ++x) EXPECT_NEAR(plane[x] + 32768, 32768, 700);
}

TEST_P(QuarterColourTest, ColoursBeyondWhatThereIsEndAtItsBorder) {
  for (auto& r : brightness) std::ranges::fill(r, 250);
  for (auto& r : red) std::ranges::fill(r, 255);
  for (auto& r : blue) std::ranges::fill(r, 0);
  quarter.average(row(), out());
  EXPECT_NEAR(light_[0][10] + 32768, 65535, 40);
  EXPECT_NEAR(light_[2][10] + 32768, srgb_light((250 - 1.772 * 128) / 255), 40);
}

/// Where the picture's colours are, in samples: light is no measure of what rounding to a sample does.
TEST_P(QuarterColourTest, ItsPixelsAreThoseOfADecoder) {
  if (!quarter.makes_pixels()) GTEST_SKIP() << "left to the decoder";
  for (auto& plane : light_) plane.resize(2 * width + 64);
  for (const std::size_t y : {0u, 1u}) {
    if (y == 0) {
      quarter.pixels_upper(row(), out());
    } else {
      quarter.pixels_lower(row(), out());
    }
    for (std::size_t colour = 0; colour < 3; ++colour)
      for (int x = 0; x < 2 * width; ++x) {
        const int got = light_[colour][static_cast<std::size_t>(x)] + 32768;
        const auto sample = std::ranges::lower_bound(std::views::iota(0, 256), got, {},
                                                     [](int s) { return Curve::srgb().light_of_8_bits()[s] + 32768; });
        ASSERT_EQ(Curve::srgb().light_of_8_bits()[*sample] + 32768, got) << "no whole sample";
        EXPECT_NEAR(*sample, srgb_sample(light(colour, x, y)), 0.55) << "colour " << colour << " at " << x;
      }
  }
}

/// Of noise, whose spread is taken by the bend at the nearest whole sample.
TEST(QuarterColour, BothWaysGiveTheSame) {
  if (!by_registers::possible()) GTEST_SKIP() << "this machine can't search registers (AVX-512 VBMI)";
  constexpr int width = 1000;
  std::mt19937 random(7);
  const Curve gamma([](double s) { return std::pow(s, 2.2); });
  for (const Curve* curve : {&Curve::srgb(), &gamma, &Curve::none()}) {
    ASSERT_TRUE(light_tables(*curve));
    std::vector<std::vector<std::uint8_t>> rows(8, std::vector<std::uint8_t>(2 * width + 128));
    for (auto& row : rows) std::ranges::generate(row, [&] { return static_cast<std::uint8_t>(random()); });
    const QuarterColourRow row{width,
                               {rows[0].data(), rows[1].data()},
                               {rows[2].data(), rows[3].data(), rows[4].data()},
                               {rows[5].data(), rows[6].data(), rows[7].data()}};
    std::vector<std::vector<std::int16_t>> one(3, std::vector<std::int16_t>(width + 64)), other = one;
    QuarterColour(*curve, width, QuarterColour::By::polynomial)
        .average(row, {one[0].data(), one[1].data(), one[2].data()});
    QuarterColour(*curve, width, QuarterColour::By::registers)
        .average(row, {other[0].data(), other[1].data(), other[2].data()});
    for (std::size_t colour = 0; colour < 3; ++colour)
      for (std::size_t x = 0; x < width; ++x)
        ASSERT_NEAR(one[colour][x], other[colour][x], 100) << "colour " << colour << " at " << x;
  }
}

TEST(LightTables, OfWhatIsTooSteepThereAreNone) {
  EXPECT_FALSE(light_tables(Curve([](double s) { return std::pow(s, 6); })));
}

TEST(CurvePolynomial, IsTheCurve) {
  for (const auto& light :
       {std::function([](double s) { return srgb_light(s) / 65535; }),
        std::function([](double s) { return std::pow(s, 2.2); }),
        std::function([](double s) { return std::pow(s, 1.8); }), std::function([](double s) { return s; })}) {
    const auto polynomial = fit_polynomial(light);
    ASSERT_TRUE(polynomial);
    for (int i = 0; i <= 1000; ++i) EXPECT_NEAR(polynomial->light(i / 1000.0), 65535 * light(i / 1000.0), 5) << i;
  }
}

TEST(CurvePolynomial, AStepIsNone) {
  EXPECT_FALSE(fit_polynomial([](double s) { return s < 0.5 ? 0.2 * s : s; }));
}

}  // namespace
}  // namespace imcaxy::image::resample
