#include "image/header.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "image/library.hpp"
#include "support/pictures.hpp"

namespace imcaxy::image {
namespace {

using namespace std::chrono_literals;
using test::picture;

TEST(Header, SaysWhatEachFormatSaysOfItself) {
  const struct {
    test::PictureOptions options;
    int bands;
    bool alpha;
    std::string_view space;
  } cases[] = {
      {{.format = Format::jpeg}, 3, false, "srgb"},
      {{.format = Format::jpeg, .grey = true}, 1, false, "b-w"},
      {{.format = Format::jpeg, .cmyk = true}, 4, false, "cmyk"},
      {{.format = Format::jpeg, .progressive = true}, 3, false, "srgb"},
      {{.format = Format::png}, 3, false, "srgb"},
      {{.format = Format::png, .alpha = true}, 4, true, "srgb"},
      {{.format = Format::png, .grey = true}, 1, false, "b-w"},
      {{.format = Format::png, .alpha = true, .grey = true}, 2, true, "b-w"},
      {{.format = Format::png, .sixteen_bit = true}, 3, false, "rgb16"},
      {{.format = Format::png, .sixteen_bit = true, .grey = true}, 1, false, "grey16"},
      {{.format = Format::webp}, 3, false, "srgb"},
      {{.format = Format::webp, .alpha = true}, 4, true, "srgb"},
      {{.format = Format::gif}, 3, false, "srgb"},
      {{.format = Format::gif, .alpha = true}, 4, true, "srgb"},
      {{.format = Format::tiff}, 3, false, "srgb"},
      {{.format = Format::tiff, .alpha = true}, 4, true, "srgb"},
      {{.format = Format::tiff, .sixteen_bit = true}, 3, false, "rgb16"},
      {{.format = Format::avif}, 3, false, "srgb"},
      {{.format = Format::avif, .alpha = true}, 4, true, "srgb"},
      {{.format = Format::svg}, 4, true, "srgb"},
  };
  for (const auto& c : cases) {
    const auto header = read_header(picture(c.options), {});
    SCOPED_TRACE(std::string(name(c.options.format)) + " of " + std::to_string(c.bands) + " bands, " +
                 std::string(c.space));
    ASSERT_TRUE(header) << header.error().message;
    EXPECT_EQ(header->format, c.options.format);
    EXPECT_EQ(header->size, (Size{64, 48}));
    EXPECT_EQ(header->frames, 1);
    EXPECT_EQ(header->bands, c.bands);
    EXPECT_EQ(header->alpha, c.alpha);
    EXPECT_EQ(header->space, c.space);
    EXPECT_EQ(header->orientation, 0);
    EXPECT_FALSE(header->profile);
    EXPECT_FALSE(header->lies_on_its_side());
  }
}

TEST(Header, OrientationIsExifsAndTheSizeIsAsStored) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const auto header = read_header(picture({.width = 64, .height = 48, .orientation = orientation}), {});
    ASSERT_TRUE(header);
    EXPECT_EQ(header->orientation, orientation);
    EXPECT_EQ(header->lies_on_its_side(), orientation >= 5);
    EXPECT_EQ(header->size, (orientation >= 5 ? Size{48, 64} : Size{64, 48})) << orientation;
  }
}

TEST(Header, AProfileIsSeen) {
  for (const Format format : {Format::jpeg, Format::png, Format::webp, Format::tiff, Format::avif}) {
    const auto header = read_header(picture({.format = format, .p3 = true}), {});
    ASSERT_TRUE(header) << name(format);
    EXPECT_TRUE(header->profile) << name(format);
  }
}

TEST(Header, FramesAreCountedAndTheSizeIsOfOne) {
  for (const Format format : {Format::gif, Format::webp}) {
    const auto header = read_header(picture({.format = format, .frames = 5}), {});
    ASSERT_TRUE(header) << name(format);
    EXPECT_EQ(header->frames, 5);
    EXPECT_EQ(header->size, (Size{64, 48}));
  }
}

TEST(Header, ExactlyAtALimitPassesAndOneMoreDoesNot) {
  const Bytes still = picture({.format = Format::png, .width = 100, .height = 50});
  EXPECT_TRUE(read_header(still, {.max_pixels = 5000}));
  const auto too_big = read_header(still, {.max_pixels = 4999});
  ASSERT_FALSE(too_big);
  EXPECT_EQ(too_big.error().status, 422);
  EXPECT_EQ(too_big.error().message, "Image resolution is too big");

  const Bytes moving = picture({.format = Format::gif, .width = 20, .height = 10, .frames = 4});
  EXPECT_TRUE(read_header(moving, {.max_pixels = 800, .max_frames = 4}));
  const auto all_frames_count = read_header(moving, {.max_pixels = 799});
  ASSERT_FALSE(all_frames_count);
  EXPECT_EQ(all_frames_count.error().status, 422);
  const auto too_many = read_header(moving, {.max_frames = 3});
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().status, 422);
  EXPECT_EQ(too_many.error().message, "Image has 4 frames, at most 3 are allowed (IMCAXY_MAX_FRAMES)");
}

TEST(Header, ABombIsRefusedBeforeAnyOfItIsDecoded) {
  const Bytes bomb = test::png_bomb();
  EXPECT_LT(bomb.size(), 200u);
  ASSERT_TRUE(read_header(picture(), {}));  // not the library's first call
  const auto peak = memory_peak_bytes();
  const auto start = std::chrono::steady_clock::now();
  const auto header = read_header(bomb, {});
  EXPECT_LT(std::chrono::steady_clock::now() - start, 100ms);
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().status, 422);
  EXPECT_LE(memory_peak_bytes(), std::max<std::uint64_t>(peak, 1'000'000));
  // It is a PNG in all else: with a limit that allows it, its header is read.
  const auto allowed = read_header(bomb, {.max_pixels = 900'000'000});
  ASSERT_TRUE(allowed) << allowed.error().message;
  EXPECT_EQ(allowed->size, (Size{30000, 30000}));
}

TEST(Header, WhatIsNoPictureIsABadRequestWithAMessageOnOneLine) {
  const std::string jpeg(picture().view());
  for (const std::string& bytes :
       {std::string("x"), std::string(test::no_picture().view()), std::string("\xff\xd8\xff"), jpeg.substr(0, 20),
        std::string("\x89PNG\r\n\x1a\n"), std::string("GIF89a"), std::string("RIFF\x10\0\0\0WEBPVP8 ", 16),
        std::string("II*\0\x08\0\0\0", 8), std::string("<svg"),
        std::string("\0\0\0\x1c"
                    "ftypavif\0\0\0\0mif1",
                    20)}) {
    const auto header = read_header(Bytes::copy(bytes), {});
    ASSERT_FALSE(header) << testing::PrintToString(bytes);
    EXPECT_EQ(header.error().status, 400);
    EXPECT_FALSE(header.error().message.empty());
    EXPECT_EQ(header.error().message.find('\n'), std::string::npos);
  }
}

TEST(Header, ASizeBeyondAllMeasureIsABadRequest) {
  // libvips would refuse the number, say so on stderr, and tell that the picture is one pixel high.
  std::string avif(picture({.format = Format::avif}).view());
  const std::size_t size_box = avif.find("ispe");
  ASSERT_NE(size_box, avif.npos);
  avif[size_box + 12] = '\x40';  // the first byte of the height, after the name, version and width
  const std::uint64_t refused_before = refused_values();
  const auto header = read_header(Bytes::copy(avif), {});
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().status, 400);
  EXPECT_GT(refused_values(), refused_before) << "another reason would leave this one unseen";
  EXPECT_TRUE(read_header(picture({.format = Format::avif}), {})) << "it is forgotten with its picture";
}

TEST(Header, LoadersThatNobodyAskedForStayShut) {
  // libvips would read all of these by itself.
  for (const std::string& bytes : {std::string("P6 1 1 255\nabc"), std::string("P1 1 1\n1"),
                                   std::string("#?RADIANCE\n"), std::string("%PDF-1.4\n%%EOF")}) {
    const auto header = read_header(Bytes::copy(bytes), {});
    ASSERT_FALSE(header) << bytes;
    EXPECT_EQ(header.error().status, 400);
  }
}

}  // namespace
}  // namespace imcaxy::image
