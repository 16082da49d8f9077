// Operations beyond the first: pipelines, marks, zoom, turns, areas.
#include "processor/imaginary/pipeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processor/imaginary/request.hpp"
#include "support/pictures.hpp"

namespace imcaxy::processor::imaginary {
namespace {

using image::Format;
using test::decode;
using test::Decoded;
using test::distance;
using test::picture;
using testing::StartsWith;

std::expected<Answer, Failure> run(std::string_view operation, const http::Query& query, const Bytes& source,
                                   const Marks& marks = {}) {
  return process({find_operation(operation), read_params(query)}, source, marks, {});
}

std::string message_of(const std::expected<Answer, Failure>& outcome) {
  if (outcome) return "";
  EXPECT_EQ(outcome.error().error.status, 400);
  EXPECT_FALSE(outcome.error().may_fall_back);
  return outcome.error().error.message;
}

/// The picture that an operation made; the test fails when it made none.
Decoded made(std::string_view operation, const http::Query& query, const Bytes& source, const Marks& marks = {}) {
  const auto answer = run(operation, query, source, marks);
  if (answer) return decode(answer->body);
  ADD_FAILURE() << answer.error().error.message;
  return {};
}

http::Query operations(const std::string& json) {
  return {{"operations", json}};
}

TEST(ParsePipeline, ReadsStepsWithTheirParametersAndNamesInAnyCase) {
  const auto steps = parse_pipeline(
      R"([{"operation": "crop", "params": {"width": 3}, "ignore_failure": true}, {"Operation": "flip"}])");
  ASSERT_TRUE(steps);
  ASSERT_EQ(steps->size(), 2u);
  EXPECT_EQ((*steps)[0].name, "crop");
  EXPECT_TRUE((*steps)[0].ignore_failure);
  EXPECT_EQ((*steps)[0].params.at("width"), 3);
  EXPECT_EQ((*steps)[1].name, "flip");
  EXPECT_FALSE((*steps)[1].ignore_failure);
}

TEST(ParsePipeline, LessThanTwoBytesAreNoSteps) {
  for (const char* text : {"", "[", "x"}) EXPECT_TRUE(parse_pipeline(text) && parse_pipeline(text)->empty()) << text;
}

TEST(ParsePipeline, RefusesWhatIsNoListOfOperations) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  for (const std::string& text :
       {std::string("notjson"), std::string("{}"), std::string("[1]"), std::string("[[]]"), deep,
        std::string(R"([{"operation": 1}])"), std::string(R"([{"operation": "crop", "extra": 1}])"),
        std::string(R"([{"operation": "crop", "params": []}])"), std::string(R"([{"operation")")})
    EXPECT_FALSE(parse_pipeline(text)) << text.substr(0, 40);
}

TEST(Pipeline, RunsItsStepsOneAfterTheOther) {
  const Bytes source = picture({.width = 64, .height = 48});
  const Decoded out = made("pipeline", operations(R"([{"operation": "crop", "params": {"width": 48, "height": 48}},
      {"operation": "rotate", "params": {"rotate": 90}}, {"operation": "resize", "params": {"width": 24}},
      {"operation": "convert", "params": {"type": "png"}}])"),
                           source);
  EXPECT_EQ(out.format, Format::png);
  EXPECT_EQ(out.width, 24);
  EXPECT_EQ(out.height, 24);
}

TEST(Pipeline, LaterStepsKeepTheFormatAndShrinkWhatIsInMemory) {
  const Decoded out = made("pipeline", operations(R"([{"operation": "convert", "params": {"type": "webp"}},
      {"operation": "flip"}, {"operation": "enlarge", "params": {"width": 128, "height": 96}}])"),
                           picture({.format = Format::png}));
  EXPECT_EQ(out.format, Format::webp);
  EXPECT_EQ(out.width, 128);
  EXPECT_LT(distance(out.corner(1), test::red), 40) << "flipped left to right";
}

TEST(Pipeline, TurnsAPictureUprightOnlyOnce) {
  const Decoded out = made("pipeline", operations(R"([{"operation": "resize", "params": {"width": 32}},
      {"operation": "resize", "params": {"width": 16}}])"),
                           picture({.width = 48, .height = 64, .orientation = 6}));
  EXPECT_EQ(out.width, 16);
  EXPECT_EQ(out.height, 22) << "from 43, not from 42.7";
  EXPECT_LE(out.orientation, 1);
}

TEST(Pipeline, ParametersMayBeNumbersTruthsOrTexts) {
  for (const char* params :
       {R"({"width": 20, "height": 10, "force": true})", R"({"width": "20", "height": "10", "force": "true"})",
        R"({"width": 20.9, "height": 10.2, "force": true, "unknown": {}})"}) {
    const Decoded out =
        made("pipeline", operations(R"([{"operation": "resize", "params": )" + std::string(params) + "}]"), picture());
    EXPECT_EQ(out.width, 20) << params;
    EXPECT_EQ(out.height, 10) << params;
  }
}

TEST(Pipeline, AFailureThatMayBeIgnoredLeavesThePictureAsItWas) {
  const Decoded first = made("pipeline", operations(R"([{"operation": "resize", "ignore_failure": true},
      {"operation": "convert", "params": {"type": "png"}}])"),
                             picture());
  EXPECT_EQ(first.format, Format::png);
  EXPECT_EQ(first.width, 64);
  const Decoded second = made("pipeline", operations(R"([{"operation": "crop", "params": {"width": 30, "height": 30}},
      {"operation": "extract", "params": {"areawidth": 500, "areaheight": 500}, "ignore_failure": true}])"),
                              picture());
  EXPECT_EQ(second.width, 30);
}

TEST(Pipeline, TellsMistakesInImaginarysWords) {
  const std::string prefix = "Error while processing the image: ";
  const auto told = [](const std::string& json) { return message_of(run("pipeline", operations(json), picture())); };
  EXPECT_EQ(told(""), prefix + "Missing or invalid pipeline operations JSON");
  EXPECT_EQ(message_of(run("pipeline", {}, picture())), prefix + "Missing or invalid pipeline operations JSON");
  EXPECT_EQ(told(R"([{"operation": "nope"}])"), prefix + "Unsupported operation name: nope");
  EXPECT_EQ(told(R"([{"operation": "Crop"}])"), prefix + "Unsupported operation name: Crop");
  EXPECT_EQ(told(R"([{"operation": "pipeline"}])"), prefix + "Unsupported operation name: pipeline");
  EXPECT_EQ(told(R"([{"operation": "info"}])"), prefix + "Unsupported operation name: info");
  EXPECT_EQ(
      told(R"([{"operation": "crop", "params": {"width": "abc"}}])"),
      prefix +
          R"(error while processing parameter "width" with value "abc", error: strconv.ParseFloat: parsing "abc": invalid syntax)");
  EXPECT_EQ(
      told(R"([{"operation": "crop", "params": {"width": [1]}}])"),
      prefix + R"(error while processing parameter "width" with value [%!q(float64=1)], error: unsupported value)");
  EXPECT_EQ(told(R"([{"operation": "resize", "params": {"width": -5}}])").rfind(prefix, 0), 0u);
  std::string eleven = "[";
  for (int i = 0; i < 11; ++i) eleven += std::string(i > 0 ? "," : "") + R"({"operation": "flip"})";
  EXPECT_EQ(told(eleven + "]"), prefix + "Maximum allowed pipeline operations exceeded");
  EXPECT_THAT(
      told("notjson"),
      StartsWith(
          "Error while processing parameters, error while processing parameter \"operations\" with value \"notjson\""));
}

TEST(Operations, TurnAndMirror) {
  const Bytes source = picture({.format = Format::png});
  EXPECT_LT(distance(made("rotate", {{"rotate", "90"}}, source).corner(1), test::red), 10);
  EXPECT_LT(distance(made("rotate", {{"rotate", "180"}}, source).corner(3), test::red), 10);
  EXPECT_LT(distance(made("rotate", {{"rotate", "300"}}, source).corner(2), test::red), 10) << "down to a quarter turn";
  EXPECT_LT(distance(made("flip", {}, source).corner(1), test::red), 10);
  EXPECT_LT(distance(made("flop", {}, source).corner(2), test::red), 10);
  EXPECT_EQ(message_of(run("rotate", {}, source)), "Error while processing the image: Missing required param: rotate");
}

TEST(Operations, ExtractTakesAnAreaAndRefusesWhatLiesOutside) {
  const Bytes source = picture({.format = Format::png, .width = 64, .height = 48});
  const Decoded corner =
      made("extract", {{"left", "54"}, {"top", "2"}, {"areawidth", "8"}, {"areaheight", "6"}}, source);
  EXPECT_EQ(corner.width, 8);
  EXPECT_EQ(corner.height, 6);
  EXPECT_LT(distance(corner.rgb(4, 3), test::green), 10);
  EXPECT_EQ(message_of(run("extract", {{"top", "1"}}, source)),
            "Error while processing the image: Missing required params: areawidth or areaheight");
  const auto outside = run("extract", {{"left", "60"}, {"areawidth", "8"}, {"areaheight", "6"}}, source);
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().error.status, 400);
  EXPECT_FALSE(outside.error().may_fall_back) << "the request is wrong, not the picture";
}

TEST(Operations, ZoomRepeatsPixels) {
  const Bytes source = test::grey_png(2, 1, {10, 200});
  const Decoded out = made("zoom", {{"factor", "2"}}, source);
  ASSERT_EQ(out.width, 6);
  ASSERT_EQ(out.height, 3);
  EXPECT_EQ(out.rgb(2, 2)[0], 10);
  EXPECT_EQ(out.rgb(3, 0)[0], 200);
  const Decoded area = made(
      "zoom", {{"factor", "1"}, {"left", "10"}, {"top", "4"}, {"areawidth", "20"}, {"areaheight", "10"}}, picture());
  EXPECT_EQ(area.width, 20);
  EXPECT_EQ(area.height, 10);
  EXPECT_EQ(made("zoom", {{"factor", "1"}, {"width", "30"}}, picture()).width, 30);
  EXPECT_EQ(message_of(run("zoom", {}, picture())), "Error while processing the image: Missing required param: factor");
  EXPECT_EQ(message_of(run("zoom", {{"factor", "1"}, {"top", "3"}}, picture())),
            "Error while processing the image: Missing required params: areawidth, areaheight");
  EXPECT_FALSE(run("zoom", {{"factor", "100000"}}, picture())) << "checked before a pixel is made";
  EXPECT_FALSE(run("zoom", {{"factor", "99"}}, picture({.width = 1000, .height = 1000})));
}

TEST(Operations, BlurSoftensAnEdge) {
  std::vector<std::uint8_t> edge(64 * 8);
  for (std::size_t i = 0; i < edge.size(); ++i) edge[i] = i % 64 < 32 ? 0 : 255;
  const Decoded out = made("blur", {{"sigma", "4"}}, test::grey_png(64, 8, edge));
  EXPECT_GT(out.rgb(29, 4)[0], 20);
  EXPECT_LT(out.rgb(34, 4)[0], 235);
  EXPECT_LT(out.rgb(2, 4)[0], 5);
  EXPECT_EQ(message_of(run("blur", {}, picture())),
            "Error while processing the image: Missing required param: sigma or minampl");
}

TEST(Operations, SmartCropKeepsTheSize) {
  const Decoded out = made("smartcrop", {{"width", "20"}, {"height", "40"}}, picture({.width = 100, .height = 80}));
  EXPECT_EQ(out.width, 20);
  EXPECT_EQ(out.height, 40);
}

int reddish_pixels(const Decoded& picture) {
  int count = 0;
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x) {
      const auto [r, g, b] = picture.rgb(x, y);
      count += r > 150 && g < 100 && b < 100;
    }
  return count;
}

TEST(Watermark, DrawsTextOnEveryKindOfPicture) {
  const http::Query query{{"text", "WWWWW"},    {"opacity", "1"},  {"color", "255,0,0"}, {"dpi", "300"},
                          {"textwidth", "300"}, {"margin", "150"}, {"type", "png"}};
  for (const std::vector<double>& colour :
       {std::vector<double>{230, 230, 230}, {230, 230, 230, 255}, {230, 230, 230, 0}}) {
    const Decoded out = made("watermark", query, test::plain_png(600, 400, colour));
    EXPECT_EQ(out.width, 600);
    EXPECT_GT(reddish_pixels(out), 200) << colour.size();
    EXPECT_LT(reddish_pixels(out), 600 * 400 / 2);
  }
  EXPECT_EQ(made("watermark", query, test::plain_png(600, 400, {200})).width, 600) << "grey";
  http::Query once = query;
  once.emplace_back("noreplicate", "true");
  const Bytes plain = test::plain_png(1200, 800, {230, 230, 230});
  EXPECT_LT(reddish_pixels(made("watermark", once, plain)), reddish_pixels(made("watermark", query, plain)));
}

TEST(Watermark, IsAsStrongAsItsOpacity) {
  const Bytes plain = test::plain_png(600, 400, {255, 255, 255});
  const http::Query faint{{"text", "WWWWW"}, {"opacity", "0.2"},   {"color", "0,0,0"},
                          {"dpi", "300"},    {"textwidth", "300"}, {"type", "png"}};
  const Decoded out = made("watermark", faint, plain);
  double least = 255;
  for (const double value : out.pixels) least = std::min(least, value);
  EXPECT_NEAR(least, 255 * 0.8, 6);
}

TEST(Watermark, WorksWhereTheMarkDoesNotFit) {
  EXPECT_EQ(made("watermark", {{"text", "a long line of text"}}, picture({.width = 20, .height = 10})).width, 20);
  EXPECT_EQ(message_of(run("watermark", {}, picture())),
            "Error while processing the image: Missing required param: text");
}

TEST(WatermarkImage, LaysThePictureOverTheOther) {
  const std::string url = "http://a.example/mark.png";
  const Marks marks{{url, test::plain_png(10, 10, {255, 0, 0})}};
  const http::Query query{{"image", url}, {"left", "30"}, {"top", "20"}, {"type", "png"}};
  const Decoded out = made("watermarkimage", query, test::plain_png(64, 48, {0, 0, 255}), marks);
  EXPECT_LT(distance(out.rgb(35, 25), test::red), 4);
  EXPECT_LT(distance(out.rgb(29, 25), test::blue), 4);
  EXPECT_LT(distance(out.rgb(45, 25), test::blue), 4);
  const Decoded grey = made("watermarkimage", query, test::plain_png(64, 48, {90}), marks);
  EXPECT_LT(distance(grey.rgb(35, 25), test::red), 4) << "a grey picture takes colours";
}

TEST(WatermarkImage, PartsOutsideAreCut) {
  const std::string url = "http://a.example/mark.png";
  const Marks marks{{url, test::plain_png(100, 100, {255, 0, 0})}};
  for (const char* left : {"60", "64", "5000"}) {
    const Decoded out = made("watermarkimage", {{"image", url}, {"left", left}, {"type", "png"}},
                             test::plain_png(64, 48, {0, 0, 255}), marks);
    EXPECT_EQ(out.width, 64);
    EXPECT_EQ(distance(out.rgb(62, 5), test::red) < 4, std::string_view(left) == "60") << left;
  }
}

TEST(WatermarkImage, AMarkThatCanNotBeUsedIsTold) {
  const std::string url = "http://a.example/mark.png";
  const http::Query query{{"image", url}};
  const std::string prefix = "Error while processing the image: ";
  EXPECT_EQ(message_of(run("watermarkimage", query, picture())), prefix + "Unable to retrieve watermark image. " + url);
  EXPECT_EQ(message_of(run("watermarkimage", query, picture(), {{url, fail(404, "gone")}})),
            prefix + "Unable to retrieve watermark image. " + url);
  EXPECT_EQ(message_of(run("watermarkimage", query, picture(), {{url, test::no_picture()}})),
            prefix + "Unable to read watermark image");
  EXPECT_EQ(message_of(run("watermarkimage", {}, picture())), prefix + "Missing required param: image");
  const auto bomb = run("watermarkimage", query, picture(), {{url, test::png_bomb()}});
  ASSERT_FALSE(bomb);
  EXPECT_EQ(bomb.error().error.status, 422);
}

TEST(WatermarkImage, ARequestNamesTheMarksItNeeds) {
  const Request one{find_operation("watermarkimage"), read_params(http::Query{{"image", "http://a/1"}})};
  EXPECT_EQ(mark_addresses(one), std::vector<std::string>{"http://a/1"});
  const Request many{find_operation("pipeline"),
                     read_params(operations(
                         R"([{"operation": "watermarkImage", "params": {"image": "http://a/1"}}, {"operation": "flip"},
                                                {"operation": "watermarkImage", "params": {"image": "http://a/2"}}])"))};
  EXPECT_EQ(mark_addresses(many), (std::vector<std::string>{"http://a/1", "http://a/2"}));
  EXPECT_TRUE(mark_addresses({find_operation("resize"), read_params(http::Query{{"image", "http://a/1"}})}).empty());
}

}  // namespace
}  // namespace imcaxy::processor::imaginary
