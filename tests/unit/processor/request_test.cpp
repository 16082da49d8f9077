#include "processor/imaginary/request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/pictures.hpp"

namespace imcaxy::processor::imaginary {
namespace {

using image::Format;
using test::picture;
using testing::HasSubstr;
using testing::StartsWith;

Request request(std::string_view operation, const http::Query& query) {
  return {find_operation(operation), read_params(query)};
}

std::expected<Answer, Failure> run(std::string_view operation, const http::Query& query, const Bytes& source,
                                   const image::Limits& limits = {}) {
  return process(request(operation, query), source, limits);
}

const http::Query small{{"width", "20"}};

/// A JPEG whose first bytes are right and nothing else.
Bytes broken_jpeg() {
  return Bytes::copy("\xff\xd8\xff\xe0 this was a photo once");
}

struct Refusal {
  int status;
  std::string message;
  bool may_fall_back;
};

Refusal refusal(const std::expected<Answer, Failure>& outcome) {
  if (outcome) {
    ADD_FAILURE() << "it was answered with " << outcome->mime_type;
    return {};
  }
  return {outcome.error().error.status, outcome.error().error.message, outcome.error().may_fall_back};
}

TEST(Process, MakesThePictureThatIsAskedFor) {
  for (const Format from : {Format::jpeg, Format::png, Format::webp, Format::gif, Format::tiff, Format::avif}) {
    const auto outcome = run("resize", small, picture({.format = from}));
    ASSERT_TRUE(outcome) << outcome.error().error.message;
    EXPECT_EQ(outcome->mime_type, image::mime_type(from));
    const test::Decoded out = test::decode(outcome->body);
    EXPECT_EQ(out.format, from);
    EXPECT_EQ(out.width, 20);
    EXPECT_EQ(out.height, 15);
  }
  const auto converted = run("convert", {{"type", "png"}}, picture({.format = Format::svg}));
  ASSERT_TRUE(converted) << converted.error().error.message;
  EXPECT_EQ(converted->mime_type, "image/png");
}

TEST(Process, EveryOperationGivesItsSize) {
  const struct {
    std::string_view operation;
    http::Query query;
    int width, height;
  } cases[] = {
      {"resize", {{"width", "30"}, {"height", "30"}}, 30, 30},
      {"resize", {{"width", "30"}, {"height", "30"}, {"nocrop", "false"}}, 30, 30},
      {"resize", {{"width", "300"}}, 64, 48},
      {"resize", {{"width", "12"}, {"rotate", "90"}}, 12, 16},
      {"crop", {{"width", "30"}}, 30, 48},
      {"crop", {{"width", "30"}, {"height", "30"}, {"gravity", "smart"}}, 30, 30},
      {"fit", {{"width", "30"}, {"height", "30"}}, 30, 23},
      {"enlarge", {{"width", "100"}, {"height", "100"}}, 100, 100},
      {"enlarge", {{"width", "100"}, {"height", "100"}, {"nocrop", "true"}}, 100, 75},
      {"thumbnail", {{"width", "33"}}, 33, 25},
      {"thumbnail", {{"width", "100"}, {"height", "10"}}, 100, 10},
      {"convert", {{"type", "webp"}}, 64, 48},
      {"autorotate", {}, 64, 48},
  };
  for (const int orientation : {0, 6})
    for (const auto& c : cases) {
      const auto outcome = run(c.operation, c.query, picture({.orientation = orientation}));
      ASSERT_TRUE(outcome) << c.operation << ": " << outcome.error().error.message;
      const test::Decoded out = test::decode(outcome->body);
      const bool turns_what_lies = orientation == 6 && c.query.size() == 2 && c.query[1].first == "rotate";
      EXPECT_EQ(out.width, c.width) << c.operation;
      // rotate replaces EXIF's turn: one that lies becomes upright by it, too.
      EXPECT_EQ(out.height, turns_what_lies ? 9 : c.height) << c.operation;
    }
}

TEST(Process, NothingIsNoPicture) {
  const Refusal got = refusal(run("resize", small, Bytes()));
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.message, "Empty or unreadable image");
  EXPECT_FALSE(got.may_fall_back);
}

TEST(Process, WhatIsNoPictureIsNotAcceptable) {
  for (const std::string& source : {std::string("plain text"), std::string("<html></html>"), std::string("%PDF-1.7"),
                                    std::string("\0\0\0\x18"
                                                "ftypheic\0\0\0\0mif1heic",
                                                24),
                                    std::string("\0", 1)}) {
    const Refusal got = refusal(run("resize", small, Bytes::copy(source)));
    EXPECT_EQ(got.status, 406);
    EXPECT_EQ(got.message, "Unsupported media type");
    EXPECT_FALSE(got.may_fall_back);
  }
}

TEST(Process, MistakesAreToldInImaginarysOrder) {
  const Bytes good = picture();
  const auto message = [](const http::Query& query, const Bytes& source, std::string_view operation = "resize") {
    return refusal(run(operation, query, source)).message;
  };
  const http::Query all_wrong{{"width", "x"}, {"type", "bmp"}};
  EXPECT_EQ(message(all_wrong, Bytes()), "Empty or unreadable image");
  EXPECT_EQ(message(all_wrong, test::no_picture()), "Unsupported media type");
  // The parameters before the output type, that before the picture's header and its size, those before what is missing.
  EXPECT_EQ(message(all_wrong, broken_jpeg()),
            "Error while processing parameters, error while processing parameter \"width\" with value \"x\", error: "
            "strconv.ParseFloat: parsing \"x\": invalid syntax");
  EXPECT_EQ(message({{"type", "bmp"}}, broken_jpeg()), "Unsupported output image format");
  EXPECT_EQ(message({{"type", "bmp"}}, test::png_bomb()), "Unsupported output image format");
  EXPECT_THAT(message({}, broken_jpeg()), StartsWith("Error while processing the image: "));
  EXPECT_EQ(message({}, test::png_bomb()), "Image resolution is too big");
  EXPECT_EQ(message({}, good), "Error while processing the image: Missing required param: height or width");
  EXPECT_EQ(message({{"type", "svg"}}, good),
            "Error while processing the image: Missing required param: height or width");
  EXPECT_EQ(message({{"type", "svg"}}, good, "convert"),
            "Error while processing the image: Unsupported image output type");
}

TEST(Process, StatusesFitTheMistakes) {
  EXPECT_EQ(refusal(run("resize", {{"width", "x"}}, picture())).status, 400);
  EXPECT_EQ(refusal(run("resize", {{"width", "1"}, {"type", "bmp"}}, picture())).status, 400);
  EXPECT_EQ(refusal(run("resize", {}, picture())).status, 400);
  EXPECT_EQ(refusal(run("resize", small, test::png_bomb())).status, 422);
  const Refusal frames =
      refusal(run("resize", small, picture({.format = Format::gif, .frames = 4}), image::Limits{.max_frames = 3}));
  EXPECT_EQ(frames.status, 422);
  EXPECT_THAT(frames.message, HasSubstr("4 frames"));
  const Refusal large = refusal(run("thumbnail", {{"width", "100000"}, {"height", "100000"}}, picture()));
  EXPECT_EQ(large.status, 400);
  EXPECT_THAT(large.message,
              StartsWith("Error while processing the image: a picture of 100000x100000 is more than the allowed"));
}

TEST(Process, OnlyPicturesThatCantBeDecodedMayBeServedAsTheyAre) {
  const auto may = [](std::string_view operation, const http::Query& query, const Bytes& source) {
    return refusal(run(operation, query, source)).may_fall_back;
  };
  EXPECT_TRUE(may("resize", small, broken_jpeg()));
  EXPECT_TRUE(may("convert", {{"type", "webp"}}, broken_jpeg()));
  EXPECT_TRUE(may("resize", small, Bytes::copy("GIF89a")));
  // A header that is whole before pixels that are none.
  std::string bytes(picture({.format = Format::avif}).view());
  bytes.replace(bytes.size() / 2, bytes.npos, bytes.size() - bytes.size() / 2, '\xff');
  const Bytes hollow = Bytes::adopt(std::move(bytes));
  ASSERT_TRUE(image::read_header(hollow, {}));
  EXPECT_TRUE(may("resize", small, hollow));
  // A request that no picture could have fulfilled.
  EXPECT_FALSE(may("resize", {{"width", "x"}}, broken_jpeg()));
  EXPECT_FALSE(may("resize", {{"width", "1"}, {"type", "bmp"}}, broken_jpeg()));
  EXPECT_FALSE(may("resize", {}, broken_jpeg()));
  EXPECT_FALSE(may("convert", {{"type", "svg"}}, broken_jpeg()));
  EXPECT_FALSE(may("info", {}, broken_jpeg())) << "its answer is no picture";
  EXPECT_FALSE(may("resize", {}, picture()));
  EXPECT_FALSE(may("resize", {{"width", "1"}, {"compression", "10"}}, picture()));
  EXPECT_FALSE(may("resize", {{"width", "1"}, {"sigma", "5000"}}, picture()));
  EXPECT_FALSE(may("thumbnail", {{"width", "100000"}, {"height", "100000"}}, picture()));
  // Too large is too large, and an SVG can run scripts.
  EXPECT_FALSE(may("resize", small, test::png_bomb()));
  EXPECT_FALSE(may("convert", {{"type", "png"}}, Bytes::copy("<svg xmlns='http://www.w3.org/2000/svg' width='")));
}

TEST(Process, TheStrongestBlurIsDone) {
  const auto outcome = run("resize", {{"width", "20"}, {"sigma", "1000"}}, picture());
  ASSERT_TRUE(outcome) << outcome.error().error.message;
  EXPECT_EQ(test::decode(outcome->body).width, 20);
}

TEST(Process, ATruncatedJpegIsAnsweredWithWhatIsThere) {
  const auto outcome = run("resize", small, test::truncated_jpeg());
  ASSERT_TRUE(outcome) << outcome.error().error.message;
  EXPECT_EQ(test::decode(outcome->body).height, 15);
}

TEST(Info, SaysEveryFieldOfEveryFormat) {
  using nlohmann::json;
  const struct {
    test::PictureOptions options;
    json wanted;
  } cases[] = {
      {{.format = Format::jpeg},
       {{"width", 64},
        {"height", 48},
        {"type", "jpeg"},
        {"space", "srgb"},
        {"hasAlpha", false},
        {"hasProfile", false},
        {"channels", 3},
        {"orientation", 0}}},
      {{.format = Format::jpeg, .orientation = 6},
       {{"width", 48},
        {"height", 64},
        {"type", "jpeg"},
        {"space", "srgb"},
        {"hasAlpha", false},
        {"hasProfile", false},
        {"channels", 3},
        {"orientation", 6}}},
      {{.format = Format::jpeg, .cmyk = true},
       {{"width", 64},
        {"height", 48},
        {"type", "jpeg"},
        {"space", "cmyk"},
        {"hasAlpha", false},
        {"hasProfile", false},
        {"channels", 4},
        {"orientation", 0}}},
      {{.format = Format::png, .alpha = true, .grey = true},
       {{"width", 64},
        {"height", 48},
        {"type", "png"},
        {"space", "b-w"},
        {"hasAlpha", true},
        {"hasProfile", false},
        {"channels", 2},
        {"orientation", 0}}},
      {{.format = Format::png, .p3 = true},
       {{"width", 64},
        {"height", 48},
        {"type", "png"},
        {"space", "srgb"},
        {"hasAlpha", false},
        {"hasProfile", true},
        {"channels", 3},
        {"orientation", 0}}},
      {{.format = Format::webp, .alpha = true},
       {{"width", 64},
        {"height", 48},
        {"type", "webp"},
        {"space", "srgb"},
        {"hasAlpha", true},
        {"hasProfile", false},
        {"channels", 4},
        {"orientation", 0}}},
      {{.format = Format::gif},
       {{"width", 64},
        {"height", 48},
        {"type", "gif"},
        {"space", "srgb"},
        {"hasAlpha", false},
        {"hasProfile", false},
        {"channels", 3},
        {"orientation", 0}}},
      {{.format = Format::tiff},
       {{"width", 64},
        {"height", 48},
        {"type", "tiff"},
        {"space", "srgb"},
        {"hasAlpha", false},
        {"hasProfile", false},
        {"channels", 3},
        {"orientation", 0}}},
      {{.format = Format::avif},
       {{"width", 64},
        {"height", 48},
        {"type", "avif"},
        {"space", "srgb"},
        {"hasAlpha", false},
        {"hasProfile", false},
        {"channels", 3},
        {"orientation", 0}}},
      {{.format = Format::svg},
       {{"width", 64},
        {"height", 48},
        {"type", "svg"},
        {"space", "srgb"},
        {"hasAlpha", true},
        {"hasProfile", false},
        {"channels", 4},
        {"orientation", 0}}},
  };
  for (const auto& c : cases) {
    const auto outcome = run("info", {}, picture(c.options));
    ASSERT_TRUE(outcome) << c.wanted << outcome.error().error.message;
    EXPECT_EQ(outcome->mime_type, "application/json");
    EXPECT_EQ(json::parse(outcome->body.view()), c.wanted);
  }
}

TEST(Info, ItsFieldsAreInImaginarysOrder) {
  const auto outcome = run("info", {}, picture({.format = Format::png}));
  ASSERT_TRUE(outcome);
  const std::string_view size = R"({"width":64,"height":48,)", kind = R"("type":"png","space":"srgb",)",
                         rest = R"("hasAlpha":false,"hasProfile":false,"channels":3,"orientation":0})";
  EXPECT_EQ(outcome->body.view(), std::string(size).append(kind).append(rest));
}

TEST(Info, ChecksParametersAndLimitsAsTheOthersDo) {
  EXPECT_EQ(refusal(run("info", {{"width", "x"}}, picture())).status, 400);
  EXPECT_EQ(refusal(run("info", {{"type", "bmp"}}, picture())).message, "Unsupported output image format");
  EXPECT_EQ(refusal(run("info", {}, test::png_bomb())).status, 422);
  EXPECT_EQ(refusal(run("info", {}, test::no_picture())).status, 406);
}

TEST(TypeForAccept, TheFirstTypeOfOursWins) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", ""},
      {"*/*", ""},
      {"image/*", ""},
      {"text/html", ""},
      {"image/webp", "webp"},
      {"image/png", "png"},
      {"image/jpeg", "jpeg"},
      {"image/jpg", ""},
      {"IMAGE/WebP", "webp"},
      {"image/webp;q=0.8", "webp"},
      {"image/webp ; q=0.8, image/png", "webp"},
      {"image/avif,image/webp,image/apng,image/*,*/*;q=0.8", "webp"},
      {"image/png;q=0.1,image/webp;q=0.9", "png"},
      {"text/html, image/jpeg, image/webp", "jpeg"},
      {",, image/png", "png"},
      {"image/webpx", ""},
  };
  for (const auto& [accept, type] : cases) EXPECT_EQ(type_for_accept(accept), type) << accept;
}

TEST(ErrorJson, IsWhatImaginarySends) {
  EXPECT_EQ(error_json({400, "Missing required param: type", "secret cause"}),
            R"({"message":"Missing required param: type","status":400})");
  EXPECT_EQ(error_json({406, "a \"quoted\"\nword\\", ""}), R"({"message":"a \"quoted\"\nword\\","status":406})");
  // A message can carry bytes of a query that are no text.
  const auto parsed = nlohmann::json::parse(error_json({400, "a\xff\xfe\xC3", ""}), nullptr, false);
  ASSERT_FALSE(parsed.is_discarded());
  EXPECT_EQ(parsed["status"], 400);
  EXPECT_THAT(parsed["message"].get<std::string>(), StartsWith("a\xEF\xBF\xBD"));
}

}  // namespace
}  // namespace imcaxy::processor::imaginary
