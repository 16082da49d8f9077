// Animations and documents through a request's words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "processor/imaginary/request.hpp"
#include "support/pictures.hpp"

namespace imcaxy::processor::imaginary {
namespace {

using image::Format;
using test::blue;
using test::decode;
using test::decode_moving;
using test::distance;
using test::green;
using test::red;
using test::white;
using testing::HasSubstr;

std::expected<Answer, Failure> run(std::string_view operation, const http::Query& query, const Bytes& source,
                                   const Marks& marks = {}, const image::Limits& limits = {}) {
  return process({find_operation(operation), read_params(query)}, source, marks, limits);
}

Bytes four_frames(Format format) {
  return test::plain_frames(format, 60, 40, {red, green, blue, white}, {30, 40, 50, 60});
}

TEST(Pages, EveryOperationKeepsAllFrames) {
  const std::string mark = "http://127.0.0.1/mark.png";
  const Marks marks{{mark, test::plain_png(5, 5, {0, 0, 0})}};
  const struct {
    std::string_view operation;
    http::Query query;
  } cases[] = {
      {"resize", {{"width", "30"}}},
      {"resize", {{"width", "50"}, {"height", "50"}}},
      {"resize", {{"width", "90"}, {"force", "true"}, {"height", "70"}}},
      {"fit", {{"width", "30"}, {"height", "30"}}},
      {"crop", {{"width", "30"}, {"height", "30"}}},
      {"smartcrop", {{"width", "30"}, {"height", "30"}}},
      {"extract", {{"top", "5"}, {"left", "5"}, {"areawidth", "20"}, {"areaheight", "20"}}},
      {"zoom", {{"factor", "2"}}},
      {"enlarge", {{"width", "120"}, {"height", "90"}}},
      {"thumbnail", {{"width", "30"}}},
      {"rotate", {{"rotate", "90"}}},
      {"autorotate", {}},
      {"flip", {}},
      {"flop", {}},
      {"blur", {{"sigma", "2"}}},
      {"convert", {{"type", "webp"}}},
      {"convert", {{"type", "gif"}}},
      {"watermark", {{"text", "x"}, {"opacity", "0.1"}, {"noreplicate", "true"}}},
      {"watermarkimage", {{"image", mark}, {"left", "0"}, {"top", "0"}}},
      {"pipeline",
       {{"operations",
         R"([{"operation":"crop","params":{"width":40,"height":40}},{"operation":"rotate","params":{"rotate":90}}])"}}},
  };
  const std::array colours{red, green, blue, white};
  for (const Format from : {Format::gif, Format::webp})
    for (const auto& c : cases) {
      SCOPED_TRACE(testing::Message() << image::name(from) << ' ' << c.operation);
      const auto outcome = run(c.operation, c.query, four_frames(from), marks);
      ASSERT_TRUE(outcome) << outcome.error().error.message;
      const auto out = decode_moving(outcome->body);
      if (c.operation != "convert") {
        EXPECT_EQ(outcome->mime_type, image::mime_type(from));
      }
      ASSERT_EQ(out.frames.size(), 4u);
      EXPECT_EQ(out.delays, (std::vector{30, 40, 50, 60}));
      for (std::size_t i = 0; i < 4; ++i) {
        const auto& frame = out.frames[i];
        EXPECT_LE(distance(frame.rgb(frame.width * 3 / 4, frame.height - 1), colours[i]), 30) << i;
      }
    }
}

TEST(Pages, WhatCanNotMoveGetsTheFirstFrameAndCountsAsOne) {
  const image::Limits one_frame{.max_pixels = 60 * 40, .max_frames = 1};
  for (const Format from : {Format::gif, Format::webp})
    for (const char* type : {"jpeg", "png", "tiff", "avif"}) {
      const auto outcome = run("resize", {{"width", "30"}, {"type", type}}, four_frames(from), {}, one_frame);
      ASSERT_TRUE(outcome) << outcome.error().error.message;
      EXPECT_LE(distance(decode(outcome->body).rgb(15, 10), red), 12);
    }
  const auto all = run("resize", {{"width", "30"}}, four_frames(Format::gif), {}, one_frame);
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().error.status, 422);
  const auto large = run("resize", {{"width", "120"}, {"height", "80"}, {"force", "true"}}, four_frames(Format::gif),
                         {}, {.max_pixels = 4 * 60 * 40});
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().error.status, 400);
  EXPECT_THAT(large.error().error.message, HasSubstr("with 4 frames"));
}

TEST(Pages, PagePicksOne) {
  const std::array colours{red, green, blue, white};
  for (const Format from : {Format::gif, Format::webp, Format::tiff, Format::avif})
    for (int page = 0; page < 4; ++page) {
      SCOPED_TRACE(testing::Message() << image::name(from) << ' ' << page);
      const auto outcome = run("resize", {{"width", "30"}, {"page", std::to_string(page)}}, four_frames(from));
      ASSERT_TRUE(outcome) << outcome.error().error.message;
      const auto out = decode_moving(outcome->body);
      ASSERT_EQ(out.frames.size(), 1u);
      EXPECT_LE(distance(out.frames[0].rgb(15, 10), colours[static_cast<std::size_t>(page)]), 12);
    }
}

TEST(Pages, PagePicksOneForAPipeline) {
  const std::string plain = R"([{"operation":"resize","params":{"width":30}}])";
  const std::string named = R"([{"operation":"resize","params":{"width":30,"page":2}}])";
  for (const http::Query& query : {http::Query{{"operations", plain}, {"page", "2"}}, {{"operations", named}}}) {
    const auto outcome = run("pipeline", query, four_frames(Format::gif));
    ASSERT_TRUE(outcome) << outcome.error().error.message;
    EXPECT_LE(distance(decode(outcome->body).rgb(15, 10), blue), 12);
  }
  const std::string late = R"([{"operation":"flip"},{"operation":"resize","params":{"width":30,"page":2}}])";
  const auto refused = run("pipeline", {{"operations", late}}, four_frames(Format::gif));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.status, 400);
  EXPECT_THAT(refused.error().error.message, HasSubstr("first operation"));
}

TEST(Pages, APageThatIsNotThereIsABadRequest) {
  for (const Format from : {Format::gif, Format::tiff}) {
    const auto refused = run("resize", {{"width", "30"}, {"page", "4"}}, four_frames(from));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().error.status, 400);
    EXPECT_EQ(refused.error().error.message, "there is no page 4: the picture has 4 pages, counted from 0");
    EXPECT_FALSE(refused.error().may_fall_back) << "the original is no answer to a wrong request";
  }
  for (const char* page : {"-1", "x", "1.5", "99999999999", "1 "}) {
    const auto refused = run("resize", {{"width", "30"}, {"page", page}}, four_frames(Format::gif));
    ASSERT_FALSE(refused) << page;
    EXPECT_EQ(refused.error().error.status, 400);
    EXPECT_THAT(refused.error().error.message, HasSubstr("a whole number is needed"));
  }
  EXPECT_TRUE(run("resize", {{"width", "30"}, {"page", "0"}}, test::picture()));
  EXPECT_FALSE(run("resize", {{"width", "30"}, {"page", "1"}}, test::picture()));
}

TEST(Pages, InfoTellsOfAPageAndHowManyThereAre) {
  const auto document = run("info", {{"page", "1"}}, test::uneven_tiff());
  ASSERT_TRUE(document);
  const auto body = nlohmann::json::parse(document->body.view());
  EXPECT_EQ(body["width"], 48);
  EXPECT_EQ(body["pages"], 2);
  const auto still = run("info", {}, test::picture());
  EXPECT_FALSE(nlohmann::json::parse(still->body.view()).contains("pages"));
}

TEST(Pages, InAPipelineAStillFormatMakesItStill) {
  const http::Query query{
      {"operations", R"([{"operation":"resize","params":{"width":30}},{"operation":"convert","params":{"type":"png"}},)"
                     R"({"operation":"convert","params":{"type":"webp"}}])"}};
  const auto outcome = run("pipeline", query, four_frames(Format::gif), {}, {.max_pixels = 2400, .max_frames = 1});
  ASSERT_TRUE(outcome) << outcome.error().error.message;
  EXPECT_EQ(decode_moving(outcome->body).frames.size(), 1u);
  // A step that may fail does not decide: here it does, and the animation goes on.
  const http::Query failing{
      {"operations",
       R"([{"operation":"extract","params":{"areawidth":900,"areaheight":9,"type":"png"},"ignore_failure":true},)"
       R"({"operation":"resize","params":{"width":30}}])"}};
  const auto moving = run("pipeline", failing, four_frames(Format::gif));
  ASSERT_TRUE(moving) << moving.error().error.message;
  EXPECT_EQ(decode_moving(moving->body).frames.size(), 4u);
}

TEST(Profile, KeepKeepsIt) {
  const Bytes source = test::picture({.format = Format::png, .p3 = true});
  const auto kept = run("resize", {{"width", "32"}, {"profile", "keep"}}, source);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(decode(kept->body).profile);
  for (const http::Query& query : {http::Query{{"width", "32"}},
                                   {{"width", "32"}, {"profile", "srgb"}},
                                   {{"width", "32"}, {"profile", "keep"}, {"noprofile", "true"}},
                                   {{"width", "32"}, {"profile", "keep"}, {"stripmeta", "true"}}}) {
    const auto outcome = run("resize", query, source);
    ASSERT_TRUE(outcome);
    const auto out = decode(outcome->body);
    EXPECT_FALSE(out.profile);
    EXPECT_LE(distance(out.corner(0), red), 12) << "without the profile the pixels have to be in sRGB";
  }
  const auto wrong = run("resize", {{"width", "32"}, {"profile", "p3"}}, source);
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().error.message, HasSubstr("keep or srgb"));
}

}  // namespace
}  // namespace imcaxy::processor::imaginary
