// Placeholders in the answers of info, and as tiny pictures.
#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/hash.hpp"
#include "processor/imaginary/request.hpp"
#include "support/pictures.hpp"

namespace imcaxy::processor::imaginary {
namespace {

using image::Format;
using nlohmann::json;
using test::picture;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

std::expected<Answer, Failure> run(std::string_view operation, const http::Query& query, const Bytes& source) {
  return process({find_operation(operation), read_params(query)}, source, {}, {});
}

json info(std::string placeholder, const Bytes& source) {
  const auto outcome = run("info", {{"placeholder", std::move(placeholder)}}, source);
  if (!outcome) {
    ADD_FAILURE() << outcome.error().error.message;
    return {};
  }
  EXPECT_EQ(outcome->mime_type, "application/json");
  return json::parse(outcome->body.view());
}

std::string refusal(std::string_view operation, const http::Query& query, const Bytes& source = picture()) {
  const auto outcome = run(operation, query, source);
  if (outcome) {
    ADD_FAILURE() << "it was answered with " << outcome->mime_type;
    return {};
  }
  EXPECT_EQ(outcome.error().error.status, 400);
  EXPECT_FALSE(outcome.error().may_fall_back);
  return outcome.error().error.message;
}

/// The picture in a data URL.
test::Decoded decoded(const json& url) {
  constexpr std::string_view start = "data:image/webp;base64,";
  std::string text = url.get<std::string>();
  EXPECT_THAT(text, StartsWith(std::string(start)));
  text.erase(0, start.size());
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return test::decode(Bytes::adopt(*from_base64url(text)));
}

test::Decoded made(std::string placeholder, const Bytes& source, http::Query query = {{"width", "60"}}) {
  query.emplace_back("placeholder", std::move(placeholder));
  const auto outcome = run("resize", query, source);
  if (!outcome) {
    ADD_FAILURE() << outcome.error().error.message;
    return {};
  }
  return test::decode(outcome->body);
}

TEST(PlaceholderInInfo, IsThereOnlyWhenItIsAskedFor) {
  const Bytes source = picture({.width = 300, .height = 200});
  const json without = info("", source);
  EXPECT_EQ(without.size(), 8u);
  const json hash = info("blurhash", source);
  EXPECT_EQ(hash.size(), 9u);
  EXPECT_EQ(hash["blurhash"].get<std::string>().size(), 28u) << "4 waves across, 3 down";
  const json two = info("color, thumbhash", source);
  EXPECT_EQ(two.size(), 10u);
  EXPECT_THAT(two["color"].get<std::string>(), MatchesRegex("#[0-9a-f]{6}"));
  EXPECT_TRUE(two.contains("thumbhash"));
  EXPECT_EQ(info("all", source).size(), 12u);
  EXPECT_EQ(info("all", source), info("blurhash,thumbhash,lqip,color", source));
}

TEST(PlaceholderInInfo, IsMadeOfEveryFormat) {
  for (const Format format :
       {Format::jpeg, Format::png, Format::webp, Format::gif, Format::tiff, Format::avif, Format::svg}) {
    const json all = info("all", picture({.format = format, .width = 240, .height = 160}));
    EXPECT_EQ(all.size(), 12u) << image::name(format);
    const test::Decoded tiny = decoded(all["lqip"]);
    EXPECT_EQ(std::max(tiny.width, tiny.height), 20);
    EXPECT_LT(all["lqip"].get<std::string>().size(), 400u);
  }
  for (const auto& options : {test::PictureOptions{.grey = true},
                              {.cmyk = true},
                              {.p3 = true},
                              {.progressive = true},
                              {.format = Format::png, .sixteen_bit = true},
                              {.format = Format::webp, .frames = 3}})
    EXPECT_EQ(info("all", picture(options)).size() >= 12u, true);
}

TEST(PlaceholderInInfo, IsUprightThoughTheSizeIsAsStored) {
  const Bytes lying = picture({.width = 90, .height = 120, .orientation = 6});
  const json all = info("all", lying);
  EXPECT_EQ(all["width"], 120);
  const test::Decoded tiny = decoded(all["lqip"]);
  EXPECT_EQ(tiny.width, 15);
  EXPECT_EQ(tiny.height, 20);
  EXPECT_LT(test::distance(tiny.rgb(1, 1), test::red), 90);
  EXPECT_LT(test::distance(tiny.rgb(13, 1), test::green), 90);
}

TEST(PlaceholderInInfo, OnePixelIsEnough) {
  const json all = info("all", test::plain_png(1, 1, {10, 200, 30}));
  EXPECT_EQ(all["color"], "#0ac81e");
  EXPECT_EQ(decoded(all["lqip"]).width, 1);
  const json wide = info("all", test::plain_png(4000, 1, {10, 200, 30}));
  EXPECT_EQ(wide["color"], "#0ac81e");
  EXPECT_EQ(decoded(wide["lqip"]).height, 1);
}

TEST(PlaceholderInInfo, WhatIsTransparentHasNoColour) {
  EXPECT_EQ(info("color", test::plain_png(20, 20, {10, 200, 30, 0}))["color"], nullptr);
  const json all = info("all", picture({.format = Format::png, .width = 200, .height = 200, .alpha = true}));
  EXPECT_EQ(decoded(all["lqip"]).bands, 4);
  const std::string hash = *from_base64url([&] {
    std::string text = all["thumbhash"];
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
  }());
  EXPECT_NE(hash[2] & 0x80, 0) << "it says that there is opacity";
}

TEST(PlaceholderInInfo, AWrongNameIsRefused) {
  const std::string said = refusal("info", {{"placeholder", "blurhash,blur"}});
  EXPECT_THAT(said, HasSubstr(R"(parameter "placeholder" with value "blurhash,blur")"));
  EXPECT_THAT(said, HasSubstr("blurhash, thumbhash, lqip or color"));
}

TEST(PlaceholderInInfo, ABrokenPictureIsAnError) {
  EXPECT_THAT(refusal("info", {{"placeholder", "all"}}, Bytes::copy("\xff\xd8\xff\xe0 once a photo")),
              StartsWith("Error while processing the image"));
}

TEST(PlaceholderAsPicture, IsTinyAndOfTheAnswersProportions) {
  const Bytes source = picture({.width = 300, .height = 200});
  for (const std::string kind : {"blurhash", "thumbhash", "color"}) {
    const test::Decoded out = made(kind, source);
    EXPECT_EQ(out.format, Format::jpeg) << kind;
    EXPECT_EQ(std::pair(out.width, out.height), std::pair(32, 21)) << kind;
  }
  const test::Decoded lqip = made("lqip", source);
  EXPECT_EQ(std::pair(lqip.width, lqip.height), std::pair(20, 13));
  EXPECT_LT(test::distance(lqip.rgb(1, 1), test::red), 60);
  EXPECT_LT(test::distance(lqip.rgb(18, 11), test::white), 60);
}

TEST(PlaceholderAsPicture, StandsForWhatTheOperationsMake) {
  // The left half is red, and the right one blue.
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 200 * 100; ++i) {
    const std::uint8_t left = i % 200 < 100 ? 255 : 0;
    pixels.insert(pixels.end(), {left, 0, static_cast<std::uint8_t>(255 - left), 255});
  }
  const Bytes source = test::rgba_png(200, 100, pixels);
  for (const std::string kind : {"blurhash", "thumbhash", "lqip", "color"}) {
    const auto outcome =
        run("crop", {{"width", "100"}, {"height", "100"}, {"gravity", "east"}, {"type", "webp"}, {"placeholder", kind}},
            source);
    ASSERT_TRUE(outcome) << outcome.error().error.message;
    EXPECT_EQ(outcome->mime_type, "image/webp");
    const test::Decoded out = test::decode(outcome->body);
    EXPECT_EQ(out.width, out.height);
    EXPECT_LT(test::distance(out.rgb(out.width / 2, out.height / 2), test::blue), 40) << kind;
  }
}

TEST(PlaceholderAsPicture, WavesFollowThePicture) {
  for (const std::string kind : {"blurhash", "thumbhash"}) {
    const test::Decoded out = made(kind, picture({.width = 300, .height = 200}), {{"width", "300"}, {"type", "png"}});
    EXPECT_GT(out.rgb(28, 10)[0], out.rgb(3, 10)[0] + 60) << kind << ": red grows to the right";
  }
}

TEST(PlaceholderAsPicture, AnAnimationGetsOneStillPicture) {
  const auto outcome = run("resize", {{"width", "60"}, {"placeholder", "lqip"}},
                           picture({.format = Format::webp, .width = 100, .height = 80, .frames = 4}));
  ASSERT_TRUE(outcome);
  const test::Moving out = test::decode_moving(outcome->body);
  EXPECT_EQ(out.format, Format::webp);
  EXPECT_EQ(out.frames.size(), 1u);
}

TEST(PlaceholderAsPicture, ItsFormatIsNegotiatedAsOfOthers) {
  Request request{find_operation("resize"), read_params({{"width", "200"}, {"placeholder", "lqip"}})};
  ASSERT_TRUE(leaves_format_open(request));
  request.negotiation = Negotiation{.modern = {Format::webp}};
  const auto outcome = process(request, picture({.width = 300, .height = 200}), {}, {});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->mime_type, "image/webp");
  EXPECT_LT(outcome->body.size(), 400u);
}

TEST(PlaceholderAsPicture, AColourOfNothingIsTransparent) {
  const auto outcome = run("resize", {{"width", "10"}, {"placeholder", "color"}, {"type", "png"}},
                           test::plain_png(40, 40, {10, 200, 30, 0}));
  ASSERT_TRUE(outcome);
  const test::Decoded out = test::decode(outcome->body);
  ASSERT_EQ(out.bands, 4);
  EXPECT_EQ(out.at(3, 3)[3], 0);
}

TEST(PlaceholderAsPicture, IsForTheAnswerOfAPipeline) {
  const std::string steps = R"([{"operation":"crop","params":{"width":40,"height":40}}])";
  const auto outcome = run("pipeline", {{"operations", steps}, {"placeholder", "color"}}, picture());
  ASSERT_TRUE(outcome) << outcome.error().error.message;
  EXPECT_EQ(outcome->size, (image::Size{32, 32}));
  EXPECT_THAT(refusal("pipeline", {{"operations", R"([{"operation":"flip","params":{"placeholder":"color"}}])"}}),
              HasSubstr("beside operations"));
}

TEST(PlaceholderAsPicture, CanOnlyBeOne) {
  for (const std::string several : {"all", "color,lqip"})
    EXPECT_THAT(refusal("resize", {{"width", "10"}, {"placeholder", several}}), HasSubstr("only info answers several"));
  EXPECT_THAT(refusal("resize", {{"width", "10"}, {"placeholder", "sqip"}}),
              HasSubstr("blurhash, thumbhash, lqip or color"));
}

}  // namespace
}  // namespace imcaxy::processor::imaginary
