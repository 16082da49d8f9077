#include "webp/writer.hpp"

#include <cstdlib>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <webp/decode.h>

namespace imcaxy::webp {
namespace {

using Samples = std::vector<std::uint8_t>;

/// Rows have room behind them that is not the picture's.
constexpr std::size_t behind = 7;

Samples slope(int width, int height, int bands) {
  Samples out;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x)
      for (int band = 0; band < bands; ++band) out.push_back(static_cast<std::uint8_t>(40 + (x * (band + 1) + y) / 6));
    out.insert(out.end(), behind, std::uint8_t{255});
  }
  return out;
}

Pixels pixels_of(const Samples& samples, int width, int height, int bands) {
  return {width, height, bands, samples.data(), static_cast<std::size_t>(width * bands) + behind};
}

void expect_near(std::string_view webp, const Samples& samples, int width, int height, int bands) {
  const auto* const data = reinterpret_cast<const std::uint8_t*>(webp.data());
  WebPBitstreamFeatures features;
  ASSERT_EQ(WebPGetFeatures(data, webp.size(), &features), VP8_STATUS_OK);
  ASSERT_EQ(features.width, width);
  ASSERT_EQ(features.height, height);
  EXPECT_EQ(features.has_alpha, bands == 4);
  EXPECT_EQ(features.format, 1) << "with loss";
  const int row = width * bands;
  Samples back(static_cast<std::size_t>(row * height));
  const auto decode = bands == 4 ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
  ASSERT_TRUE(decode(data, webp.size(), back.data(), back.size(), row));
  for (int y = 0; y < height; ++y)
    for (int i = 0; i < row; ++i) {
      const auto at = static_cast<std::size_t>(y * row + i);
      const int wanted =
          samples[static_cast<std::size_t>(y) * (static_cast<std::size_t>(row) + behind) + static_cast<std::size_t>(i)];
      const bool opacity = bands == 4 && i % 4 == 3;
      ASSERT_LE(std::abs(back[at] - wanted), opacity ? 0 : 40) << i << " of row " << y;
    }
}

TEST(WebpWriter, WritesWhatItIsGiven) {
  for (const auto& [width, height] : {std::pair(1, 1), {2, 1}, {1, 17}, {33, 20}, {200, 120}})
    for (const int bands : {3, 4}) {
      const Samples samples = slope(width, height, bands);
      const auto webp = write(pixels_of(samples, width, height, bands), {.quality = 90});
      ASSERT_TRUE(webp) << webp.error().cause;
      expect_near(*webp, samples, width, height, bands);
    }
}

TEST(WebpWriter, HigherQualityAndLessEffortTakeMoreBytes) {
  const Samples samples = slope(300, 200, 3);
  const auto size = [&](int quality, int effort) {
    return write(pixels_of(samples, 300, 200, 3), {quality, effort})->size();
  };
  EXPECT_LT(size(40, 2), size(90, 2));
  EXPECT_LE(size(80, 4), size(80, 0));
}

TEST(WebpWriter, SaysWhatItCantWrite) {
  const Samples row(3 * (longest_side + 1) + behind);
  EXPECT_FALSE(write(pixels_of(row, longest_side + 1, 1, 3), {}));
  EXPECT_TRUE(write(pixels_of(row, longest_side, 1, 3), {}));
  const auto quality = write(pixels_of(row, 1, 1, 3), {.quality = 101});
  ASSERT_FALSE(quality);
  EXPECT_EQ(quality.error().cause, "quality is 1 to 100, effort 0 to 6");
}

}  // namespace
}  // namespace imcaxy::webp
