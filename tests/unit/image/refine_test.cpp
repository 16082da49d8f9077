#include "image/refine.hpp"

#include <gtest/gtest.h>

#include <vips/vips8>

#include "image/library.hpp"
#include "image/likeness.hpp"
#include "image/workpiece.hpp"
#include "support/pictures.hpp"

namespace imcaxy::image {
namespace {

class Refine : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(start()); }

  /// Something like a photograph: soft shapes, and grain.
  static Bytes photograph(int width = 160, int height = 120) {
    using vips::VImage;
    const VImage soft =
        VImage::gaussnoise(width, height, VImage::option()->set("mean", 128)->set("sigma", 400)->set("seed", 3))
            .gaussblur(5);
    const VImage grain =
        VImage::gaussnoise(width, height, VImage::option()->set("mean", 0)->set("sigma", 5)->set("seed", 4));
    const VImage grey = soft + grain;
    std::vector<VImage> bands{grey, grey * 0.8 + 10, grey * 0.6 + 40};
    return png_of(VImage::bandjoin(bands));
  }

  /// Straight lines in two colours.
  static Bytes drawing(int width = 96, int height = 64) {
    using vips::VImage;
    const VImage lines = VImage::xyz(width, height).extract_band(0) % 7 == 0;
    return png_of(lines.ifthenelse(VImage::black(width, height) + std::vector<double>{200, 30, 90},
                                   VImage::black(width, height) + std::vector<double>{255, 255, 250}));
  }

  static Bytes png_of(const vips::VImage& image) {
    VipsBlob* blob = image.cast(VIPS_FORMAT_UCHAR)
                         .copy(vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB))
                         .pngsave_buffer();
    std::size_t size = 0;
    const auto* data = static_cast<const char*>(vips_blob_get(blob, &size));
    const Bytes out = Bytes::copy({data, size});
    vips_area_unref(VIPS_AREA(blob));
    return out;
  }

  static Encoding wanted(Format format, double target = 75) {
    Encoding encoding;
    encoding.format = format;
    encoding.target = target;
    return encoding;
  }

  /// What somebody waited for.
  static Bytes quickly(const Bytes& png, Format format, int quality) {
    Encoding encoding{.format = format, .quality = quality};
    encoding.effort = Encoding::Effort::quick;
    return Workpiece(png, *read_header(png, {})).encode(encoding)->bytes;
  }

  static Result<Master> master_of(const Bytes& picture, const Encoding& encoding) {
    return Workpiece(picture, *read_header(picture, {})).master(encoding, nullptr);
  }

  /// The quick encoding that has just so many points.
  static Bytes quickly_at(const Bytes& png, Format format, double score) {
    for (int quality = 1; quality <= 100; ++quality) {
      Bytes bytes = quickly(png, format, quality);
      if (*likeness(png, bytes, {}) >= score) return bytes;
    }
    ADD_FAILURE() << "no quality has " << score << " points";
    return {};
  }
};

TEST_F(Refine, FindsFewerBytesThatHaveTheScore) {
  const Bytes png = photograph();
  for (const Format format : {Format::jpeg, Format::webp, Format::avif}) {
    const Bytes now = quickly_at(png, format, 75);
    const auto master = master_of(png, wanted(format));
    ASSERT_TRUE(master) << master.error().message;
    const auto found = refine(*master, now, {});
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_NEAR(found->score_now, *likeness(png, now, {}), 0.01);
    ASSERT_TRUE(found->best) << name(format);
    EXPECT_LT(found->best->bytes.size(), now.size()) << name(format);
    EXPECT_EQ(sniff(found->best->bytes.view()), format);
    EXPECT_NEAR(found->best->score, *likeness(png, found->best->bytes, {}), 0.01);
    EXPECT_GE(found->best->score, 75) << name(format);
    EXPECT_LE(found->best->score, 77.5) << name(format);
  }
}

TEST_F(Refine, TakesTheSmallestOfTheEncodingsThatMayBe) {
  const Bytes png = photograph();
  const auto master = master_of(png, wanted(Format::jpeg));
  Master both = *master;
  both.encodings.push_back(wanted(Format::webp));
  const Bytes now = quickly(png, Format::jpeg, 90);
  const auto jpeg = refine(*master, now, {}), any = refine(both, now, {});
  ASSERT_TRUE(jpeg && jpeg->best && any && any->best);
  EXPECT_LE(any->best->bytes.size(), jpeg->best->bytes.size());
}

TEST_F(Refine, LosslessPicturesKeepEveryPixelWhereTheFormatWasNamed) {
  for (const Bytes& png : {drawing(), photograph()}) {
    const auto master = master_of(png, {.format = Format::png});
    ASSERT_TRUE(master);
    const Bytes now = quickly(png, Format::png, 75);
    const auto found = refine(*master, now, {});
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->score_now, exact_score);
    if (!found->best) continue;
    EXPECT_LT(found->best->bytes.size(), now.size());
    EXPECT_EQ(test::decode(found->best->bytes).pixels, test::decode(png).pixels);
  }
}

TEST_F(Refine, LosslessPicturesMayBeNearlySoElsewhere) {
  const Bytes png = drawing();
  const Readable webp{.modern = {Format::webp}};
  const auto master = Workpiece(png, *read_header(png, {})).master({.format = Format::png}, &webp);
  ASSERT_TRUE(master) << master.error().message;
  EXPECT_EQ(master->encodings.size(), 2u) << "WebP without loss, and PNG";
  const auto found = refine(*master, quickly(png, Format::png, 75), {});
  ASSERT_TRUE(found && found->best);
  EXPECT_GE(found->best->score, nearly_exact_score);
}

TEST_F(Refine, WhatMissesItsTargetMayGrowToReachIt) {
  const Bytes png = photograph();
  const auto master = master_of(png, wanted(Format::jpeg));
  const Bytes poor = quickly_at(png, Format::jpeg, 60);
  ASSERT_LT(*likeness(png, poor, {}), 75 - score_tolerance);
  const auto found = refine(*master, poor, {});
  ASSERT_TRUE(found && found->best);
  EXPECT_GT(found->best->bytes.size(), poor.size());
  EXPECT_GE(found->best->score, 75);
}

TEST_F(Refine, NothingLargerTakesThePlaceOfWhatIsGoodEnough) {
  const Bytes png = photograph();
  const auto master = master_of(png, wanted(Format::jpeg));
  const auto first = refine(*master, quickly_at(png, Format::jpeg, 75), {});
  ASSERT_TRUE(first && first->best);
  const auto again = refine(*master, first->best->bytes, {});
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->best) << "it is what the search finds";
}

TEST_F(Refine, PicturesWithHoles) {
  const Bytes png = test::picture({.format = Format::png, .width = 96, .height = 64, .alpha = true});
  constexpr double target = 30;  // its corners are beyond coarse colour
  const auto master = master_of(png, wanted(Format::webp, target));
  ASSERT_TRUE(master);
  const auto found = refine(*master, quickly(png, Format::webp, 95), {});
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_TRUE(found->best);
  EXPECT_EQ(test::decode(found->best->bytes).bands, 4);
  const auto as_jpeg = master_of(png, wanted(Format::jpeg));
  ASSERT_TRUE(as_jpeg);
  EXPECT_TRUE(refine(*as_jpeg, quickly(png, Format::jpeg, 95), {})) << "on black, as the answer is";
}

TEST_F(Refine, ColoursOfAProfileStayTheirs) {
  const Bytes png = test::picture({.format = Format::png, .width = 96, .height = 64, .p3 = true});
  Workpiece work(png, *read_header(png, {}));
  Edit keep;
  keep.colours = Colours::own;
  keep.encoding = wanted(Format::jpeg);
  ASSERT_TRUE(work.apply(keep));
  const auto now = work.encode({.format = Format::jpeg, .quality = 95});
  const auto master = work.master(keep.encoding, nullptr);
  ASSERT_TRUE(now && master);
  const auto found = refine(*master, now->bytes, {});
  ASSERT_TRUE(found && found->best);
  EXPECT_TRUE(test::decode(found->best->bytes).profile);
}

TEST_F(Refine, ThereIsNoMasterOfWhatCannotBeSearched) {
  const Bytes png = photograph();
  EXPECT_FALSE(master_of(png, {.format = Format::png, .palette = true})) << "the palette is the client's wish";
  EXPECT_FALSE(master_of(png, {.format = Format::jpeg})) << "without a target";
  EXPECT_FALSE(master_of(photograph(7, 100), wanted(Format::jpeg))) << "too narrow for the metric";
  EXPECT_FALSE(master_of(test::plain_frames(Format::gif, 20, 20, {test::red, test::blue}), wanted(Format::webp)));
  EXPECT_FALSE(refine({png, {wanted(Format::jpeg)}}, quickly(photograph(80, 60), Format::jpeg, 80), {}))
      << "what is there is another picture";
}

}  // namespace
}  // namespace imcaxy::image
