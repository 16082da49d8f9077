#include "image/gain_map.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>
#include <vips/vips8>

#include "image/library.hpp"
#include "image/reduced.hpp"
#include "image/workpiece.hpp"
#include "support/pictures.hpp"

namespace imcaxy::image {
namespace {

using vips::VImage;

#if VIPS_MAJOR_VERSION > 8 || VIPS_MINOR_VERSION >= 18

std::string text_of(VipsBlob* blob) {
  std::size_t size = 0;
  const auto* data = static_cast<const char*>(vips_blob_get(blob, &size));
  std::string out(data, size);
  vips_area_unref(VIPS_AREA(blob));
  return out;
}

/// A left half three times as bright as white, and a dark right one.
std::string ultra_hdr(int width, int height) {
  const VImage xyz = VImage::xyz(width, height);
  const VImage grey = (xyz[0] < width / 2).ifthenelse(3, 0.2);
  const VImage hdr = grey.bandjoin(grey)
                         .bandjoin(grey)
                         .cast(VIPS_FORMAT_FLOAT)
                         .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_scRGB));
  return text_of(hdr.uhdrsave_buffer());
}

class GainMaps : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_TRUE(start());
    vips_operation_block_set("VipsForeignLoadUhdr", FALSE);  // the witness: the server does not open it to strangers
  }
  static void TearDownTestSuite() { vips_operation_block_set("VipsForeignLoadUhdr", TRUE); }

  /// As libuhdr reads it.
  static VImage read(const Bytes& picture) {
    return VImage::uhdrload_buffer(vips_blob_copy(picture.data(), picture.size()));
  }
  /// The mean of a part of the gain map, from 0 to 1 of its sides.
  static double gain(const VImage& image, double left, double top, double width, double height) {
    const VImage map = image.gainmap();
    const auto part = [](int whole, double share) { return std::max(1, static_cast<int>(whole * share)); };
    return map
        .extract_area(static_cast<int>(map.width() * left), static_cast<int>(map.height() * top),
                      part(map.width(), width), part(map.height(), height))
        .avg();
  }
  Result<Picture> edited(const Edit& plan) { return edit(source, *read_header(source, {}), plan); }

  const Bytes source = Bytes::adopt(ultra_hdr(320, 240));
};

TEST_F(GainMaps, AreFoundWhereTheyAre) {
  const auto map = find_gain_map(source.view());
  ASSERT_TRUE(map);
  EXPECT_EQ(sniff(map->jpeg), Format::jpeg);
  EXPECT_FALSE(map->meaning.empty());
  EXPECT_FALSE(find_gain_map(test::picture().view()));
  EXPECT_FALSE(find_gain_map(map->jpeg)) << "it has none itself";
  EXPECT_FALSE(find_gain_map(""));
}

TEST_F(GainMaps, FollowAResize) {
  const auto picture = edited({.scale = Scale{{160, 120}}});
  ASSERT_TRUE(picture) << picture.error().message;
  const VImage image = read(picture->bytes), before = read(source);
  EXPECT_EQ(image.width(), 160);
  EXPECT_EQ(image.gainmap().width(), 80);
  EXPECT_EQ(image.gainmap().height(), 60);
  EXPECT_NEAR(gain(image, 0, 0, 0.4, 1), gain(before, 0, 0, 0.4, 1), 6);
  EXPECT_NEAR(gain(image, 0.6, 0, 0.4, 1), gain(before, 0.6, 0, 0.4, 1), 6);
  EXPECT_GT(std::abs(gain(image, 0, 0, 0.4, 1) - gain(image, 0.6, 0, 0.4, 1)), 50) << "else this proves nothing";
  for (const char* field : {"gainmap-max-content-boost", "gainmap-min-content-boost", "gainmap-gamma"})
    EXPECT_EQ(image.get_array_double(field), before.get_array_double(field)) << field;
}

TEST_F(GainMaps, ComeFromTheOriginalWhereThePictureDoesNot) {
  const Header header = *read_header(source, {});
  const auto smaller = reduced(source, header);
  ASSERT_TRUE(smaller);
  EXPECT_FALSE(find_gain_map(smaller->view()));
  Workpiece work({source, *smaller}, header);
  ASSERT_TRUE(work.apply({.scale = Scale{{80, 60}}}));
  ASSERT_TRUE(work.from_reduced());
  const auto picture = work.encode({});
  ASSERT_TRUE(picture);
  EXPECT_NEAR(gain(read(picture->bytes), 0, 0, 0.4, 1), gain(read(source), 0, 0, 0.4, 1), 6);
}

TEST_F(GainMaps, FollowTurnsAndCuts) {
  const double bright = gain(read(source), 0, 0, 0.4, 1), dark = gain(read(source), 0.6, 0, 0.4, 1);
  const auto mirrored = edited({.flip = true});
  ASSERT_TRUE(mirrored);
  EXPECT_NEAR(gain(read(mirrored->bytes), 0.6, 0, 0.4, 1), bright, 6);
  const auto turned = edited({.rotate = 90});
  ASSERT_TRUE(turned);
  EXPECT_NEAR(gain(read(turned->bytes), 0, 0, 1, 0.4), bright, 6) << "left is on top";
  EXPECT_NEAR(gain(read(turned->bytes), 0, 0.6, 1, 0.4), dark, 6);
  const auto cut = edited({.canvas = Edit::Canvas::crop, .area = {200, 20, 100, 100}});
  ASSERT_TRUE(cut);
  EXPECT_NEAR(gain(read(cut->bytes), 0, 0, 1, 1), dark, 6);
  const auto zoomed = edited({.zoom = 2, .canvas = Edit::Canvas::crop, .area = {0, 0, 200, 200}});
  ASSERT_TRUE(zoomed);
  EXPECT_NEAR(gain(read(zoomed->bytes), 0, 0, 1, 1), bright, 6);
}

TEST_F(GainMaps, BesideThePictureNothingShines) {
  const auto wide = edited({.canvas = Edit::Canvas::extend, .area = {-100, 0, 420, 240}, .fill = Extend::background});
  ASSERT_TRUE(wide);
  EXPECT_LT(gain(read(wide->bytes), 0, 0, 0.2, 1), 6);
}

TEST_F(GainMaps, OfSeveralSteps) {
  Workpiece work(source, *read_header(source, {}));
  ASSERT_TRUE(work.apply({.canvas = Edit::Canvas::crop, .area = {160, 0, 160, 240}}, Workpiece::When::now));
  ASSERT_TRUE(work.apply({.flop = true, .scale = Scale{{80, 120}}}, Workpiece::When::now));
  const auto picture = work.encode({});
  ASSERT_TRUE(picture);
  EXPECT_EQ(read(picture->bytes).gainmap().width(), 40);
}

TEST_F(GainMaps, GoWhereTheyMeanNothing) {
  EXPECT_FALSE(find_gain_map(edited({.text = TextMark{.text = "x"}})->bytes.view()));
  EXPECT_FALSE(find_gain_map(edited({.grey = true})->bytes.view()));
  EXPECT_FALSE(find_gain_map(edited({.encoding = {.format = Format::png}})->bytes.view()));
  EXPECT_FALSE(find_gain_map(edited({.encoding = {.strip = true}})->bytes.view()));
}

TEST_F(GainMaps, TheFirstPictureIsAPictureAsBefore) {
  const auto picture = edited({.scale = Scale{{160, 120}}});
  const test::Decoded decoded = test::decode(picture->bytes);
  EXPECT_EQ(decoded.width, 160);
  EXPECT_EQ(decoded.format, Format::jpeg);
  EXPECT_FALSE(decoded.exif);
}

TEST_F(GainMaps, ADamagedOneIsLeftBehind) {
  std::mt19937 random(1);
  int kept = 0, answered = 0;
  for (int i = 0; i < 300; ++i) {
    std::string damaged(source.view());
    if (i % 3 == 0) {
      damaged.resize(damaged.size() / 2 + random() % (damaged.size() / 2));
    } else {
      for (unsigned flips = 1 + random() % 6; flips > 0; --flips)
        damaged[random() % damaged.size()] ^= static_cast<char>(1u << random() % 8);
    }
    const Bytes bytes = Bytes::adopt(std::move(damaged));
    const auto header = read_header(bytes, {});
    if (!header) continue;
    const auto picture = edit(bytes, *header, {.scale = Scale{{32, 24}}});
    answered += picture.has_value();
    kept += picture && find_gain_map(picture->bytes.view());
  }
  EXPECT_GT(answered, 100);
  EXPECT_GT(kept, 20);
  EXPECT_LT(kept, answered);
}

#endif

TEST(GainMapIndex, LyingNumbersLeadNowhere) {
  using namespace std::string_literals;
  using namespace std::string_view_literals;
  const auto jpeg = [](std::string_view index) {
    const std::size_t length = index.size() + 6;
    return "\xff\xd8\xff\xe2"s + static_cast<char>(length >> 8) + static_cast<char>(length) + "MPF\0"s +
           std::string(index) + "\xff\xda";
  };
  for (const std::string_view index :
       {""sv, "II"sv, "II*\0\xff\xff\xff\xff"sv, "MM\0*\0\0\0\x08\xff\xff"sv,
        "MM\0*\0\0\0\x08\0\x02\xb0\x01\0\x04\0\0\0\x01\xff\xff\xff\xff\xb0\x02\0\x07\0\0\0\x20\xff\xff\xff\xf0"sv,
        "MM\0*\0\0\0\x08\0\x02\xb0\x01\0\x04\0\0\0\x01\0\0\0\x02\xb0\x02\0\x07\0\0\0\x20\0\0\0\0"sv})
    EXPECT_FALSE(find_gain_map(jpeg(index)));
}

}  // namespace
}  // namespace imcaxy::image
