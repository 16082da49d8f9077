// Animations keep all their frames, and no row of one frame ever reaches another.
#include <chrono>
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "image/edit.hpp"
#include "image/library.hpp"
#include "image/workpiece.hpp"
#include "support/pictures.hpp"

namespace imcaxy::image {
namespace {

using test::blue;
using test::decode;
using test::decode_moving;
using test::distance;
using test::green;
using test::Moving;
using test::picture;
using test::red;
using test::Rgb;
using test::white;

constexpr Format moving_formats[] = {Format::gif, Format::webp};

Edit as(Format format) {
  Edit plan;
  plan.encoding.format = format;
  plan.encoding.quality = 95;
  return plan;
}

Edit scaled(Format format, int width, int height) {
  Edit plan = as(format);
  plan.scale = Scale{{width, height}};
  return plan;
}

Result<Picture> edit(const Bytes& source, const Edit& plan, const Pages& pages = {}) {
  const auto header = read_header(source, {}, pages);
  if (!header) return std::unexpected(header.error());
  return edit(source, *header, plan);
}

Bytes edited(const Bytes& source, const Edit& plan, const Pages& pages = {}) {
  const auto result = edit(source, plan, pages);
  if (!result) {
    ADD_FAILURE() << result.error().message;
    return test::plain_png(1, 1, {0});
  }
  return result->bytes;
}

/// Four frames in four colours, in WebP without loss of note or in GIF.
Bytes four_colours(Format format, int width = 40, int height = 30) {
  return test::plain_frames(format, width, height, {red, green, blue, white});
}

/// Each frame all over in its colour: nothing of its neighbours.
void expect_pure(const Bytes& bytes, const Size& size, int tolerance) {
  const Moving out = decode_moving(bytes);
  ASSERT_EQ(out.frames.size(), 4u);
  const std::array colours{red, green, blue, white};
  for (std::size_t i = 0; i < colours.size(); ++i) {
    const auto& frame = out.frames[i];
    ASSERT_EQ(frame.width, size.width);
    ASSERT_EQ(frame.height, size.height);
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x)
        ASSERT_LE(distance(frame.rgb(x, y), colours[i]), tolerance)
            << "frame " << i << " at " << x << ',' << y << ": " << testing::PrintToString(frame.rgb(x, y));
  }
}

TEST(Animation, NoStepMixesTheRowsOfNeighbours) {
  struct Step {
    std::string_view name;
    std::function<void(Edit&)> change;
    Size size;
  };
  const auto canvas = [](Edit::Canvas kind, Rect area, Extend fill = Extend::copy) {
    return [=](Edit& plan) {
      plan.canvas = kind;
      plan.area = area;
      plan.fill = fill;
    };
  };
  const auto scale = [](int width, int height, Scale::Lead lead = Scale::Lead::both) {
    return [=](Edit& plan) { plan.scale = Scale{{width, height}, lead}; };
  };
  const Step steps[] = {
      {"nothing", [](Edit&) {}, {40, 30}},
      {"reduce", scale(20, 15), {20, 15}},
      {"reduce oddly", scale(17, 13), {17, 13}},
      {"reduce by width", scale(13, 10, Scale::Lead::width), {13, 10}},
      {"reduce one side", scale(40, 15), {40, 15}},
      {"enlarge", scale(80, 60), {80, 60}},
      {"enlarge oddly", scale(57, 41), {57, 41}},
      {"stretch", scale(20, 60), {20, 60}},
      {"crop", canvas(Edit::Canvas::crop, {5, 6, 20, 24}), {20, 24}},
      {"smart crop", canvas(Edit::Canvas::smart_crop, {0, 0, 20, 24}), {20, 24}},
      {"extend by copies", canvas(Edit::Canvas::extend, {-5, -6, 50, 42}), {50, 42}},
      {"extend by mirrors", canvas(Edit::Canvas::extend, {-5, -6, 50, 42}, Extend::mirror), {50, 42}},
      {"extend by repeats", canvas(Edit::Canvas::extend, {-5, -6, 50, 42}, Extend::repeat), {50, 42}},
      {"blur", [](Edit& plan) { plan.blur_sigma = 4; }, {40, 30}},
      {"rotate 90", [](Edit& plan) { plan.rotate = 90; }, {30, 40}},
      {"rotate 180", [](Edit& plan) { plan.rotate = 180; }, {40, 30}},
      {"rotate 270", [](Edit& plan) { plan.rotate = 270; }, {30, 40}},
      {"flip", [](Edit& plan) { plan.flip = true; }, {40, 30}},
      {"flop", [](Edit& plan) { plan.flop = true; }, {40, 30}},
      {"zoom", [](Edit& plan) { plan.zoom = 3; }, {120, 90}},
      {"all together",
       [](Edit& plan) {
         plan.rotate = 90;
         plan.flop = true;
         plan.scale = Scale{{24, 32}};
         plan.canvas = Edit::Canvas::crop;
         plan.area = {2, 2, 20, 29};
         plan.blur_sigma = 1;
       },
       {20, 29}},
  };
  for (const Format from : moving_formats)
    for (const Format to : moving_formats)
      for (const Step& step : steps) {
        SCOPED_TRACE(testing::Message() << name(from) << " to " << name(to) << ": " << step.name);
        Edit plan = as(to);
        step.change(plan);
        expect_pure(edited(four_colours(from), plan), step.size, from == to && to == Format::gif ? 2 : 8);
      }
}

TEST(Animation, EveryFrameIsTurnedAsAStillPictureIs) {
  for (const Format format : moving_formats)
    for (const int rotate : {0, 90, 180, 270})
      for (const bool flip : {false, true})
        for (const bool flop : {false, true}) {
          SCOPED_TRACE(testing::Message() << name(format) << ' ' << rotate << flip << flop);
          Edit plan = as(format);
          plan.rotate = rotate;
          plan.flip = flip;
          plan.flop = flop;
          const auto still = decode(edited(picture({.format = Format::png}), plan));
          const Moving out = decode_moving(edited(picture({.format = format, .frames = 3}), plan));
          ASSERT_EQ(out.frames.size(), 3u);
          for (const auto& frame : out.frames)
            for (int corner = 0; corner < 4; ++corner)
              EXPECT_LE(distance(frame.corner(corner), still.corner(corner)), 40);
        }
}

TEST(Animation, DelaysAndLoopsSurviveEveryWay) {
  for (const Format from : moving_formats)
    for (const Format to : moving_formats)
      for (const int loop : {0, 1, 3}) {
        SCOPED_TRACE(testing::Message() << name(from) << " to " << name(to) << " loop " << loop);
        const Bytes source = picture(
            {.format = from, .width = 32, .height = 24, .frames = 4, .delays = {100, 40, 2000, 70}, .loop = loop});
        ASSERT_EQ(decode_moving(source).delays, (std::vector{100, 40, 2000, 70}));
        Edit turned = scaled(to, 12, 16);
        turned.rotate = 90;
        for (const Edit& plan : {as(to), scaled(to, 16, 12), scaled(to, 64, 48), turned}) {
          const Moving out = decode_moving(edited(source, plan));
          EXPECT_EQ(out.format, to);
          EXPECT_EQ(out.delays, (std::vector{100, 40, 2000, 70}));
          EXPECT_EQ(out.loop, loop);
        }
      }
}

TEST(Animation, FramesThatLookAlikeKeepTheirPlaces) {
  for (const Format from : {Format::gif, Format::webp})
    for (const Format to : moving_formats) {
      SCOPED_TRACE(testing::Message() << name(from) << " to " << name(to));
      const std::vector<Rgb> colours{red, red, blue, blue, blue, red};
      Bytes source = test::plain_frames(Format::gif, 40, 30, colours, {30, 40, 50, 60, 70, 80});
      if (from == Format::webp) source = edited(source, as(Format::webp));
      for (const Size size : {Size{40, 30}, Size{20, 15}}) {
        const Moving out = decode_moving(edited(source, scaled(to, size.width, size.height)));
        ASSERT_EQ(out.frames.size(), colours.size());
        EXPECT_EQ(out.delays, (std::vector{30, 40, 50, 60, 70, 80}));
        for (std::size_t i = 0; i < colours.size(); ++i)
          for (const int x : {0, size.width / 2, size.width - 1})
            EXPECT_LE(distance(out.frames[i].rgb(x, size.height / 2), colours[i]), 8) << i;
      }
    }
}

TEST(Animation, FramesThatLookAlikeKeepTheirPlacesAroundTransparency) {
  const auto frame = [](int left) {
    std::vector<std::uint8_t> pixels;
    for (int y = 0; y < 20; ++y)
      for (int x = 0; x < 30; ++x)
        for (const int value : {200, 30, 30, x >= left && x < left + 10 ? 255 : 0})
          pixels.push_back(static_cast<std::uint8_t>(value));
    return pixels;
  };
  // The bar moves, so what was there before has to go: also after frames that changed nothing.
  const Bytes source =
      test::rgb_frames(Format::gif, 30, 20, {frame(0), frame(0), frame(0), frame(15), frame(15), frame(5)});
  const Moving out = decode_moving(edited(source, as(Format::webp)));
  ASSERT_EQ(out.frames.size(), 6u);
  const std::array lefts{0, 0, 0, 15, 15, 5};
  for (std::size_t i = 0; i < lefts.size(); ++i)
    for (int x = 0; x < 30; ++x)
      EXPECT_EQ(out.frames[i].at(x, 10)[3] > 128, x >= lefts[i] && x < lefts[i] + 10) << "frame " << i << " at " << x;
}

TEST(Animation, SlowChangesDoNotGetLost) {
  // A soft picture that moves by little from frame to frame: what is like the frame before is left out by encoders, and
  // without fresh starts the mistakes add up.
  constexpr int width = 96, height = 64, frames = 40;
  std::vector<std::vector<std::uint8_t>> source;
  for (int frame = 0; frame < frames; ++frame) {
    auto& pixels = source.emplace_back();
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        for (int band = 0; band < 3; ++band)
          pixels.push_back(static_cast<std::uint8_t>(
              std::lround(128 + 100 * std::sin((x + frame) / 20.0 + band) * std::cos(y / 40.0))));
  }
  Edit plan = as(Format::webp);
  plan.encoding.quality = 75;
  const Moving out = decode_moving(edited(test::rgb_frames(Format::webp, width, height, source), plan));
  ASSERT_EQ(out.frames.size(), static_cast<std::size_t>(frames));
  for (std::size_t i = 0; i < source.size(); ++i) {
    double sum = 0;
    for (std::size_t pixel = 0; pixel < source[i].size() / 3; ++pixel)
      for (std::size_t band = 0; band < 3; ++band)
        sum += std::abs(out.frames[i].pixels[pixel * static_cast<std::size_t>(out.frames[i].bands) + band] -
                        source[i][3 * pixel + band]);
    EXPECT_LT(sum / static_cast<double>(source[i].size()), 6) << "frame " << i;
  }
}

TEST(Animation, TransparencySurvives) {
  for (const Format from : moving_formats)
    for (const Format to : moving_formats)
      for (const Size size : {Size{64, 48}, Size{32, 24}, Size{128, 96}}) {
        SCOPED_TRACE(testing::Message() << name(from) << " to " << name(to) << ' ' << size.width);
        const Bytes source = picture({.format = from, .alpha = true, .frames = 3});
        const Moving out = decode_moving(edited(source, scaled(to, size.width, size.height)));
        ASSERT_EQ(out.frames.size(), 3u);
        for (const auto& frame : out.frames) {
          ASSERT_EQ(frame.bands, 4);
          EXPECT_LE(frame.at(size.width / 2, size.height / 2)[3], 8);
          EXPECT_GE(frame.at(2, 2)[3], 247);
          EXPECT_GE(frame.at(size.width - 3, size.height - 3)[3], 247);
        }
      }
}

TEST(Animation, SmartCropTakesTheFirstFramesRegionForAll) {
  // What stands out is on the right in the first frame, on the left in the others.
  const auto frame = [](int spot, int ground) {
    std::vector<std::uint8_t> pixels;
    for (int y = 0; y < 50; ++y)
      for (int x = 0; x < 200; ++x) {
        const bool loud = x >= spot && x < spot + 30 && y >= 10 && y < 40 && (x / 3 + y / 3) % 2 == 0;
        for (const int value : {loud ? 255 : ground, loud ? 40 : ground, loud ? 20 : ground})
          pixels.push_back(static_cast<std::uint8_t>(value));
      }
    return pixels;
  };
  const Bytes source = test::rgb_frames(Format::webp, 200, 50, {frame(160, 120), frame(10, 130), frame(10, 110)});
  Edit plan = as(Format::webp);
  plan.canvas = Edit::Canvas::smart_crop;
  plan.area = {0, 0, 50, 50};
  const Moving out = decode_moving(edited(source, plan));
  ASSERT_EQ(out.frames.size(), 3u);
  std::vector<int> loud(3);
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_EQ(out.frames[i].width, 50);
    for (int y = 0; y < 50; ++y)
      for (int x = 0; x < 50; ++x) loud[i] += out.frames[i].rgb(x, y)[0] - out.frames[i].rgb(x, y)[2] > 60;
  }
  EXPECT_GT(loud[0], 200);
  EXPECT_EQ(loud[1], 0);
  EXPECT_EQ(loud[2], 0);
}

TEST(Animation, MarksLieOverEveryFrame) {
  const Bytes source = test::plain_frames(Format::webp, 300, 200, {{0, 0, 0}, {0, 0, 80}, {0, 80, 0}});
  Edit with_picture = as(Format::webp);
  with_picture.mark = PictureMark{.picture = test::plain_png(20, 10, {255, 0, 0}), .left = 100, .top = 150};
  const Moving marked = decode_moving(edited(source, with_picture));
  ASSERT_EQ(marked.frames.size(), 3u);
  for (const auto& frame : marked.frames) {
    EXPECT_GT(frame.rgb(110, 155)[0], 200);
    EXPECT_LT(frame.rgb(110, 100)[0], 30);
  }
  for (const bool replicate : {false, true}) {
    Edit with_text = as(Format::webp);
    with_text.text = TextMark{.text = "IMAGE",
                              .font = "sans bold 20",
                              .width = 200,
                              .opacity = 1,
                              .replicate = replicate,
                              .color = {255, 0, 0}};
    const Moving written = decode_moving(edited(source, with_text));
    ASSERT_EQ(written.frames.size(), 3u);
    std::vector<int> ink(3);
    for (std::size_t i = 0; i < 3; ++i)
      for (int y = 0; y < 200; ++y)
        for (int x = 0; x < 300; ++x) ink[i] += written.frames[i].rgb(x, y)[0] > 150;
    EXPECT_GT(ink[0], 50) << replicate;
    EXPECT_NEAR(ink[1], ink[0], 0.1 * ink[0]);
    EXPECT_NEAR(ink[2], ink[0], 0.1 * ink[0]);
  }
}

TEST(Animation, GreyAndFlattenReachEveryFrame) {
  Edit plan = as(Format::webp);
  plan.grey = true;
  const Moving grey = decode_moving(edited(four_colours(Format::gif), plan));
  ASSERT_EQ(grey.frames.size(), 4u);
  for (const auto& frame : grey.frames) {
    const Rgb pixel = frame.rgb(20, 15);
    EXPECT_LE(std::abs(pixel[0] - pixel[1]) + std::abs(pixel[1] - pixel[2]), 6);
  }
  Edit flat = as(Format::gif);
  flat.flatten = true;
  flat.background = {10, 200, 90};
  const Moving out = decode_moving(edited(picture({.format = Format::gif, .alpha = true, .frames = 3}), flat));
  ASSERT_EQ(out.frames.size(), 3u);
  for (const auto& frame : out.frames) EXPECT_LE(distance(frame.rgb(32, 24), {10, 200, 90}), 12);
}

TEST(Animation, WhatCanNotMoveGetsTheFirstFrame) {
  for (const Format from : moving_formats)
    for (const Format to : {Format::jpeg, Format::png, Format::tiff, Format::avif})
      for (const Size size : {Size{40, 30}, Size{20, 15}, Size{80, 60}}) {
        SCOPED_TRACE(testing::Message() << name(from) << " to " << name(to) << ' ' << size.width);
        const auto out = decode(edited(four_colours(from), scaled(to, size.width, size.height)));
        EXPECT_EQ(out.frames, 1);
        EXPECT_EQ(out.width, size.width);
        EXPECT_EQ(out.height, size.height);
        EXPECT_LE(distance(out.rgb(size.width / 2, size.height / 2), red), 12);
      }
}

TEST(Animation, AStillAnswerDecodesOneFrame) {
  const Bytes source = picture({.format = Format::gif, .width = 100, .height = 80, .frames = 40});
  const auto seconds = [&](const Edit& plan, const Pages& pages) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 3; ++i) edited(source, plan, pages);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  Edit still = scaled(Format::png, 30, 40);
  still.rotate = 90;
  Edit moving = still;
  moving.encoding.format = Format::gif;
  const double all = seconds(moving, {});
  EXPECT_LT(seconds(still, {.all = false}), all / 5);
  EXPECT_LT(seconds(still, {}), all / 5) << "the plan says so, even if the header allows more";
  EXPECT_LT(seconds(moving, {.page = 0}), all / 5);
}

TEST(AnimationPages, APageIsAStillPicture) {
  for (const Format from : {Format::gif, Format::webp, Format::tiff, Format::avif}) {
    const Bytes source = four_colours(from);
    const std::array colours{red, green, blue, white};
    for (int page = 0; page < 4; ++page)
      for (const Format to : {Format::png, Format::gif, Format::webp})
        for (const Size size : {Size{40, 30}, Size{20, 15}, Size{80, 60}}) {
          SCOPED_TRACE(testing::Message() << name(from) << " to " << name(to) << " page " << page << ' ' << size.width);
          const Bytes bytes = edited(source, scaled(to, size.width, size.height), {.page = page});
          const auto out = decode(bytes);
          EXPECT_EQ(out.frames, 1);
          EXPECT_EQ(out.height, size.height);
          EXPECT_LE(distance(out.rgb(size.width / 2, size.height / 2), colours[static_cast<std::size_t>(page)]), 8);
        }
  }
}

TEST(AnimationPages, APageThatIsNotThereSaysHowManyThereAre) {
  const auto five = read_header(picture({.format = Format::gif, .frames = 5}), {}, {.page = 5});
  ASSERT_FALSE(five);
  EXPECT_EQ(five.error().status, 404);
  EXPECT_EQ(five.error().message, "there is no page 5: the picture has 5 pages, counted from 0");
  const auto one = read_header(picture({}), {}, {.page = 1});
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().message, "there is no page 1: the picture has 1 page, counted from 0");
  EXPECT_TRUE(read_header(picture({}), {}, {.page = 0}));
  EXPECT_FALSE(read_header(picture({}), {}, {.page = -1}));
}

TEST(AnimationPages, PagesOfDifferentSizesHaveTheirOwn) {
  const Bytes source = test::uneven_tiff();
  const auto first = read_header(source, {}, {.page = 0}), second = read_header(source, {}, {.page = 1});
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->size, (Size{32, 32}));
  EXPECT_EQ(second->size, (Size{48, 16}));
  EXPECT_EQ(second->pages, 2);
  EXPECT_EQ(decode(edited(source, as(Format::png), {.page = 1})).width, 48);
}

TEST(AnimationLimits, OnlyFramesThatAreWorkedOnCount) {
  const Bytes moving = picture({.format = Format::gif, .width = 20, .height = 10, .frames = 4});
  EXPECT_TRUE(read_header(moving, {.max_pixels = 800, .max_frames = 4}));
  EXPECT_FALSE(read_header(moving, {.max_pixels = 799}));
  EXPECT_FALSE(read_header(moving, {.max_frames = 3}));
  EXPECT_TRUE(read_header(moving, {.max_pixels = 200, .max_frames = 1}, {.all = false}));
  EXPECT_FALSE(read_header(moving, {.max_pixels = 199}, {.all = false}));
  // The third frame is made of the two before.
  EXPECT_TRUE(read_header(moving, {.max_pixels = 600, .max_frames = 3}, {.page = 2}));
  EXPECT_FALSE(read_header(moving, {.max_pixels = 599}, {.page = 2}));
  EXPECT_FALSE(read_header(moving, {.max_frames = 2}, {.page = 2}));
  // A page of a document stands alone.
  const Bytes document = test::plain_frames(Format::tiff, 20, 10, {red, green, blue, white});
  EXPECT_TRUE(read_header(document, {.max_pixels = 200, .max_frames = 1}, {.page = 2}));
  EXPECT_TRUE(read_header(document, {.max_pixels = 200, .max_frames = 1}));
}

TEST(AnimationLimits, WhatIsMadeCountsWithAllFrames) {
  Header header;
  header.format = Format::gif;
  header.size = {10, 10};
  header.frames = header.pages = 5;
  const Limits limits{.max_pixels = 5 * 400};
  EXPECT_TRUE(check_size(header, scaled(Format::gif, 20, 20), limits));
  const auto refused = check_size(header, scaled(Format::webp, 20, 21), limits);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, 400);
  EXPECT_NE(refused.error().message.find("20x21 with 5 frames"), std::string::npos) << refused.error().message;
  EXPECT_TRUE(check_size(header, scaled(Format::png, 40, 50), limits)) << "only one of them is made";
}

TEST(Animation, OfAPipelineTheFramesStayUntilAFormatCanNotHoldThem) {
  const Bytes source = four_colours(Format::gif);
  Workpiece work(source, *read_header(source, {}));
  ASSERT_TRUE(work.apply(scaled(Format::gif, 20, 15), Workpiece::When::now));
  EXPECT_EQ(work.header().frames, 4);
  EXPECT_EQ(work.header().size, (Size{20, 15}));
  Edit turned = as(Format::gif);
  turned.rotate = 90;
  ASSERT_TRUE(work.apply(turned, Workpiece::When::now));
  expect_pure(work.encode({.format = Format::gif})->bytes, {15, 20}, 2);
  ASSERT_TRUE(work.apply(scaled(Format::png, 5, 5), Workpiece::When::now));
  EXPECT_EQ(work.header().frames, 1);
  EXPECT_EQ(decode_moving(work.encode({.format = Format::webp})->bytes).frames.size(), 1u);
}

TEST(Animation, BrokenAnimationsDoNotCrash) {
  for (const Format format : moving_formats) {
    const Bytes whole = picture({.format = format, .width = 50, .height = 40, .frames = 6});
    std::uint32_t random = 4711;
    for (int round = 0; round < 40; ++round) {
      std::string bytes(whole.view());
      if (round % 4 == 0) bytes.resize(bytes.size() * static_cast<std::size_t>(round + 10) / 60);
      for (int i = 0; i < 6; ++i) {
        random = random * 1664525 + 1013904223;
        bytes[(random >> 8) % bytes.size()] = static_cast<char>(random >> 3);
      }
      const Bytes source = Bytes::adopt(std::move(bytes));
      const auto header = read_header(source, {.max_pixels = 1'000'000});
      if (!header) continue;
      const auto result = edit(source, *header, scaled(format, 30, 24));
      if (!result) {
        EXPECT_EQ(result.error().status, 400);
      }
    }
  }
}

}  // namespace
}  // namespace imcaxy::image
