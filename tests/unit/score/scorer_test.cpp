#include "image/score/scorer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "jpeg/reader.hpp"
#include "jpeg/writer.hpp"

namespace imcaxy::image::score {
namespace {

struct Picture {
  Size size;
  int bands = 3;
  std::vector<std::uint8_t> samples;

  View view() const { return score::view(size, bands, samples); }
  std::uint8_t& at(int x, int y, int band) {
    return samples[static_cast<std::size_t>((y * size.width + x) * bands + band)];
  }
};

/// The same numbers everywhere: Numerical Recipes' generator.
struct Random {
  std::uint32_t state;
  int below(int count) {
    state = state * 1664525u + 1013904223u;
    return static_cast<int>((state >> 8) % static_cast<std::uint32_t>(count));
  }
};

std::uint8_t limited(int value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0, 255));
}

/// Of integers only: slopes, edges and some noise.
Picture some_picture(Size size) {
  Picture out{size, 3, std::vector<std::uint8_t>(static_cast<std::size_t>(size.width * size.height * 3))};
  Random random{7};
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      for (int band = 0; band < 3; ++band) {
        const int slope = (x * (3 - band) + y * (band + 1)) * 160 / (3 * (size.width + size.height));
        const int edge = (x / 11 + y / 7) % 3 == 0 ? 60 - 20 * band : 0;
        out.at(x, y, band) = limited(20 + slope + edge + random.below(12));
      }
  return out;
}

Picture with_noise(Picture picture, int strength) {
  Random random{99};
  for (std::uint8_t& sample : picture.samples) sample = limited(sample + random.below(2 * strength + 1) - strength);
  return picture;
}

Picture with_steps_of(Picture picture, int step) {
  for (std::uint8_t& sample : picture.samples) sample = limited((sample + step / 2) / step * step);
  return picture;
}

/// Means of 3x3.
Picture blurred(const Picture& picture) {
  Picture out = picture, in = picture;
  for (int y = 0; y < out.size.height; ++y)
    for (int x = 0; x < out.size.width; ++x)
      for (int band = 0; band < 3; ++band) {
        int sum = 0;
        for (int dy = -1; dy <= 1; ++dy)
          for (int dx = -1; dx <= 1; ++dx)
            sum += in.at(std::clamp(x + dx, 0, out.size.width - 1), std::clamp(y + dy, 0, out.size.height - 1), band);
        out.at(x, y, band) = limited((sum + 4) / 9);
      }
  return out;
}

Picture with_less_blue(Picture picture) {
  for (std::size_t i = 2; i < picture.samples.size(); i += 3) picture.samples[i] = limited(picture.samples[i] - 25);
  return picture;
}

Picture turned(const Picture& picture) {
  Picture in = picture, out{{picture.size.height, picture.size.width}, picture.bands, picture.samples};
  for (int y = 0; y < out.size.height; ++y)
    for (int x = 0; x < out.size.width; ++x)
      for (int band = 0; band < out.bands; ++band) out.at(x, y, band) = in.at(y, x, band);
  return out;
}

Picture with_opacity(const Picture& picture, int opacity) {
  Picture out{picture.size, 4, {}};
  for (std::size_t i = 0; i < picture.samples.size(); i += 3) {
    out.samples.insert(out.samples.end(), picture.samples.begin() + static_cast<std::ptrdiff_t>(i),
                       picture.samples.begin() + static_cast<std::ptrdiff_t>(i + 3));
    out.samples.push_back(static_cast<std::uint8_t>(opacity));
  }
  return out;
}

Picture through_jpeg(const Picture& picture, int quality) {
  const auto writer =
      *jpeg::Writer::open({.width = picture.size.width, .height = picture.size.height, .bands = 3, .quality = quality});
  for (int y = 0; y < picture.size.height; ++y) EXPECT_TRUE(writer->push(picture.view().row(y)));
  const std::string file = *writer->finish();
  const auto reader = *jpeg::Reader::open(file);
  Picture out{picture.size, 3, {}};
  EXPECT_TRUE(reader->read_rows([&](const std::uint8_t* row) {
    out.samples.insert(out.samples.end(), row, row + static_cast<std::ptrdiff_t>(picture.size.width) * 3);
  }));
  return out;
}

double score_of(const Picture& original, const Picture& other) {
  Scorer scorer;
  EXPECT_TRUE(scorer.set_reference(original.view()));
  const auto score = scorer.score(other.view());
  EXPECT_TRUE(score) << score.error().cause;
  return score.value_or(std::numeric_limits<double>::quiet_NaN());
}

struct Recorded {
  std::string name;
  Picture original, other;
  double score;  ///< by ssimulacra2_rs 0.5.2
};

/// WriteRecorded below writes these pictures; made PNG, `ssimulacra2_rs image ORIGINAL OTHER` gave the scores. It sums
/// recursively in single precision, which near 100 costs it some tenths of a point.
std::vector<Recorded> recorded() {
  const Picture tiny = some_picture({8, 8}), narrow = some_picture({8, 61}), odd = some_picture({57, 33}),
                medium = some_picture({160, 121}), large = some_picture({301, 227});
  return {
      {"tiny-noise", tiny, with_noise(tiny, 9), 93.1825},
      {"narrow-steps", narrow, with_steps_of(narrow, 24), 90.007},
      {"odd-blur", odd, blurred(odd), 24.4715},
      {"odd-noise", odd, with_noise(odd, 3), 67.6428},
      {"medium-blue", medium, with_less_blue(medium), 89.9593},
      {"medium-blur", medium, blurred(medium), 61.0561},
      {"medium-steps", medium, with_steps_of(medium, 16), 78.3474},
      {"large-noise", large, with_noise(large, 20), 51.1028},
      {"large-small-noise", large, with_noise(large, 2), 93.4348},
      {"large-steps", large, with_steps_of(large, 64), -45.2342},
  };
}

TEST(Scorer, AgreesWithTheKnownImplementation) {
  for (const Recorded& pair : recorded())
    EXPECT_NEAR(score_of(pair.original, pair.other), pair.score, 0.2) << pair.name;
}

TEST(Scorer, DISABLED_WriteRecorded) {
  for (const Recorded& pair : recorded())
    for (const auto& [picture, which] : {std::pair(&pair.original, "original"), std::pair(&pair.other, "other")}) {
      std::ofstream file(testing::TempDir() + pair.name + "-" + which + ".ppm", std::ios::binary);
      file << "P6 " << picture->size.width << ' ' << picture->size.height << " 255\n";
      file.write(reinterpret_cast<const char*>(picture->samples.data()),
                 static_cast<std::streamsize>(picture->samples.size()));
    }
}

TEST(Scorer, GivesAHundredForTheSame) {
  for (const Size size : {Size{8, 8}, {9, 8}, {8, 15}, {16, 16}, {17, 31}, {113, 112}, {250, 3 * 8}})
    EXPECT_EQ(score_of(some_picture(size), some_picture(size)), 100);
}

TEST(Scorer, RisesWithTheQualityOfAJpeg) {
  const Picture original = some_picture({240, 180});
  Scorer scorer;
  ASSERT_TRUE(scorer.set_reference(original.view()));
  double before = -1000;
  for (const int quality : {5, 15, 30, 50, 70, 85, 95}) {
    const double score = scorer.score(through_jpeg(original, quality).view()).value();
    EXPECT_GT(score, before) << quality;
    before = score;
  }
  EXPECT_GT(before, 80);
  EXPECT_LT(before, 100);
}

TEST(Scorer, DoesNotCareWhichSideIsWhich) {
  for (const Size size : {Size{40, 9}, {8, 131}, {201, 64}}) {
    const Picture original = some_picture(size), other = with_noise(original, 6);
    EXPECT_NEAR(score_of(original, other), score_of(turned(original), turned(other)), 1e-3);
  }
}

TEST(Scorer, IsNeverNotANumber) {
  const auto filled = [](Size size, int value) {
    return Picture{size, 3,
                   std::vector<std::uint8_t>(static_cast<std::size_t>(size.width * size.height * 3), limited(value))};
  };
  for (const Size size : {Size{8, 8}, {8, 9}, {70, 11}, {128, 128}, {300, 200}})
    for (const int a : {0, 1, 128, 255})
      for (const int b : {0, 1, 128, 255}) {
        const double score = score_of(filled(size, a), filled(size, b));
        EXPECT_TRUE(std::isfinite(score)) << a << " and " << b;
        EXPECT_EQ(score == 100, a == b);
        EXPECT_TRUE(std::isfinite(score_of(filled(size, a), with_noise(filled(size, b), 255))));
      }
}

TEST(Scorer, KeepsNothingOfThePicturesBefore) {
  const Picture large = some_picture({300, 200}), small = some_picture({33, 20});
  const double of_large = score_of(large, blurred(large)), of_small = score_of(small, blurred(small));
  Scorer scorer;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(scorer.set_reference(large.view()));
    EXPECT_EQ(scorer.score(with_noise(large, 60).view()).has_value(), true);
    EXPECT_EQ(scorer.score(blurred(large).view()).value(), of_large);
    ASSERT_TRUE(scorer.set_reference(with_opacity(small, 99).view()));
    EXPECT_LE(scorer.score(with_opacity(blurred(small), 99).view()).value(), 100);
    ASSERT_TRUE(scorer.set_reference(small.view()));
    EXPECT_EQ(scorer.score(blurred(small).view()).value(), of_small);
  }
}

TEST(Scorer, ReadsRowsThatLieApart) {
  const Picture picture = some_picture({50, 40}), other = with_noise(picture, 8);
  Picture apart{{50, 40}, 3, {}};
  for (int y = 0; y < 40; ++y) {
    const std::uint8_t* const row = other.view().row(y);
    apart.samples.insert(apart.samples.end(), row, row + 150);
    if (y < 39) apart.samples.insert(apart.samples.end(), 29, 77);
  }
  Scorer scorer;
  ASSERT_TRUE(scorer.set_reference(picture.view()));
  View view = apart.view();
  view.stride = 179;
  EXPECT_EQ(scorer.score(view).value(), scorer.score(other.view()).value());
}

TEST(Scorer, PutsWhatIsTransparentOnDarkAndOnBright) {
  const Picture picture = some_picture({90, 70}), other = with_noise(picture, 12);
  // Where nothing is seen, nothing is wrong.
  EXPECT_EQ(score_of(with_opacity(picture, 0), with_opacity(other, 0)), 100);
  // All opaque is as good as without.
  EXPECT_EQ(score_of(with_opacity(picture, 255), with_opacity(other, 255)), score_of(picture, other));
  EXPECT_EQ(score_of(picture, with_opacity(other, 255)), score_of(picture, other));
  // By hand, on 0.1 and on 0.9 of 255.
  const auto upon = [](Picture of, int opacity, double ground) {
    for (std::uint8_t& sample : of.samples)
      sample = limited(static_cast<int>(std::lround((sample * opacity + (255 - opacity) * ground) / 255)));
    return of;
  };
  const double dark = score_of(upon(picture, 150, 25.5), upon(other, 150, 25.5));
  const double bright = score_of(upon(picture, 150, 229.5), upon(other, 150, 229.5));
  EXPECT_NEAR(score_of(with_opacity(picture, 150), with_opacity(other, 150)), std::min(dark, bright), 0.3);
  // What has become transparent shows.
  EXPECT_LT(score_of(picture, with_opacity(picture, 0)), 0);
  EXPECT_LT(score_of(with_opacity(picture, 0), picture), 0);
}

TEST(Scorer, RefusesHostileSizes) {
  const std::vector<std::uint8_t> some(3 * 64 * 64);
  Scorer scorer;
  for (const Size size :
       {Size{0, 0}, {7, 64}, {64, 7}, {-64, 64}, {65536, 8}, {8, 65536}, {4097, 4097}, {65535, 65535}}) {
    const auto refused = scorer.set_reference({size, 3, 3 * 64, some});
    ASSERT_FALSE(refused) << size.width << " x " << size.height;
    EXPECT_EQ(refused.error().status, 400);
    EXPECT_NE(refused.error().message.find("8 to 65535"), std::string::npos);
  }
  for (const View& view : {View{{64, 65}, 3, 3 * 64, some}, View{{64, 64}, 4, 4 * 64, some}, View{{64, 64}, 3, 0, some},
                           View{{64, 64}, 3, 3 * 64 - 1, some}, View{{64, 64}, 3, SIZE_MAX, some},
                           View{{64, 64}, 1, 64, some}, View{{64, 64}, 3, 3 * 64, {}}}) {
    const auto refused = scorer.set_reference(view);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, 500);
  }
}

TEST(Scorer, WantsAReferenceOfTheSameSize) {
  const Picture picture = some_picture({64, 64});
  Scorer scorer;
  EXPECT_FALSE(scorer.score(picture.view()));
  ASSERT_TRUE(scorer.set_reference(picture.view()));
  EXPECT_TRUE(scorer.score(picture.view()));
  EXPECT_FALSE(scorer.score(some_picture({64, 63}).view()));
  EXPECT_FALSE(scorer.set_reference(view({64, 64}, 3, {})));
  EXPECT_FALSE(scorer.score(picture.view()));
}

}  // namespace
}  // namespace imcaxy::image::score
