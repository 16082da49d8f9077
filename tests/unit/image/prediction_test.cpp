#include <cmath>
#include <random>

#include <gtest/gtest.h>
#include <vips/vips8>

#include "image/library.hpp"
#include "image/prediction/choice.hpp"
#include "image/prediction/model.hpp"
#include "image/prediction/pace.hpp"
#include "image/score/scorer.hpp"
#include "image/workpiece.hpp"
#include "support/pictures.hpp"

namespace imcaxy::image {
namespace {

using prediction::Features;
using vips::VImage;

constexpr Size size{320, 240};

/// Slopes, waves and grain: what a camera sees, to a codec.
std::vector<std::uint8_t> photograph(double grain) {
  std::mt19937 dice(3);
  std::normal_distribution<double> noise(0, grain);
  std::vector<std::uint8_t> samples;
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      const double light = 90 + 70 * std::sin(x / 17.0) * std::cos(y / 23.0) + 30 * std::sin(x * y / 900.0);
      for (const double tint : {20.0, 0.0, -25.0})
        samples.push_back(static_cast<std::uint8_t>(std::clamp(light + tint + noise(dice), 0.0, 255.0)));
    }
  return samples;
}

score::View view_of(const std::vector<std::uint8_t>& samples) {
  return score::view(size, 3, samples);
}

Bytes png_of(const std::vector<std::uint8_t>& samples) {
  const VImage image =
      VImage::new_from_memory_copy(samples.data(), samples.size(), size.width, size.height, 3, VIPS_FORMAT_UCHAR)
          .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
  VipsBlob* const blob = image.pngsave_buffer();
  std::size_t length = 0;
  const auto* const data = static_cast<const char*>(vips_blob_get(blob, &length));
  Bytes png = Bytes::copy({data, length});
  vips_area_unref(VIPS_AREA(blob));
  return png;
}

double score_of(const Bytes& picture, const std::vector<std::uint8_t>& original) {
  const test::Decoded decoded = test::decode(picture);
  const std::vector<std::uint8_t> samples(decoded.pixels.begin(), decoded.pixels.end());
  score::Scorer scorer;
  EXPECT_TRUE(scorer.set_reference(view_of(original)));
  return scorer.score(score::view(size, decoded.bands, samples)).value_or(-1000);
}

Result<Picture> written(const Bytes& source, const Encoding& encoding) {
  const auto header = read_header(source, {.max_pixels = 1'000'000});
  if (!header) return std::unexpected(header.error());
  Edit plan;
  plan.encoding = encoding;
  return edit(source, *header, plan);
}

class Prediction : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(start()); }
};

TEST_F(Prediction, FeaturesOfAFlatPicture) {
  const std::vector<std::uint8_t> grey(320 * 240 * 3, 128);
  const Features features = prediction::features_of(view_of(grey));
  EXPECT_NEAR(features[prediction::log_pixels], std::log2(320 * 240), 1e-9);
  EXPECT_NEAR(features[prediction::log_difference_1], std::log2(0.1), 1e-9) << "no difference anywhere";
  EXPECT_EQ(features[prediction::flat_blocks], 1);
  EXPECT_NEAR(features[prediction::brightness], 0.5, 0.01);
  EXPECT_EQ(features[prediction::contrast], 0);
  EXPECT_EQ(features[prediction::saturation], 0);
}

TEST_F(Prediction, FeaturesDoNotDependOnHowSamplesLie) {
  const std::vector<std::uint8_t> rgb = photograph(5);
  const Features features = prediction::features_of(view_of(rgb));
  std::vector<std::uint8_t> with_opacity, with_gaps;
  for (std::size_t i = 0; i < rgb.size(); i += 3) {
    with_opacity.insert(with_opacity.end(), {rgb[i], rgb[i + 1], rgb[i + 2], 255});
    with_gaps.insert(with_gaps.end(), {rgb[i], rgb[i + 1], rgb[i + 2]});
    if ((i / 3 + 1) % size.width == 0) with_gaps.resize(with_gaps.size() + 64, 77);
  }
  EXPECT_EQ(prediction::features_of(score::view(size, 4, with_opacity)), features);
  EXPECT_EQ(prediction::features_of({size, 3, size.width * 3 + 64, with_gaps}), features);
}

TEST_F(Prediction, MoreGrainIsMoreDetail) {
  using enum prediction::Feature;
  const Features smooth = prediction::features_of(view_of(photograph(1)));
  const Features rough = prediction::features_of(view_of(photograph(12)));
  for (const auto feature : {log_difference_1, log_bend_1, log_roughness_1, block_mean, block_low})
    EXPECT_GT(rough[feature], smooth[feature]) << feature;
}

TEST_F(Prediction, QualityRisesWithTheScoreAndStaysWithinItsScale) {
  for (const double grain : {0.0, 4.0, 40.0}) {
    const Features features = prediction::features_of(view_of(photograph(grain)));
    for (std::size_t codec = 0; codec < prediction::codecs; ++codec) {
      const prediction::Curve curve(static_cast<prediction::Codec>(codec), features);
      int before = 0;
      for (double score = 0; score <= 100; score += 0.5) {
        const int quality = curve.quality_for(score);
        EXPECT_GE(quality, std::max(before, 20));
        EXPECT_LE(quality, 97);
        before = quality;
      }
      EXPECT_LE(curve.score_of(20), curve.score_of(60));
      EXPECT_LE(curve.score_of(60), curve.score_of(97));
    }
  }
}

TEST_F(Prediction, OnlyLossyFormatsHaveAChoice) {
  const Features features = prediction::features_of(view_of(photograph(4)));
  for (const Format format : {Format::png, Format::gif, Format::tiff, Format::heif})
    EXPECT_FALSE(prediction::choose({.format = format, .target = 75}, features)) << name(format);
  EXPECT_FALSE(prediction::choose({.format = Format::webp, .target = 75, .lossless = true}, features));
  EXPECT_FALSE(prediction::choose({.format = Format::jpeg}, features)) << "without a target quality is a number";
  const auto choice = prediction::choose({.format = Format::avif, .quality = 10, .target = 75}, features);
  ASSERT_TRUE(choice);
  EXPECT_NEAR(choice->score, 75, 2);
  EXPECT_NE(choice->encoding.quality, 10);
}

TEST_F(Prediction, AnswersComeNearTheirTarget) {
  for (const double grain : {1.0, 4.0, 10.0}) {
    const std::vector<std::uint8_t> samples = photograph(grain);
    const Bytes png = png_of(samples);
    for (const Format format : {Format::jpeg, Format::webp, Format::avif})
      for (const double target : {65.0, 75.0, 85.0}) {
        SCOPED_TRACE(testing::Message() << name(format) << " " << target << " grain " << grain);
        const auto picture = written(png, {.format = format, .target = target, .effort = Encoding::Effort::quick});
        ASSERT_TRUE(picture) << picture.error().message;
        ASSERT_TRUE(picture->predicted);
        EXPECT_NEAR(picture->predicted->score, target, 3);
        // This is drawn, and none of the photographs that the weights were made of: those come much nearer.
        EXPECT_NEAR(score_of(picture->bytes, samples), target, 15);
      }
  }
}

TEST_F(Prediction, ThePaceIsLearnt) {
  prediction::Pace pace;
  constexpr std::int64_t pixels = 1'000'000;
  const Encoding quick{.format = Format::avif, .effort = Encoding::Effort::quick};
  const auto before = pace.expected(Format::avif, pixels);
  EXPECT_GT(before, pace.expected(Format::webp, pixels));
  EXPECT_GT(pace.expected(Format::webp, pixels), pace.expected(Format::jpeg, pixels));
  EXPECT_EQ(pace.expected(Format::png, pixels).count(), 0);
  const auto slow = 10 * before;
  pace.took(quick, 1000, slow);
  pace.took({.format = Format::avif}, pixels, slow);
  EXPECT_EQ(pace.expected(Format::avif, pixels), before) << "too small, and of another effort";
  for (int i = 0; i < 50; ++i) pace.took(quick, pixels, slow);
  EXPECT_NEAR(pace.expected(Format::avif, pixels) / slow, 1, 0.02);
  EXPECT_NEAR(pace.expected(Format::avif, 2 * pixels) / slow, 2, 0.04);
}

TEST_F(Prediction, WithoutTimeForTheBestItIsTheNext) {
  const Bytes png = png_of(photograph(4));
  const auto header = read_header(png, {.max_pixels = 1'000'000});
  ASSERT_TRUE(header);
  const auto made = [&](Workpiece::Deadline deadline) {
    Workpiece work(png, *header);
    auto picture =
        work.encode_smallest({.format = Format::png, .target = 75}, {{Format::avif, Format::webp}, true}, deadline);
    EXPECT_TRUE(picture);
    return picture ? *picture : Picture{};
  };
  using std::chrono::milliseconds;
  const Picture best = made({}), in_time = made(milliseconds(60000)), late = made(milliseconds(0));
  EXPECT_EQ(best.format, Format::avif);
  EXPECT_EQ(in_time.format, Format::avif);
  EXPECT_FALSE(best.hurried || in_time.hurried);
  EXPECT_EQ(late.format, Format::jpeg) << "none is in time: the quickest";
  EXPECT_TRUE(late.hurried);
}

TEST_F(Prediction, WhatCannotBePredictedHasItsQuality) {
  const Encoding webp{.format = Format::webp, .target = 75};
  const auto tiny = written(test::plain_png(8, 8, {10, 20, 30}), webp);
  ASSERT_TRUE(tiny) << tiny.error().message;
  EXPECT_FALSE(tiny->predicted);
  const auto moving = written(test::plain_frames(Format::gif, 64, 64, {test::red, test::blue}), webp);
  ASSERT_TRUE(moving) << moving.error().message;
  EXPECT_FALSE(moving->predicted);
  const auto number = written(png_of(photograph(4)), {.format = Format::webp, .quality = 80});
  ASSERT_TRUE(number) << number.error().message;
  EXPECT_FALSE(number->predicted);
}

}  // namespace
}  // namespace imcaxy::image
