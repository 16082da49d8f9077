// Pictures that the other process reads and writes, through the same functions as all others.
#include "image/foreign.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "image/header.hpp"
#include "image/library.hpp"
#include "image/workpiece.hpp"
#include "support/pictures.hpp"

namespace imcaxy::image {
namespace {

using test::decode;
using test::distance;
using test::picture;

constexpr Format made_formats[] = {Format::heif, Format::jxl, Format::jp2k};

/// With the real program while the test runs.
class Foreign : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(start());
    static const auto opened = codec::Client::open({.program = CODEC_PROGRAM});
    ASSERT_TRUE(opened) << opened.error().message << opened.error().cause;
    use_codec(opened->get(), "");
  }
  void TearDown() override { use_codec(nullptr, ""); }

  static Bytes edited(const Bytes& source, const Edit& plan) {
    const auto header = read_header(source, {});
    if (!header) throw std::runtime_error(header.error().message);
    auto done = edit(source, *header, plan);
    if (!done) throw std::runtime_error(done.error().message + " " + done.error().cause);
    return done->bytes;
  }
  static Bytes as(Format format, const Bytes& source) {
    return edited(source, {.encoding = {.format = format, .quality = 95}});
  }
};

Bytes pdf(int width, int height) {
  const std::string box = std::to_string(width) + " " + std::to_string(height);
  const std::string paint = "1 0 0 rg 0 0 " + std::to_string(width / 2) + " " + std::to_string(height / 2) + " re f";
  return Bytes::adopt(
      "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
      "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 " +
      box + "]/Contents 4 0 R>>endobj\n4 0 obj<</Length " + std::to_string(paint.size()) + ">>stream\n" + paint +
      "\nendstream endobj\ntrailer<</Root 1 0 R>>\n");
}

TEST_F(Foreign, PicturesKeepWhatTheyShow) {
  for (const Format format : made_formats)
    for (const bool alpha : {false, true}) {
      const Bytes file = as(format, picture({.format = Format::png, .width = 200, .height = 160, .alpha = alpha}));
      EXPECT_EQ(format, sniff(file.view())) << name(format);
      const auto header = read_header(file, {});
      ASSERT_TRUE(header) << header.error().message;
      EXPECT_EQ((Size{200, 160}), header->size);
      EXPECT_EQ(alpha, header->alpha);
      EXPECT_EQ("srgb", header->space);
      const auto back = decode(edited(file, {.scale = Scale{{100, 80}}, .encoding = {.format = Format::png}}));
      EXPECT_EQ(100, back.width);
      EXPECT_EQ(80, back.height);
      EXPECT_EQ(alpha ? 4 : 3, back.bands);
      const test::Rgb corners[] = {test::red, test::green, test::blue, test::white};
      for (int corner = 0; corner < 4; ++corner) EXPECT_LT(distance(back.corner(corner), corners[corner]), 12);
    }
}

TEST_F(Foreign, GreyStaysGrey) {
  for (const Format format : {Format::jxl, Format::jp2k}) {
    const Bytes file = as(format, picture({.format = Format::png, .width = 80, .height = 60, .grey = true}));
    const auto header = read_header(file, {});
    ASSERT_TRUE(header) << header.error().message;
    EXPECT_EQ(1, header->bands) << name(format);
  }
}

TEST_F(Foreign, ColoursOfAProfileArriveAsSrgb) {
  const Bytes wide = picture({.format = Format::png, .width = 120, .height = 100, .p3 = true});
  for (const Format format : {Format::heif, Format::jxl}) {
    const auto back = decode(edited(as(format, wide), {.encoding = {.format = Format::png}}));
    EXPECT_LT(distance(back.corner(0), test::red), 12) << name(format);
    EXPECT_LT(distance(back.corner(1), test::green), 12);
  }
}

TEST_F(Foreign, PdfIsRenderedAtTheSizeThatIsAskedFor) {
  const Bytes file = pdf(101, 83);
  const auto header = read_header(file, {});
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ((Size{101, 83}), header->size);
  EXPECT_TRUE(header->alpha);
  for (const Scale& scale : {Scale{{1010, 830}}, Scale{{1010, 830}, Scale::Lead::width}, Scale{{37, 30}},
                             Scale{{37, 30}, Scale::Lead::width}, Scale{{400, 400}}}) {
    const auto page = decode(edited(file, {.scale = scale, .encoding = {.format = Format::png}}));
    EXPECT_EQ(scale.size, (Size{page.width, page.height}));
    EXPECT_EQ(test::red, page.corner(2));
    EXPECT_EQ(test::white, page.corner(1));
  }
  // An edge that was blown up would be soft.
  const auto large = decode(edited(file, {.scale = Scale{{1010, 830}}, .encoding = {.format = Format::png}}));
  EXPECT_EQ(test::red, large.rgb(490, 600));
  EXPECT_EQ(test::white, large.rgb(508, 600));
}

TEST_F(Foreign, LimitsHoldBeforeAnythingIsDecoded) {
  const auto header = read_header(pdf(9000, 9000), {});
  ASSERT_FALSE(header);
  EXPECT_EQ(422, header.error().status);
  EXPECT_EQ("Image resolution is too big", header.error().message);
}

TEST_F(Foreign, WhatCanBeDoneFollowsTheProgram) {
  for (const Format format : made_formats) {
    EXPECT_TRUE(is_readable(format)) << name(format);
    EXPECT_TRUE(is_writable(format)) << name(format);
  }
  EXPECT_TRUE(is_readable(Format::pdf));
  EXPECT_FALSE(is_writable(Format::pdf));
  use_codec(nullptr, "a thing that is not here");
  for (const Format format : made_formats) {
    EXPECT_FALSE(is_readable(format));
    EXPECT_FALSE(is_writable(format));
    EXPECT_TRUE(why_not_writable(format).ends_with(" pictures need a thing that is not here"));
  }
  EXPECT_EQ("HEIC pictures need a thing that is not here", why_not_readable(Format::heif));
  EXPECT_EQ("", why_not_writable(Format::pdf)) << "nothing would help";
  EXPECT_EQ("", why_not_readable(Format::unknown));
  EXPECT_TRUE(is_readable(Format::jpeg));
}

TEST(Library, TrustsNoLibheifWithKnownHoles) {
  for (const char* sound : {"1.23.3", "1.23.5", "1.24", "2"}) EXPECT_TRUE(is_sound_heif(sound)) << sound;
  for (const char* old : {"1.23.2", "1.23", "1.15.1", "0.9.9", "", "new"}) EXPECT_FALSE(is_sound_heif(old)) << old;
}

}  // namespace
}  // namespace imcaxy::image
