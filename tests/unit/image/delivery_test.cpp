#include "image/delivery.hpp"

#include <gtest/gtest.h>
#include <vips/vips8>

#include "image/content.hpp"
#include "image/library.hpp"
#include "image/workpiece.hpp"
#include "support/pictures.hpp"

namespace imcaxy::image {
namespace {

using vips::VImage;
using Formats = std::vector<Format>;

const Readable modern{{Format::avif, Format::webp}, true}, webp_only{{Format::webp}, true}, any{{}, true};

/// The formats that would be tried, lossless WebP as `unknown`.
Formats tried(const Content& content, const Readable& readable, Format plain) {
  Formats out;
  for (const Encoding& encoding : worth_trying(content, readable, {.format = plain}))
    out.push_back(encoding.lossless ? Format::unknown : encoding.format);
  return out;
}

TEST(WorthTrying, Photographs) {
  const Content jpeg{.source = Format::jpeg, .size = {800, 600}, .photographic = true};
  EXPECT_EQ(tried(jpeg, modern, Format::jpeg), (Formats{Format::avif, Format::jpeg}));
  EXPECT_EQ(tried(jpeg, webp_only, Format::jpeg), (Formats{Format::webp, Format::jpeg}));
  EXPECT_EQ(tried(jpeg, any, Format::jpeg), Formats{Format::jpeg});
  const Content png{.source = Format::png, .size = {800, 600}, .photographic = true};
  EXPECT_EQ(tried(png, modern, Format::png), (Formats{Format::avif, Format::jpeg}));
  EXPECT_EQ(tried(png, any, Format::png), Formats{Format::jpeg});
  EXPECT_EQ(tried(png, {}, Format::png), Formats{Format::png}) << "JPEG may be switched off";
  const Content avif{.source = Format::avif, .size = {800, 600}, .photographic = true};
  EXPECT_EQ(tried(avif, any, Format::avif), (Formats{Format::jpeg, Format::avif}));
}

TEST(WorthTrying, OpacityIsKept) {
  const Content png{.source = Format::png, .size = {800, 600}, .alpha = true, .photographic = true};
  EXPECT_EQ(tried(png, modern, Format::png), (Formats{Format::avif, Format::png}));
  EXPECT_EQ(tried(png, any, Format::png), Formats{Format::png});
}

TEST(WorthTrying, DrawingsStayLossless) {
  const Content png{.source = Format::png, .size = {800, 600}};
  EXPECT_EQ(tried(png, modern, Format::png), (Formats{Format::unknown, Format::png}));
  EXPECT_EQ(tried(png, any, Format::png), Formats{Format::png});
}

TEST(WorthTrying, AnimationsStayAnimated) {
  const Content gif{.source = Format::gif, .size = {80, 60}, .frames = 5, .alpha = true};
  EXPECT_EQ(tried(gif, modern, Format::gif), (Formats{Format::webp, Format::gif}));
  EXPECT_EQ(tried(gif, any, Format::gif), Formats{Format::gif});
  const Content webp{.source = Format::webp, .size = {80, 60}, .frames = 5};
  EXPECT_EQ(tried(webp, modern, Format::webp), Formats{Format::webp});
}

TEST(WorthTrying, OfSmallPicturesEverything) {
  const Content icon{.source = Format::jpeg, .size = {64, 64}, .photographic = true};
  EXPECT_EQ(tried(icon, modern, Format::jpeg), (Formats{Format::avif, Format::webp, Format::jpeg}));
}

TEST(EqualQuality, FollowsTheTable) {
  EXPECT_EQ(equal_quality(Format::jpeg, 75), 75);
  for (const Format format : {Format::webp, Format::avif}) {
    EXPECT_EQ(equal_quality(format, 1), 1);
    EXPECT_EQ(equal_quality(format, 100), 100);
    for (int quality = 2; quality <= 100; ++quality)
      EXPECT_GE(equal_quality(format, quality), equal_quality(format, quality - 1)) << quality;
  }
  EXPECT_LT(equal_quality(Format::avif, 75), 75);
  EXPECT_GT(equal_quality(Format::webp, 75), 75);
}

class Looking : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(start()); }

  static VImage photo(int width, int height) {
    return VImage::gaussnoise(width, height, VImage::option()->set("sigma", 90)->set("mean", 128)->set("seed", 1))
        .bandjoin(
            VImage::gaussnoise(width, height, VImage::option()->set("sigma", 60)->set("mean", 90)->set("seed", 2)))
        .gaussblur(1.2)
        .bandjoin(VImage::xyz(width, height)[0].linear(255.0 / width, 0))
        .cast(VIPS_FORMAT_UCHAR)
        .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB))
        .copy_memory();
  }
  static VImage drawing(int width, int height) {
    VImage image =
        VImage::black(width, height, VImage::option()->set("bands", 3)).linear(1, 240).cast(VIPS_FORMAT_UCHAR);
    image = image.copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB)).copy_memory();
    for (int i = 0; i < 12; ++i) image.draw_circle({200.0 - i * 10, i * 20.0, 60}, width / 2, height / 2, 10 + i * 7);
    return image;
  }
  static Bytes png(const VImage& image) {
    VipsBlob* blob = image.pngsave_buffer();
    std::size_t size = 0;
    const auto* data = static_cast<const char*>(vips_blob_get(blob, &size));
    Bytes out = Bytes::copy({data, size});
    vips_area_unref(VIPS_AREA(blob));
    return out;
  }
  static Result<Picture> smallest(const Bytes& source, const Readable& readable) {
    const auto header = read_header(source, {});
    EXPECT_TRUE(header);
    Workpiece work(source, *header);
    return work.encode_smallest({.format = header->format}, readable);
  }
};

TEST_F(Looking, TellsPhotographsFromDrawings) {
  EXPECT_TRUE(looks_photographic(photo(200, 150)));
  EXPECT_FALSE(looks_photographic(drawing(200, 150)));
  EXPECT_FALSE(looks_photographic(VImage::black(200, 150).cast(VIPS_FORMAT_UCHAR).copy_memory()));
  const VImage gradient = VImage::grey(256, 100, VImage::option()->set("uchar", true)).copy_memory();
  EXPECT_TRUE(looks_photographic(gradient)) << "a smooth gradient is cheap and good as JPEG";
}

TEST_F(Looking, WhatCantBeSeenTellsNothing) {
  const VImage hidden = photo(200, 150).bandjoin(VImage::black(200, 150).cast(VIPS_FORMAT_UCHAR)).copy_memory();
  EXPECT_FALSE(looks_photographic(hidden));
  EXPECT_FALSE(is_opaque(hidden));
  EXPECT_TRUE(is_opaque(photo(20, 20)));
  EXPECT_TRUE(is_opaque(photo(20, 20).bandjoin_const({255}).copy_memory()));
}

TEST_F(Looking, TheSmallestWins) {
  const Bytes photograph = png(photo(300, 200)), lines = png(drawing(300, 200));
  EXPECT_EQ(smallest(photograph, any)->format, Format::jpeg);
  EXPECT_EQ(smallest(photograph, modern)->format, Format::avif);
  EXPECT_EQ(smallest(lines, any)->format, Format::png);
  const auto lossless = smallest(lines, modern);
  ASSERT_EQ(lossless->format, Format::webp);
  EXPECT_LT(lossless->bytes.size(), smallest(lines, any)->bytes.size());
  EXPECT_EQ(test::decode(lossless->bytes).pixels, test::decode(lines).pixels) << "nothing is lost";
}

TEST_F(Looking, AnAlphaBandThatHidesNothingIsNoReasonForPng) {
  const Bytes opaque = png(photo(300, 200).bandjoin_const({255}).cast(VIPS_FORMAT_UCHAR));
  EXPECT_EQ(smallest(opaque, any)->format, Format::jpeg);
  const Bytes holed = test::picture({.format = Format::png, .width = 300, .height = 200, .alpha = true});
  const auto kept = smallest(holed, modern);
  ASSERT_TRUE(kept);
  EXPECT_NE(kept->format, Format::jpeg);
  EXPECT_EQ(test::decode(kept->bytes).bands, 4);
}

TEST_F(Looking, AFormatThatCantHoldThePictureIsLeftOut) {
  const Bytes wide = png(photo(20000, 2));
  const auto picture = smallest(wide, webp_only);
  ASSERT_TRUE(picture) << picture.error().message;
  EXPECT_EQ(picture->format, Format::jpeg) << "WebP ends at 16,383 pixels";
}

}  // namespace
}  // namespace imcaxy::image
