#include "image/edit.hpp"
#include "image/workpiece.hpp"

#include <chrono>
#include <cmath>
#include <thread>

#include <gtest/gtest.h>

#include "image/library.hpp"
#include "support/pictures.hpp"

namespace imcaxy::image {
namespace {

using test::blue;
using test::decode;
using test::Decoded;
using test::distance;
using test::green;
using test::picture;
using test::red;
using test::Rgb;
using test::white;

constexpr Limits generous{.max_pixels = 1'000'000'000};

Edit as(Format format) {
  Edit plan;
  plan.encoding.format = format;
  return plan;
}

Edit as_png() {
  return as(Format::png);
}

Edit scaled(int width, int height, Scale::Lead lead = Scale::Lead::both) {
  Edit plan = as_png();
  plan.scale = Scale{{width, height}, lead};
  return plan;
}

Result<Picture> edit(const Bytes& source, const Edit& plan) {
  const auto header = read_header(source, generous);
  if (!header) return std::unexpected(header.error());
  return edit(source, *header, plan);
}

/// The edited picture, decoded; a failed edit fails the test.
Decoded edited(const Bytes& source, const Edit& plan) {
  const auto result = edit(source, plan);
  if (!result) {
    ADD_FAILURE() << result.error().message;
    return decode(test::plain_png(1, 1, {0}));
  }
  const Decoded out = decode(result->bytes);
  EXPECT_EQ(result->size, (Size{out.width, out.height})) << "the size that is told is the picture's";
  return out;
}

constexpr Rgb grey_level(int value) {
  return {value, value, value};
}

void expect_corners(const Decoded& out, const std::array<Rgb, 4>& colours, int tolerance = 12) {
  for (int i = 0; i < 4; ++i) {
    const Rgb colour = out.corner(i);
    EXPECT_LE(distance(colour, colours[static_cast<std::size_t>(i)]), tolerance)
        << "corner " << i << " is " << testing::PrintToString(colour);
  }
}

constexpr std::array upright_corners{red, green, blue, white};

// Turns

TEST(EditTurns, EveryOrientationComesOutUpright) {
  for (int orientation = 0; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const Decoded out = edited(picture({.orientation = orientation}), as_png());
    EXPECT_EQ(out.width, 64);
    EXPECT_EQ(out.height, 48);
    expect_corners(out, upright_corners);
    // A viewer that reads EXIF must not turn it once more.
    EXPECT_LE(out.orientation, 1);
  }
}

TEST(EditTurns, EveryOrientationComesOutUprightAndScaled) {
  for (int orientation = 0; orientation <= 8; ++orientation)
    for (const auto lead : {Scale::Lead::both, Scale::Lead::width, Scale::Lead::height})
      for (const Size size : {Size{20, 15}, Size{128, 96}}) {
        SCOPED_TRACE(std::to_string(orientation) + " to " + std::to_string(size.width));
        Edit plan = scaled(size.width, size.height, lead);
        const Decoded out = edited(picture({.orientation = orientation}), plan);
        EXPECT_EQ(out.width, size.width);
        EXPECT_EQ(out.height, size.height);
        expect_corners(out, upright_corners, 25);
      }
}

TEST(EditTurns, AJpegThatWasTurnedNoLongerAsksForIt) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Decoded out = edited(picture({.orientation = orientation}), as(Format::jpeg));
    EXPECT_LE(out.orientation, 1) << orientation;
  }
}

TEST(EditTurns, WithoutUprightThePixelsAndTheFieldStay) {
  // Where EXIF puts the upright corners in the stored picture.
  const std::array<std::array<Rgb, 4>, 8> stored{{{red, green, blue, white},
                                                  {green, red, white, blue},
                                                  {white, blue, green, red},
                                                  {blue, white, red, green},
                                                  {red, blue, green, white},
                                                  {green, white, red, blue},
                                                  {white, green, blue, red},
                                                  {blue, red, white, green}}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    Edit plan = as(Format::jpeg);
    plan.upright = false;
    plan.encoding.quality = 95;
    const Decoded out = edited(picture({.orientation = orientation}), plan);
    EXPECT_EQ(out.width, orientation >= 5 ? 48 : 64);
    EXPECT_EQ(std::max(out.orientation, 1), orientation);
    expect_corners(out, stored[static_cast<std::size_t>(orientation - 1)], 40);
  }
}

TEST(EditTurns, RotateIsClockwise) {
  const Bytes source = picture({.format = Format::png});
  const std::array<std::pair<int, std::array<Rgb, 4>>, 4> cases{{{0, {red, green, blue, white}},
                                                                 {90, {blue, red, white, green}},
                                                                 {180, {white, blue, green, red}},
                                                                 {270, {green, white, red, blue}}}};
  for (const auto& [degrees, corners] : cases) {
    SCOPED_TRACE(degrees);
    Edit plan = as_png();
    plan.rotate = degrees;
    const Decoded out = edited(source, plan);
    EXPECT_EQ(out.width, degrees % 180 == 0 ? 64 : 48);
    expect_corners(out, corners, 0);
  }
}

TEST(EditTurns, FlipMirrorsLeftAndRightFlopTopAndBottom) {
  const Bytes source = picture({.format = Format::png});
  Edit plan = as_png();
  plan.flip = true;
  expect_corners(edited(source, plan), {green, red, white, blue}, 0);
  plan.flop = true;
  expect_corners(edited(source, plan), {white, blue, green, red}, 0);
  plan.flip = false;
  expect_corners(edited(source, plan), {blue, white, red, green}, 0);
}

TEST(EditTurns, FlipComesAfterRotateAndBothAfterExif) {
  Edit plan = as_png();
  plan.rotate = 90;
  plan.flip = true;
  for (int orientation = 0; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const Decoded out = edited(picture({.orientation = orientation}), plan);
    EXPECT_EQ(out.width, 48);
    expect_corners(out, {red, blue, green, white});
  }
}

TEST(EditTurns, TurnedSizeIsThatOfTheResult) {
  for (int orientation = 0; orientation <= 8; ++orientation)
    for (const int rotate : {0, 90, 180, 270})
      for (const bool upright : {true, false}) {
        const Bytes source = picture({.orientation = orientation});
        Edit plan = as_png();
        plan.rotate = rotate;
        plan.upright = upright;
        const Decoded out = edited(source, plan);
        EXPECT_EQ(turned_size(*read_header(source, {}), plan), (Size{out.width, out.height}))
            << orientation << ' ' << rotate << ' ' << upright;
      }
}

// Sizes

TEST(EditScale, SizesAreExactWhateverTheyAre) {
  const Size sources[] = {{1, 1}, {1, 97}, {97, 1}, {2, 3}, {7, 5}, {31, 37}, {100, 67}, {257, 129}};
  const Size results[] = {{1, 1},   {1, 53},  {53, 1},  {2, 2},    {3, 2},
                          {13, 11}, {32, 38}, {99, 66}, {101, 68}, {211, 199}};
  for (const Size& from : sources) {
    const Bytes source = picture({.format = Format::png, .width = from.width, .height = from.height});
    for (const Size& to : results) {
      SCOPED_TRACE(testing::Message() << from.width << 'x' << from.height << " to " << to.width << 'x' << to.height);
      const Decoded out = edited(source, scaled(to.width, to.height));
      EXPECT_EQ(out.width, to.width);
      EXPECT_EQ(out.height, to.height);
    }
  }
}

TEST(EditScale, SizesAreExactWithALeadingSide) {
  for (const Format format : {Format::jpeg, Format::png, Format::webp})
    for (const Size& from : {Size{361, 269}, Size{333, 1}, Size{97, 211}}) {
      const Bytes source = picture({.format = format, .width = from.width, .height = from.height});
      for (const int side : {1, 7, 41, 80, 81, 299, 333, 700}) {
        const int height =
            std::max(1, static_cast<int>(std::lround(static_cast<double>(from.height) * side / from.width)));
        const int width =
            std::max(1, static_cast<int>(std::lround(static_cast<double>(from.width) * side / from.height)));
        if (width > 800 || height > 800) continue;
        SCOPED_TRACE(testing::Message() << name(format) << ' ' << from.width << 'x' << from.height << ' ' << side);
        const auto by_width = edit(source, scaled(side, height, Scale::Lead::width));
        ASSERT_TRUE(by_width) << by_width.error().message;
        EXPECT_EQ(by_width->size, (Size{side, height}));
        const auto by_height = edit(source, scaled(width, side, Scale::Lead::height));
        ASSERT_TRUE(by_height) << by_height.error().message;
        EXPECT_EQ(by_height->size, (Size{width, side}));
      }
    }
}

TEST(EditScale, WithBothSidesLeadingTheProportionsMayChange) {
  for (const Format format : {Format::jpeg, Format::png, Format::webp}) {
    const Bytes source = picture({.format = format, .width = 400, .height = 300});
    for (const Size& size : {Size{40, 200}, Size{200, 40}, Size{40, 600}, Size{800, 40}, Size{400, 30}}) {
      SCOPED_TRACE(testing::Message() << name(format) << ' ' << size.width << 'x' << size.height);
      const Decoded out = edited(source, scaled(size.width, size.height));
      EXPECT_EQ(out.width, size.width);
      EXPECT_EQ(out.height, size.height);
      expect_corners(out, upright_corners, 30);
    }
  }
}

/// A row that grows from 0 to 248 in steps of 8, and the values around it that a centre-correct enlargement has.
void expect_centre_correct(int from, int to, double tolerance) {
  const double step = 248.0 / (from - 1);
  std::vector<std::uint8_t> row;
  for (int x = 0; x < from; ++x) row.push_back(static_cast<std::uint8_t>(std::lround(step * x)));
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < 8; ++y) pixels.insert(pixels.end(), row.begin(), row.end());
  const double factor = static_cast<double>(to) / from;
  const int height = static_cast<int>(8 * factor);
  const Decoded out = edited(test::grey_png(from, 8, pixels), scaled(to, height));
  ASSERT_EQ(out.width, to);
  const int border = static_cast<int>(2 * factor) + 1;
  for (int x = border; x < to - border; ++x) {
    const double place = (x + 0.5) / factor - 0.5;
    EXPECT_NEAR(out.at(x, height / 2)[0], step * place, tolerance) << "at " << x << " of " << to;
  }
}

TEST(EditScale, EnlargingKeepsTheCentreInItsPlace) {
  expect_centre_correct(32, 128, 1.5);
  expect_centre_correct(32, 64, 1.5);
  expect_centre_correct(32, 77, 1.5);
}

TEST(EditScale, ReducingKeepsTheCentreInItsPlace) {
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 124; ++x) pixels.push_back(static_cast<std::uint8_t>(2 * x));
  for (const int to : {62, 31, 41}) {
    const Decoded out = edited(test::grey_png(124, 16, pixels), scaled(to, 16));
    const double factor = 124.0 / to;
    for (int x = 3; x < to - 3; ++x)
      EXPECT_NEAR(out.at(x, 8)[0], 2 * ((x + 0.5) * factor - 0.5), 1.5) << "at " << x << " of " << to;
  }
}

TEST(EditScale, EnlargingByOnePixelSpreadsItOverAll) {
  // Padding at one end would put 50, 150, 150 here. Half the light of 50 and of 150 is that of 115.
  const Decoded out = edited(test::grey_png(2, 1, {50, 150}), scaled(3, 1));
  EXPECT_NEAR(out.at(1, 0)[0], 115, 2);
  const Decoded mirrored = edited(test::grey_png(2, 1, {150, 50}), scaled(3, 1));
  EXPECT_EQ(out.at(0, 0)[0], mirrored.at(2, 0)[0]) << "as far from the left as from the right";
}

TEST(EditScale, APlainPictureStaysPlainUpToItsBorders) {
  const Bytes source = test::plain_png(37, 23, {200, 100, 50});
  for (const Size& size : {Size{11, 7}, Size{36, 22}, Size{38, 24}, Size{74, 46}, Size{111, 11}}) {
    const Decoded out = edited(source, scaled(size.width, size.height));
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x)
        ASSERT_LE(distance(out.rgb(x, y), {200, 100, 50}), 1) << size.width << ": " << x << ',' << y;
  }
}

TEST(EditScale, TransparentColoursLeaveNoFringe) {
  // Red that is opaque beside black that can't be seen: only red may be seen in the result.
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x)
      for (const int value : x < 32 ? std::array{255, 0, 0, 255} : std::array{0, 0, 0, 0})
        pixels.push_back(static_cast<std::uint8_t>(value));
  const Bytes source = test::rgba_png(64, 64, pixels);
  for (const int side : {15, 27, 63, 64, 100, 256}) {
    const Decoded out = edited(source, scaled(side, side));
    ASSERT_EQ(out.bands, 4);
    int seen = 0;
    for (int x = 0; x < side; ++x) {
      const auto pixel = out.at(x, side / 2);
      if (pixel[3] < 16) continue;  // too little of it for its colour to be exact
      ++seen;
      EXPECT_GE(pixel[0], 235) << side << ": a dark fringe at " << x;
    }
    EXPECT_NEAR(seen, side / 2.0, 0.04 * side + 2);
  }
}

TEST(EditScale, LargePicturesAreReadWhileTheyAreDecoded) {
  const Bytes source = picture({.width = 1200, .height = 900});
  const auto header = read_header(source, {});
  ASSERT_TRUE(header);
  const auto result = edit(source, *header, scaled(300, 225));
  ASSERT_TRUE(result) << result.error().message;
  expect_corners(decode(result->bytes), upright_corners);
}

TEST(EditScale, EveryStepWorksOnPicturesThatAreDecodedRowByRow) {
  const Bytes source = picture({.width = 40, .height = 1500});
  std::vector<std::pair<std::string_view, Edit>> plans;
  for (const Size& size :
       {Size{40, 1500}, Size{30, 1000}, Size{40, 200}, Size{41, 1501}, Size{80, 3000}, Size{30, 2000}}) {
    const Edit plain = scaled(size.width, size.height);
    plans.emplace_back("alone", plain);
    plans.emplace_back("blur", plain).second.blur_sigma = 4;
    plans.emplace_back("grey", plain).second.grey = true;
    plans.emplace_back("interlace", plain).second.encoding.interlace = true;
    plans.emplace_back("palette", plain).second.encoding.palette = true;
    plans.emplace_back("flip", plain).second.flip = true;
    plans.emplace_back("flop", plain).second.flop = true;
    Edit& bottom = plans.emplace_back("bottom", plain).second;
    bottom.canvas = Edit::Canvas::crop;
    bottom.area = {0, size.height - 10, size.width, 10};
    Edit& smart = plans.emplace_back("smart", plain).second;
    smart.canvas = Edit::Canvas::smart_crop;
    smart.area = {0, 0, 30, 40};
  }
  for (auto& [what, plan] : plans) {
    plan.encoding.compression = 1;
    plan.encoding.palette_effort = 1;
    const auto result = edit(source, plan);
    EXPECT_TRUE(result) << what << " at " << plan.scale->size.height << ": " << result.error().message;
  }
}

// Colours

TEST(EditColour, AProfilesColoursBecomeSrgb) {
  for (const Format format : {Format::png, Format::jpeg, Format::webp, Format::tiff}) {
    SCOPED_TRACE(name(format));
    const Bytes source = picture({.format = format, .p3 = true});
    // Without the conversion red would be (234, 51, 35).
    ASSERT_GT(decode(source).corner(0)[1], 30) << "the source is not in sRGB";
    for (const Edit& plan : {as_png(), scaled(32, 24), scaled(128, 96)})
      expect_corners(edited(source, plan), upright_corners, 20);
  }
}

TEST(EditColour, WhatIsSrgbNeedsNoProfile) {
  const Bytes source = picture({.format = Format::png, .p3 = true});
  for (const Format format : {Format::jpeg, Format::png, Format::webp, Format::tiff, Format::avif}) {
    const Bytes once = edit(source, as(format))->bytes;
    EXPECT_FALSE(decode(once).profile) << name(format);
    // A profile that described other colours than the pixels have would convert them a second time.
    expect_corners(edited(once, as_png()), upright_corners, 30);
  }
}

TEST(EditColour, CmykBecomesRgb) {
  const Bytes source = picture({.cmyk = true});
  for (const Edit& plan : {as(Format::jpeg), as_png(), scaled(32, 24), scaled(128, 96)}) {
    const Decoded out = edited(source, plan);
    EXPECT_EQ(out.space, "srgb");
    EXPECT_EQ(out.bands, 3);
    // Inks are no lights: what counts is which colour is the strongest.
    const Rgb ink_red = out.corner(0), ink_green = out.corner(1), ink_blue = out.corner(2), paper = out.corner(3);
    EXPECT_GT(ink_red[0], 200);
    EXPECT_LT(ink_red[2], 90);
    EXPECT_GT(ink_green[1], ink_green[0] + 60);
    EXPECT_GT(ink_blue[2], ink_blue[1] + 20);
    EXPECT_LE(distance(paper, white), 8);
  }
}

TEST(EditColour, OfCmykTheInksProfileIsNotLeft) {
  // It would describe other colours, and libvips leaves it in memory that is given back before the result is written.
  for (const Format format : {Format::jpeg, Format::png, Format::webp, Format::tiff, Format::avif})
    for (const bool turned : {false, true}) {
      Edit plan = as(format);
      plan.flip = turned;
      EXPECT_FALSE(edited(picture({.cmyk = true}), plan).profile);
      plan.mark = PictureMark{.picture = picture({.width = 8, .height = 8, .cmyk = true})};
      EXPECT_FALSE(edited(picture(), plan).profile);
      plan.scale = Scale{{20, 15}};
      EXPECT_EQ(edited(picture({.cmyk = true}), plan).space, "srgb");
    }
}

TEST(EditColour, SixteenBitsBecomeEight) {
  for (const bool grey : {false, true})
    for (const bool alpha : {false, true})
      for (const Edit& plan : {as_png(), scaled(32, 24), scaled(128, 96)}) {
        SCOPED_TRACE(testing::Message() << grey << alpha);
        const Bytes source = picture({.format = Format::png, .alpha = alpha, .sixteen_bit = true, .grey = grey});
        ASSERT_FALSE(decode(source).eight_bit);
        const Decoded out = edited(source, plan);
        EXPECT_TRUE(out.eight_bit);
        EXPECT_EQ(out.bands, (grey ? 1 : 3) + alpha);
        EXPECT_EQ(out.space, grey ? "b-w" : "srgb");
        EXPECT_LE(distance(out.corner(3), white), 2);
        if (grey) {
          EXPECT_LE(distance(out.corner(0), grey_level(54)), 6);
        } else {
          expect_corners(out, upright_corners);
        }
      }
}

TEST(EditColour, GreyStaysGreyAndColourBecomesGreyOnlyWhenAsked) {
  EXPECT_EQ(edited(picture({.grey = true}), as(Format::jpeg)).bands, 1);
  Edit plan = as(Format::jpeg);
  plan.grey = true;
  const Decoded out = edited(picture(), plan);
  EXPECT_EQ(out.bands, 1);
  EXPECT_LE(distance(out.corner(3), white), 6);
  // Green is brighter than red, red than blue.
  EXPECT_GT(out.corner(1)[0], out.corner(0)[0]);
  EXPECT_GT(out.corner(0)[0], out.corner(2)[0]);
}

TEST(EditColour, FlattenPutsTransparencyOnTheBackground) {
  for (const Format format : {Format::png, Format::jpeg, Format::webp}) {
    Edit plan = as(format);
    plan.flatten = true;
    plan.background = {10, 200, 90};
    const Decoded out = edited(picture({.format = Format::png, .alpha = true}), plan);
    EXPECT_EQ(out.bands, 3);
    EXPECT_LE(distance(out.rgb(32, 24), {10, 200, 90}), 12) << name(format);
    EXPECT_LE(distance(out.corner(0), red), 12);
  }
  Edit grey = as_png();
  grey.flatten = true;
  grey.background = {100, 100, 100};
  const Decoded out = edited(picture({.format = Format::png, .alpha = true, .grey = true}), grey);
  EXPECT_EQ(out.bands, 1);
  EXPECT_LE(distance(out.rgb(32, 24), grey_level(100)), 1);
}

TEST(EditColour, AJpegOfATransparentPictureHasNoAlpha) {
  const Decoded out = edited(picture({.format = Format::png, .alpha = true}), as(Format::jpeg));
  EXPECT_EQ(out.bands, 3);
  EXPECT_LE(distance(out.rgb(32, 24), {0, 0, 0}), 12) << "what can't be seen is black, as libvips has it";
}

TEST(EditColour, BlurSpreadsAnEdge) {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 64 * 8; ++i) pixels.push_back(i % 64 < 32 ? 0 : 255);
  const Bytes source = test::grey_png(64, 8, pixels);
  EXPECT_EQ(edited(source, as_png()).at(29, 4)[0], 0);
  Edit plan = as_png();
  plan.blur_sigma = 3;
  const Decoded out = edited(source, plan);
  EXPECT_GT(out.at(29, 4)[0], 20);
  EXPECT_LT(out.at(34, 4)[0], 235);
  EXPECT_EQ(out.at(5, 4)[0], 0);
}

// Canvas

TEST(EditCanvas, CropCutsTheArea) {
  Edit plan = as_png();
  plan.canvas = Edit::Canvas::crop;
  plan.area = {48, 0, 16, 12};
  const Decoded out = edited(picture({.format = Format::png}), plan);
  EXPECT_EQ(out.width, 16);
  EXPECT_EQ(out.height, 12);
  for (const auto& [x, y] : {std::pair{0, 0}, {15, 0}, {0, 11}, {15, 11}}) EXPECT_EQ(out.rgb(x, y), green);
}

TEST(EditCanvas, CropComesAfterTurnAndScale) {
  Edit plan = scaled(128, 96);
  plan.canvas = Edit::Canvas::crop;
  plan.area = {0, 72, 32, 24};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Decoded out = edited(picture({.orientation = orientation}), plan);
    EXPECT_EQ(out.width, 32);
    EXPECT_EQ(out.height, 24);
    EXPECT_LE(distance(out.rgb(16, 16), blue), 12) << orientation;
  }
}

TEST(EditCanvas, AnAreaOutsideIsABadRequest) {
  Edit plan = as_png();
  plan.canvas = Edit::Canvas::crop;
  plan.area = {60, 0, 20, 20};
  const auto result = edit(picture(), plan);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().status, 400);
  EXPECT_FALSE(result.error().message.empty());
}

TEST(EditCanvas, SmartCropFindsWhatStandsOut) {
  std::vector<std::uint8_t> pixels(200 * 50 * 4, 0);
  for (int y = 0; y < 50; ++y)
    for (int x = 0; x < 200; ++x) {
      auto* pixel = &pixels[static_cast<std::size_t>((y * 200 + x) * 4)];
      const bool spot = x >= 160 && x < 190 && y >= 10 && y < 40 && (x / 3 + y / 3) % 2 == 0;
      pixel[0] = spot ? 255 : 120;
      pixel[1] = spot ? 40 : 120;
      pixel[2] = spot ? 20 : 120;
      pixel[3] = 255;
    }
  Edit plan = as_png();
  plan.canvas = Edit::Canvas::smart_crop;
  plan.area = {75, 0, 50, 50};
  const Decoded out = edited(test::rgba_png(200, 50, pixels), plan);
  EXPECT_EQ(out.width, 50);
  EXPECT_EQ(out.height, 50);
  int loud = 0;
  for (int y = 0; y < 50; ++y)
    for (int x = 0; x < 50; ++x) loud += out.rgb(x, y)[0] > 200;
  EXPECT_GT(loud, 200);
}

struct Fill {
  Extend extend;
  Rgb colour;
};

TEST(EditCanvas, TheBorderIsFilledAsAsked) {
  const Bytes source = test::plain_png(40, 20, {200, 100, 50});
  for (const Fill& fill : {Fill{Extend::black, {0, 0, 0}}, Fill{Extend::white, white},
                           Fill{Extend::background, {1, 2, 3}}, Fill{Extend::copy, {200, 100, 50}},
                           Fill{Extend::mirror, {200, 100, 50}}, Fill{Extend::repeat, {200, 100, 50}}}) {
    Edit plan = as_png();
    plan.canvas = Edit::Canvas::extend;
    plan.area = {-5, -10, 50, 40};
    plan.fill = fill.extend;
    plan.background = {1, 2, 3};
    const Decoded out = edited(source, plan);
    EXPECT_EQ(out.width, 50);
    EXPECT_EQ(out.height, 40);
    for (const auto& [x, y] : {std::pair{0, 0}, {49, 0}, {25, 9}, {0, 39}, {49, 39}, {25, 30}, {4, 20}, {45, 20}})
      EXPECT_EQ(out.rgb(x, y), fill.colour) << static_cast<int>(fill.extend) << " at " << x << ',' << y;
    for (const auto& [x, y] : {std::pair{5, 10}, {44, 10}, {5, 29}, {44, 29}})
      EXPECT_EQ(out.rgb(x, y), (Rgb{200, 100, 50})) << static_cast<int>(fill.extend) << " inside at " << x << ',' << y;
  }
}

TEST(EditCanvas, CopyMirrorAndRepeatAreMadeOfThePicture) {
  const Bytes source = picture({.format = Format::png, .width = 64, .height = 64});
  Edit plan = as_png();
  plan.canvas = Edit::Canvas::extend;
  plan.area = {0, -64, 64, 192};
  // The corners of the part above the picture, and of that below it.
  const auto expect_both = [&](const std::array<Rgb, 4>& above, const std::array<Rgb, 4>& below) {
    const Decoded out = edited(source, plan);
    EXPECT_EQ(out.height, 192);
    const std::array<std::pair<int, int>, 4> places{{{3, 3}, {60, 3}, {3, 60}, {60, 60}}};
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto& [x, y] = places[i];
      EXPECT_EQ(out.rgb(x, y), above[i]) << static_cast<int>(plan.fill) << " above, corner " << i;
      EXPECT_EQ(out.rgb(x, y + 64), upright_corners[i]) << static_cast<int>(plan.fill) << " inside, corner " << i;
      EXPECT_EQ(out.rgb(x, y + 128), below[i]) << static_cast<int>(plan.fill) << " below, corner " << i;
    }
  };
  plan.fill = Extend::copy;
  expect_both({red, green, red, green}, {blue, white, blue, white});
  plan.fill = Extend::mirror;
  expect_both({blue, white, red, green}, {blue, white, red, green});
  plan.fill = Extend::repeat;
  expect_both(upright_corners, upright_corners);
}

TEST(EditCanvas, EveryFillWorksOnPicturesThatAreDecodedRowByRow) {
  // More rows than libvips keeps of a picture that it reads from top to bottom.
  for (const Format format : {Format::jpeg, Format::png}) {
    const Bytes source = picture({.format = format, .width = 50, .height = 1500});
    for (const Extend fill :
         {Extend::black, Extend::copy, Extend::repeat, Extend::mirror, Extend::white, Extend::background})
      for (const bool shrunk : {false, true}) {
        SCOPED_TRACE(testing::Message() << name(format) << ' ' << static_cast<int>(fill) << ' ' << shrunk);
        Edit plan = shrunk ? scaled(37, 1125) : as_png();
        plan.encoding.compression = 1;
        plan.canvas = Edit::Canvas::extend;
        plan.area = {-10, -300, 70, 2000};
        plan.fill = fill;
        const auto result = edit(source, plan);
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_EQ(result->size, (Size{70, 2000}));
        EXPECT_EQ(decode(result->bytes).height, 2000);
      }
  }
}

TEST(EditCanvas, BackgroundOfATransparentPictureStaysTransparent) {
  Edit plan = as_png();
  plan.canvas = Edit::Canvas::extend;
  plan.area = {-8, 0, 80, 48};
  plan.fill = Extend::background;
  plan.background = {9, 8, 7};
  EXPECT_EQ(edited(picture({.format = Format::png, .alpha = true}), plan).at(2, 20), (std::vector<double>{9, 8, 7, 0}));
}

TEST(EditCanvas, BackgroundOfAGreyPictureIsItsBrightness) {
  Edit plan = as_png();
  plan.canvas = Edit::Canvas::extend;
  plan.area = {-8, 0, 80, 48};
  plan.fill = Extend::background;
  plan.background = {0, 255, 0};
  const Decoded out = edited(picture({.format = Format::png, .grey = true}), plan);
  EXPECT_EQ(out.bands, 1);
  EXPECT_NEAR(out.at(2, 20)[0], 182, 1);
}

// Output

TEST(EditOutput, WhatIsWrittenCanBeReadBack) {
  for (const Format from :
       {Format::jpeg, Format::png, Format::webp, Format::gif, Format::tiff, Format::avif, Format::svg})
    for (const Format to : {Format::jpeg, Format::png, Format::webp, Format::gif, Format::tiff, Format::avif}) {
      SCOPED_TRACE(std::string(name(from)) + " to " + std::string(name(to)));
      const Decoded out = edited(picture({.format = from}), as(to));
      EXPECT_EQ(out.format, to);
      EXPECT_EQ(out.width, 64);
      EXPECT_EQ(out.height, 48);
      expect_corners(out, upright_corners, 40);
    }
}

TEST(EditOutput, OfAnimationsTheFirstFrameIsTaken) {
  for (const Format from : {Format::gif, Format::webp}) {
    const Decoded out = edited(picture({.format = from, .frames = 4}), as_png());
    EXPECT_EQ(out.frames, 1);
    EXPECT_EQ(out.height, 48);
    EXPECT_NEAR(out.rgb(32, 24)[2], 128, 20);
    const Decoded small = edited(picture({.format = from, .frames = 4}), scaled(32, 24));
    EXPECT_EQ(small.height, 24);
    expect_corners(small, upright_corners, 40);
  }
}

TEST(EditOutput, InterlaceMakesThePictureProgressive) {
  for (const Format format : {Format::jpeg, Format::png}) {
    Edit plan = as(format);
    EXPECT_FALSE(edited(picture({.progressive = true}), plan).progressive) << name(format);
    plan.encoding.interlace = true;
    const Decoded out = edited(picture(), plan);
    EXPECT_TRUE(out.progressive) << name(format);
    expect_corners(out, upright_corners, 30);
  }
}

std::size_t size_of(const Bytes& source, const Edit& plan) {
  const auto result = edit(source, plan);
  EXPECT_TRUE(result);
  return result ? result->bytes.size() : 0;
}

TEST(EditOutput, QualityAndCompressionChangeTheSize) {
  const Bytes source = picture({.format = Format::png, .width = 300, .height = 200});
  for (const Format format : {Format::jpeg, Format::webp, Format::avif}) {
    Edit low = as(format), high = as(format);
    low.encoding.quality = 10;
    high.encoding.quality = 95;
    EXPECT_LT(size_of(source, low), size_of(source, high)) << name(format);
  }
  Edit fast = as_png(), small = as_png(), palette = as_png();
  EXPECT_FALSE(edited(source, small).palette);
  fast.encoding.compression = 1;
  small.encoding.compression = 9;
  EXPECT_LT(size_of(source, small), size_of(source, fast));
  palette.encoding.palette = true;
  const Decoded out = edited(source, palette);
  EXPECT_TRUE(out.palette);
  expect_corners(out, upright_corners, 12);
}

// Limits and mistakes

TEST(CheckSize, ExactlyAtTheLimitPasses) {
  const Limits limits{.max_pixels = 10'000};
  EXPECT_TRUE(check_size({}, Edit{}, limits));
  EXPECT_TRUE(check_size({}, scaled(100, 100), limits));
  const auto scale = check_size({}, scaled(101, 100), limits);
  ASSERT_FALSE(scale);
  EXPECT_EQ(scale.error().status, 400);
  EXPECT_NE(scale.error().message.find("101x100"), std::string::npos);
  EXPECT_NE(scale.error().message.find("0.01 megapixels"), std::string::npos);
  Edit canvas;
  canvas.canvas = Edit::Canvas::extend;
  canvas.area = {0, 0, 100, 100};
  EXPECT_TRUE(check_size({}, canvas, limits));
  canvas.area = {0, 0, 100, 101};
  EXPECT_FALSE(check_size({}, canvas, limits));
}

TEST(CheckSize, TheLargestNumbersDoNotWrap) {
  EXPECT_FALSE(check_size({}, scaled(2147483647, 2147483647), {}));
  EXPECT_FALSE(check_size({}, scaled(2147483647, 1), {}));
}

TEST(EditMistakes, APictureThatEndsEarlyIsAnErrorOrAPictureNeverACrash) {
  const std::string_view suffixes[] = {"a", "\xff\xd9", ""};
  for (const Format format : {Format::jpeg, Format::png, Format::webp, Format::gif, Format::tiff, Format::avif}) {
    const Bytes whole = picture({.format = format, .width = 200, .height = 150});
    for (const double part : {0.02, 0.3, 0.6, 0.95})
      for (const std::string_view suffix : suffixes) {
        const auto length = static_cast<std::size_t>(part * static_cast<double>(whole.size()));
        const Bytes source = Bytes::adopt(std::string(whole.view().substr(0, length)).append(suffix));
        SCOPED_TRACE(testing::Message() << name(format) << ' ' << part);
        for (const Edit& plan : {as(Format::jpeg), scaled(50, 37)}) {
          const auto result = edit(source, plan);
          if (result) {
            EXPECT_GT(decode(result->bytes).width, 0);
          } else {
            EXPECT_EQ(result.error().status, 400);
            EXPECT_FALSE(result.error().message.empty());
          }
        }
      }
  }
}

TEST(EditMistakes, ATruncatedJpegStillShowsItsTop) {
  const Decoded out = edited(test::truncated_jpeg(), as_png());
  EXPECT_EQ(out.width, 400);
  EXPECT_EQ(out.height, 300);
  EXPECT_LE(distance(out.corner(0), red), 12);
}

TEST(EditMistakes, BrokenBytesInTheMiddleDoNotCrash) {
  for (const Format format : {Format::jpeg, Format::png, Format::webp, Format::gif, Format::tiff, Format::avif}) {
    const Bytes whole = picture({.format = format, .width = 100, .height = 80});
    std::uint32_t random = 12345;
    for (int round = 0; round < 25; ++round) {
      std::string bytes(whole.view());
      for (int i = 0; i < 8; ++i) {
        random = random * 1664525 + 1013904223;
        bytes[(random >> 8) % bytes.size()] = static_cast<char>(random >> 3);
      }
      const Bytes source = Bytes::adopt(std::move(bytes));
      const auto header = read_header(source, {.max_pixels = 1'000'000});
      if (!header) {
        EXPECT_TRUE(header.error().status == 400 || header.error().status == 422);
        continue;
      }
      const auto result = edit(source, *header, scaled(40, 32));
      if (result) {
        EXPECT_EQ(result->size, (Size{40, 32}));
      } else {
        EXPECT_EQ(result.error().status, 400);
      }
    }
  }
}

TEST(EditMistakes, ABombThatSlipsThroughFailsWithoutMuchMemory) {
  const Bytes bomb = test::png_bomb(12000, 12000);
  const auto header = read_header(bomb, generous);
  ASSERT_TRUE(header);
  const auto result = edit(bomb, *header, scaled(100, 100));
  if (!result) {
    EXPECT_EQ(result.error().status, 400);
  }
  EXPECT_LT(memory_peak_bytes(), 100'000'000u) << "its pixels would be 432 MB";
}

TEST(EditMistakes, NothingIsHeldAfterTheWork) {
  for (int i = 0; i < 3; ++i)
    for (const Edit& plan : {as(Format::jpeg), scaled(50, 37), scaled(500, 375)}) {
      edit(picture({.width = 200, .height = 150, .orientation = 6}), plan);
      edit(test::truncated_jpeg(), plan);
      edit(test::no_picture(), plan);
    }
  // Threads of libvips give back theirs when they have seen that there is no more to do.
  for (int i = 0; i < 1000 && memory_bytes() >= 1000u; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_LT(memory_bytes(), 1000u);
}

TEST(EditMistakes, ThePicturesBytesOutliveEverythingElse) {
  Bytes bytes;
  {
    const auto result = edit(picture(), as_png());
    ASSERT_TRUE(result);
    bytes = result->bytes;
  }
  edit(picture(), scaled(10, 10));
  expect_corners(decode(bytes), upright_corners);
}

}  // namespace
}  // namespace imcaxy::image
