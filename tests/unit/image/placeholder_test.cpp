#include "image/placeholder.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/hash.hpp"
#include "image/placeholder/blurhash.hpp"
#include "image/placeholder/dominant.hpp"
#include "image/placeholder/thumbhash.hpp"

namespace imcaxy::image::placeholder {
namespace {

enum class Kind { smooth, falling, rough, smooth_alpha, rough_alpha, invisible };

/// Of whole numbers only, so that any language can draw the same.
Small drawn(Size size, Kind kind) {
  Small out{size, {}};
  const bool rough = kind == Kind::rough || kind == Kind::rough_alpha;
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      const int alpha = kind == Kind::invisible                                   ? 0
                        : kind == Kind::smooth_alpha || kind == Kind::rough_alpha ? (x + y) * 13 % 256
                                                                                  : 255;
      std::array<int, 4> pixel =
          rough ? std::array{(x * 37 + y * 11) % 256, (x * x + 5 * y) % 256, (x * 9 + y * y) % 256, alpha}
                : std::array{255 * x / size.width, 255 * y / size.height, 255 * (x + y) / (size.width + size.height),
                             alpha};
      for (std::size_t band = 0; kind == Kind::falling && band < 3; ++band) pixel[band] = 255 - pixel[band];
      out.rgba.insert(out.rgba.end(), pixel.begin(), pixel.end());
    }
  return out;
}

Small plain(Size size, const std::array<std::uint8_t, 4>& pixel) {
  Small out{size, {}};
  for (int i = 0; i < size.width * size.height; ++i) out.rgba.insert(out.rgba.end(), pixel.begin(), pixel.end());
  return out;
}

struct Sample {
  std::size_t pixel;
  std::vector<int> colour;
};

void expect_near(const Small& picture, const std::vector<Sample>& samples) {
  for (const auto& [pixel, colour] : samples)
    for (std::size_t band = 0; band < colour.size(); ++band)
      EXPECT_NEAR(picture.rgba.at(4 * pixel + band), colour[band], 1) << pixel << ", band " << band;
}

/// Recorded with the npm package blurhash 2.0.5: encode(rgba, width, height, across, down), and pixels of
/// decode(hash, 8, 6). The last two are without pixels: there the largest wave begins with a trough, and the package
/// was made to take its size, Math.abs, as the other implementations do.
TEST(BlurHash, IsThatOfThePackage) {
  struct Vector {
    Size size;
    Kind kind;
    Components components;
    std::string hash;
    std::vector<Sample> decoded;
  };
  const std::vector<Vector> vectors{
      {{32, 20},
       Kind::falling,
       {4, 3},
       "L?H.Wg}0$8xHqCogjukCgyfkfQfk",
       {{0, {255, 255, 254}}, {11, {157, 231, 188}}, {25, {240, 112, 193}}, {47, {0, 58, 0}}}},
      {{20, 32},
       Kind::falling,
       {3, 4},
       "T?I5Sh|~,bqDogjugffkfQo|oMju",
       {{11, {168, 231, 204}}, {25, {242, 125, 179}}, {40, {248, 34, 145}}}},
      {{100, 75},
       Kind::falling,
       {9, 9},
       "|,HoH_|%$8sqsWoMo2oMo2l+j^"
       "jufkfRfkfRfkfRgefkfQfjfQfjfQfjfQkojujtfQfQfQfQfQfQg1fRfQfQfQfQfQfQfQkVjujtfQfQfQfQfQfQf"
       "*fRfQfQfQfQfQfQfQkCjujtfQfQfQfQfQfQf*fRfQfQfQfQfQfQfQ",
       {{11, {159, 207, 174}}, {25, {224, 134, 187}}, {40, {255, 59, 186}}}},
      {{40, 3}, Kind::falling, {4, 1}, "3-Hy~j}2$AxI", {{0, {249, 194, 249}}, {11, {152, 185, 152}}}},
      {{10, 10}, Kind::rough, {2, 2}, "A8F{l7_hvcBU", {{0, {147, 0, 0}}, {25, {151, 17, 48}}, {47, {115, 90, 118}}}},
      {{8, 8}, Kind::rough, {1, 1}, "00GX=d", {{0, {143, 40, 56}}, {47, {143, 40, 56}}}},
      {{1, 1}, Kind::smooth, {4, 4}, "U00000fQfQfQfQfQfQfQfQfQfQfQfQfQfQfQ", {{0, {0, 0, 0}}}},
      {{32, 20}, Kind::smooth, {4, 3}, "LxG[.s2jwzX5qKWGjue;gJfkfQfj", {}},
      {{57, 41}, Kind::rough, {4, 4}, "U6HV6p#jVc#4zhQUUkUvRmjAX5s_%MNDSzM@", {}},
  };
  for (const Vector& v : vectors) {
    EXPECT_EQ(blurhash(drawn(v.size, v.kind), v.components), v.hash);
    expect_near(of_blurhash(v.hash, {8, 6}), v.decoded);
  }
}

TEST(BlurHash, HasWavesForTheProportions) {
  const auto waves = [](Size size) {
    const Components c = components_for(size);
    return std::pair(c.across, c.down);
  };
  EXPECT_EQ(waves({60, 40}), std::pair(4, 3));
  EXPECT_EQ(waves({40, 60}), std::pair(3, 4));
  EXPECT_EQ(waves({50, 50}), std::pair(4, 4));
  EXPECT_EQ(waves({100, 1}), std::pair(4, 1));
  EXPECT_EQ(waves({1, 100}), std::pair(1, 4));
}

TEST(BlurHash, WhatIsTransparentHasNoColour) {
  // Half of it is black, which nobody sees. The waves of the algorithm are not quite around the mean, so that one
  // colour is not quite one.
  Small half = plain({100, 50}, {200, 40, 40, 255});
  for (std::size_t i = 0; i < half.rgba.size() / 2; i += 4) half.rgba[i] = half.rgba[i + 1] = half.rgba[i + 3] = 0;
  const std::string hash = blurhash(half, {4, 3});
  EXPECT_EQ(hash, blurhash(plain({100, 50}, {200, 40, 40, 255}), {4, 3}));
  for (const std::size_t corner : {std::size_t{0}, std::size_t{4999}})
    EXPECT_NEAR(of_blurhash(hash, {100, 50}).rgba[4 * corner], 200, 15);
}

/// Recorded with the npm package thumbhash 0.1.1: rgbaToThumbHash(width, height, rgba) in base64, and pixels of
/// thumbHashToRGBA(hash). Where a wave is nothing at all, rounding alone decides between 7 and 8 of 15: such pictures
/// prove nothing.
TEST(ThumbHash, IsThatOfThePackage) {
  struct Vector {
    Size size;
    Kind kind;
    std::string hash;
    Size decoded_size;
    std::vector<Sample> decoded;
  };
  const std::vector<Vector> vectors{
      {{32, 20},
       Kind::rough,
       "3hcGFIYCVak0hIZWpmj2p/ieeg==",
       {32, 18},
       {{0, {103, 20, 43, 255}}, {192, {128, 52, 76, 255}}, {288, {136, 67, 92, 255}}, {575, {134, 124, 99, 255}}}},
      {{20, 32},
       Kind::smooth,
       "3vcNDBpxB4eHeHeHd4dwjwj3eA==",
       {18, 32},
       {{0, {3, 15, 12, 255}}, {192, {190, 46, 111, 255}}, {288, {0, 134, 79, 255}}}},
      {{57, 41},
       Kind::rough,
       "3wcCDYJ1I2ciA2FWN3V0R35wlfid",
       {32, 23},
       {{0, {135, 109, 132, 255}}, {245, {124, 119, 133, 255}}, {735, {124, 122, 130, 255}}}},
      {{100, 75},
       Kind::smooth_alpha,
       "HwiKBIwIcIdxiId4+AiHcI/HhJl0IBh2Bg==",
       {32, 26},
       {{0, {67, 67, 63, 136}}, {277, {167, 98, 129, 136}}, {831, {190, 190, 186, 136}}}},
      {{75, 100},
       Kind::rough_alpha,
       "3weCBAAIlipViKcD80J9h8+WYsaERxcICQ==",
       {26, 32},
       {{0, {126, 122, 128, 136}}, {831, {126, 122, 128, 136}}}},
      {{40, 3}, Kind::rough, "GygKOYgDhqR3iHd494b4fHc=", {32, 5}, {{0, {104, 27, 1, 255}}, {159, {161, 159, 59, 255}}}},
      {{1, 1}, Kind::smooth, "AAgCBwAAAAAAAAAAAAAAAAAAAAAAAAAA", {32, 32}, {{0, {3, 0, 0, 255}}}},
      {{16, 16}, Kind::invisible, "AAiCBQAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", {32, 32}, {{0, {3, 0, 0, 0}}}},
  };
  for (const Vector& v : vectors) {
    const std::string hash = thumbhash(drawn(v.size, v.kind));
    EXPECT_EQ(base64(hash), v.hash);
    expect_near(of_thumbhash(hash, v.decoded_size), v.decoded);
  }
}

TEST(DominantColour, IsOneThatMostOfThePictureHas) {
  Small picture = plain({50, 40}, {30, 90, 180, 255});
  for (std::size_t i = 0; i < 4 * 700; i += 4) {  // 35 %
    picture.rgba[i] = 250;
    picture.rgba[i + 1] = 240;
    picture.rgba[i + 2] = 10;
  }
  EXPECT_EQ(dominant_colour(picture), (std::array<std::uint8_t, 3>{30, 90, 180})) << "and not a mixture";
}

TEST(DominantColour, IsWholeWhereverItLies) {
  for (int value = 0; value < 256; ++value) {
    const auto sample = static_cast<std::uint8_t>(value), other = static_cast<std::uint8_t>(255 - value);
    EXPECT_EQ(dominant_colour(plain({3, 3}, {sample, other, 77, 255})),
              (std::array<std::uint8_t, 3>{sample, other, 77}));
  }
}

TEST(DominantColour, DoesNotCountWhatIsTransparent) {
  Small picture = plain({10, 10}, {0, 0, 0, 0});
  picture.rgba[0] = 200;
  picture.rgba[3] = 9;
  EXPECT_EQ(dominant_colour(picture), (std::array<std::uint8_t, 3>{200, 0, 0}));
  picture.rgba[3] = 0;
  EXPECT_EQ(dominant_colour(picture), std::nullopt);
}

}  // namespace
}  // namespace imcaxy::image::placeholder
