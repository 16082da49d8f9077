// Pictures at other sizes: in which light, and how precisely.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <vips/vips8>

#include "image/header.hpp"
#include "image/library.hpp"
#include "image/workpiece.hpp"
#include "support/pictures.hpp"

namespace imcaxy::image {
namespace {

using vips::VImage;

std::string number(std::uint32_t value, int bytes = 4) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 255);
  return out;
}

/// An ICC profile (version 2.4) of greys with this gamma, in 1/256.
std::string grey_profile(std::uint32_t gamma) {
  using namespace std::string_literals;
  const std::string white = "XYZ "s + number(0) + number(0xf6d6) + number(0x10000) + number(0xd32d);
  const std::string curve = "curv"s + number(0) + number(1) + number(gamma, 2) + number(0, 2);
  const std::uint32_t head = 128, table = 4 + 2 * 12, first = head + table;
  std::string out = number(0) + number(0x02400000) + "mntrGRAYXYZ " + std::string(12, '\0') + "acsp" +
                    std::string(28, '\0') + number(0xf6d6) + number(0x10000) + number(0xd32d) + std::string(48, '\0');
  out += number(2) + "wtpt" + number(first) + number(20) + "kTRC" + number(first + 20) + number(16);
  out += white + curve;
  return number(static_cast<std::uint32_t>(out.size() + 4)) + out;
}

VImage stripes() {
  std::vector<std::uint8_t> samples;
  for (int i = 0; i < 64 * 64; ++i) samples.push_back(i % 2 == 0 ? 0 : 255);
  return VImage(vips_image_new_from_memory_copy(samples.data(), samples.size(), 64, 64, 1, VIPS_FORMAT_UCHAR))
      .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_B_W));
}

Bytes saved(const VImage& image, const char* suffix) {
  void* data = nullptr;
  std::size_t size = 0;
  image.write_to_buffer(suffix, &data, &size);
  Bytes out = Bytes::copy({static_cast<const char*>(data), size});
  g_free(data);
  return out;
}

test::Decoded resized(const Bytes& source, const Size& size, Format decoded_for, Colours colours = Colours::srgb) {
  const auto header = read_header(source, {});
  EXPECT_TRUE(header) << header.error().message;
  Edit plan;
  plan.scale = Scale{size};
  plan.colours = colours;
  plan.encoding = {.format = decoded_for, .quality = 80};
  Workpiece work(source, *header);
  EXPECT_TRUE(work.apply(plan));
  return test::decode(work.encode({.format = Format::png})->bytes);
}

class Light : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(start()); }
};

TEST_F(Light, IsMixedByTheProfilesOwnCurve) {
  for (const std::uint32_t gamma : {256u, 461u, 563u}) {
    VImage image = stripes();
    const std::string profile = grey_profile(gamma);
    vips_image_set_blob_copy(image.get_image(), VIPS_META_ICC_NAME, profile.data(), profile.size());
    const double half = 255 * std::pow(0.5, 256.0 / gamma);
    for (const char* suffix : {".png", ".tiff", ".jpg[Q=100]"}) {
      const auto own = resized(saved(image, suffix), {10, 10}, Format::png, Colours::own);
      EXPECT_NEAR(own.at(5, 5)[0], half, 2) << gamma << suffix;
      const auto srgb = resized(saved(image, suffix), {10, 10}, Format::png);
      EXPECT_NEAR(srgb.at(5, 5)[0], 188, 3) << gamma << suffix << ": half the light, whatever tells it";
    }
  }
}

TEST_F(Light, AProfileThatMakesNoSenseIsAsGoodAsNone) {
  VImage image = stripes();
  const std::string profile = grey_profile(256).substr(0, 140) + std::string(40, 'x');
  vips_image_set_blob_copy(image.get_image(), VIPS_META_ICC_NAME, profile.data(), profile.size());
  EXPECT_NEAR(resized(saved(image, ".tiff"), {10, 10}, Format::png).at(5, 5)[0], 188, 2);
}

TEST_F(Light, EveryFormatComesToTheSame) {
  const VImage grey = stripes();
  const VImage image = VImage::bandjoin(std::vector<VImage>{grey, grey, grey})
                           .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
  for (const char* suffix :
       {".png", ".png[bitdepth=16]", ".png[interlace]", ".tiff", ".jpg[Q=100]", ".webp[lossless]", ".gif"}) {
    const auto out = resized(saved(image, suffix), {10, 10}, Format::png);
    EXPECT_NEAR(out.at(5, 5)[0], 188, 3) << suffix;
  }
}

/// Every size has its last row and column, and averages stand for the pixels that they are made of.
TEST_F(Light, AveragesComeNearToEveryPixel) {
  for (const Size& from : {Size{641, 479}, Size{640, 480}, Size{333, 998}, Size{1001, 17}})
    for (const double ratio : {3.3, 3.9, 4.0, 5.3, 9.1}) {
      const Bytes jpeg = test::picture({.width = from.width, .height = from.height});
      const Size to{std::max(1, static_cast<int>(from.width / ratio)),
                    std::max(1, static_cast<int>(from.height / ratio))};
      const auto exact = resized(jpeg, to, Format::png), quick = resized(jpeg, to, Format::jpeg);
      ASSERT_EQ(quick.width, to.width);
      ASSERT_EQ(quick.height, to.height);
      double sum = 0;
      for (std::size_t i = 0; i < exact.pixels.size(); ++i) sum += std::abs(exact.pixels[i] - quick.pixels[i]);
      EXPECT_LT(sum / static_cast<double>(exact.pixels.size()), 1.5)
          << from.width << 'x' << from.height << " by " << ratio;
    }
}

class Written : public Light {
 protected:
  static Picture written(const Bytes& source, const Encoding& encoding) {
    Workpiece work(source, *read_header(source, {}));
    return *work.encode(encoding);
  }
};

TEST_F(Written, JpegsAreProgressiveButForTinyOnes) {
  const Bytes large = test::picture({.format = Format::png, .width = 300, .height = 200});
  const Bytes tiny = test::picture({.format = Format::png, .width = 64, .height = 48});
  EXPECT_TRUE(test::decode(written(large, {}).bytes).progressive);
  EXPECT_FALSE(test::decode(written(tiny, {}).bytes).progressive);
  EXPECT_TRUE(test::decode(written(tiny, {.interlace = true}).bytes).progressive);
  EXPECT_FALSE(test::decode(written(large, {.most_progressive = 100}).bytes).progressive);
}

TEST_F(Written, ADrawingAsPngIsNotWrittenAsAPhotograph) {
  std::vector<std::uint8_t> checks;
  for (int y = 0; y < 400; ++y)
    for (int x = 0; x < 400; ++x) checks.push_back((x / 20 + y / 20) % 2 == 0 ? 20 : 230);
  EXPECT_LT(written(test::grey_png(400, 400, checks), {.format = Format::png}).bytes.size(), 2000u);
}

TEST_F(Written, APictureThatIsNotTurnedKeepsItsOrientation) {
  const Bytes source = test::picture({.width = 300, .height = 200, .orientation = 6});
  EXPECT_EQ(test::decode(written(source, {}).bytes).orientation, 6);
}

}  // namespace
}  // namespace imcaxy::image
