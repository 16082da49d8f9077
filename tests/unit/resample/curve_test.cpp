#include "image/resample/curve.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace imcaxy::image::resample {
namespace {

double srgb_sample(double light) {
  return light <= 0.0031308 ? light * 12.92 : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
}

TEST(Curve, EverySampleComesBackFromItsLight) {
  for (const Curve* curve : {&Curve::srgb(), &Curve::none()})
    for (int sample = 0; sample < 256; ++sample)
      EXPECT_EQ(curve->samples()[curve->light_of_8_bits()[sample] + 32768], sample);
}

TEST(Curve, LightOfSrgbIsExact) {
  for (int sample = 0; sample < 256; ++sample) {
    const double s = sample / 255.0, exact = s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
    EXPECT_EQ(Curve::srgb().light_of_8_bits()[sample] + 32768, std::lround(exact * 65535)) << sample;
    EXPECT_EQ(Curve::srgb().light_of_16_bits()[sample * 257] + 32768, std::lround(exact * 65535)) << sample;
  }
}

TEST(Curve, SamplesOfSrgbAreAtMostOneFromExactAndNotBiased) {
  double sum = 0;
  for (int light = 0; light < 65536; ++light) {
    const double exact = 255 * srgb_sample(light / 65535.0), difference = Curve::srgb().samples()[light] - exact;
    EXPECT_LE(std::abs(difference), 1.0) << light;
    // Each light counts as often as a picture with all samples alike has it.
    sum += difference * (255 * srgb_sample((light + 1) / 65535.0) - exact);
  }
  EXPECT_LT(std::abs(sum / 255), 0.05);
}

TEST(Curve, OthersRoundToTheNearestSample) {
  const Curve gamma([](double s) { return std::pow(s, 2.2); });
  for (int light = 0; light < 65536; light += 7) {
    const double exact = 255 * std::pow(light / 65535.0, 1 / 2.2);
    EXPECT_LE(std::abs(gamma.samples()[light] - exact), 0.5 + 1e-9) << light;
  }
}

}  // namespace
}  // namespace imcaxy::image::resample
