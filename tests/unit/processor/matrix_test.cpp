// Every operation with every input format and every output format: a picture of the right size and format, or a refusal
// that says why.
#include <optional>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "processor/imaginary/request.hpp"
#include "support/pictures.hpp"

namespace imcaxy::processor::imaginary {
namespace {

using image::Format;
using image::Size;
using testing::HasSubstr;

/// All that there are names for.
std::vector<Format> formats() {
  std::vector<Format> all;
  for (int i = static_cast<int>(Format::unknown) + 1; i <= static_cast<int>(Format::pdf); ++i)
    all.push_back(static_cast<Format>(i));
  return all;
}

constexpr Size sample_size{64, 48};

/// A picture of `sample_size`, upright, of each format that can be read; null for the others. Who adds a format adds
/// its sample here.
Bytes sample(Format format) {
  switch (format) {
    case Format::jpeg:
    case Format::png:
    case Format::webp:
    case Format::gif:
    case Format::tiff:
    case Format::avif:
    case Format::svg:
      return test::picture({.format = format, .width = sample_size.width, .height = sample_size.height});
    default:
      return {};
  }
}

/// An operation with parameters that make something of a 64x48 picture, and the size of that.
struct Case {
  std::string_view operation;
  http::Query query;
  Size size;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"info", {}, {64, 48}},
      {"crop", {{"width", "30"}, {"height", "20"}}, {30, 20}},
      {"smartcrop", {{"width", "20"}, {"height", "30"}}, {20, 30}},
      {"resize", {{"width", "32"}}, {32, 24}},
      {"enlarge", {{"width", "100"}, {"height", "90"}}, {100, 90}},
      {"extract", {{"top", "5"}, {"left", "6"}, {"areawidth", "20"}, {"areaheight", "10"}}, {20, 10}},
      {"zoom", {{"factor", "1"}}, {128, 96}},
      {"thumbnail", {{"height", "12"}}, {16, 12}},
      {"fit", {{"width", "40"}, {"height", "40"}}, {40, 30}},
      {"rotate", {{"rotate", "90"}}, {48, 64}},
      {"autorotate", {}, {64, 48}},
      {"flip", {}, {64, 48}},
      {"flop", {}, {64, 48}},
      {"convert", {}, {64, 48}},
      {"pipeline", {}, {24, 36}},
      {"watermark", {{"text", "a word"}, {"textwidth", "20"}}, {64, 48}},
      {"watermarkimage", {{"image", "mark"}, {"left", "60"}, {"top", "40"}}, {64, 48}},
      {"blur", {{"sigma", "2"}}, {64, 48}},
  };
  return all;
}

/// What a request names as its output: nothing, `auto`, each format, and a word that is none.
std::vector<std::string> output_names() {
  std::vector<std::string> names{"", "auto", "bmp"};
  for (const Format format : formats()) names.emplace_back(image::name(format));
  return names;
}

/// The picture is turned and cut, so that one step sees what the other made, and written as the last step says.
std::string operations_of(const std::string& type) {
  nlohmann::json cut{{"operation", "crop"}, {"params", {{"width", 36}, {"height", 24}}}},
      turn{{"operation", "rotate"}, {"params", {{"rotate", 90}}}};
  if (!type.empty())
    for (auto* step : {&cut, &turn}) (*step)["params"]["type"] = type;
  return nlohmann::json::array({cut, turn}).dump();
}

/// The request as the server would make it: `auto` becomes what this browser's Accept header is answered with.
Request request_of(const Case& c, const std::string& output) {
  const std::string type = output == "auto" ? std::string(type_for_accept("image/webp,*/*")) : output;
  http::Query query = c.query;
  query.emplace_back("type", type);
  if (c.operation == "pipeline") query.emplace_back("operations", operations_of(type));
  return {find_operation(c.operation), read_params(query)};
}

/// What has to come of it: a format, or the refusal's reason.
struct Wanted {
  Format format = Format::unknown;
  std::string reason;
};

Wanted wanted_of(const Case& c, Format input, const std::string& output) {
  const Format named = output == "auto" ? Format::webp : image::from_name(output);
  const bool is_known = image::is_writable(named) || named == Format::svg || named == Format::pdf;
  if (!output.empty() && !is_known) return {.reason = "Unsupported output image format"};
  if (c.operation == "info") return {.format = input};
  if (c.operation == "convert" && output.empty()) return {.reason = "Missing required param: type"};
  const bool ignores_type = c.operation == "autorotate";
  const Format format = output.empty() || ignores_type ? input : named;
  if (!image::is_writable(format)) return {.reason = "Unsupported image output type"};
  return {.format = format};
}

void check_answer(const Case& c, const Answer& answer, Format format) {
  if (c.operation == "info") {
    EXPECT_EQ(answer.mime_type, "application/json");
    const auto told = nlohmann::json::parse(answer.body.view());
    EXPECT_EQ(told.at("type"), image::name(format));
    EXPECT_EQ((Size{told.at("width"), told.at("height")}), c.size);
    return;
  }
  EXPECT_EQ(answer.mime_type, image::mime_type(format));
  const test::Decoded out = test::decode(answer.body);
  EXPECT_EQ(out.format, format);
  EXPECT_EQ((Size{out.width, out.height}), c.size) << out.width << "x" << out.height;
}

void check_refusal(const Failure& failure, const std::string& reason) {
  EXPECT_GE(failure.error.status, 400);
  EXPECT_LT(failure.error.status, 500);
  EXPECT_THAT(failure.error.message, HasSubstr(reason));
}

const Marks& marks() {
  static const Marks all{{"mark", test::plain_png(8, 8, {255, 0, 0})}};
  return all;
}

TEST(Matrix, EveryOperationWithEveryInputAndEveryOutput) {
  int combinations = 0, answers = 0;
  for (const Format input : formats()) {
    if (!image::is_readable(input)) continue;
    const Bytes picture = sample(input);
    ASSERT_FALSE(picture.empty()) << image::name(input) << " can be read, but this test has no sample of it";
    for (const Case& c : cases())
      for (const std::string& output : output_names()) {
        SCOPED_TRACE(fmt::format("{} of {} to '{}'", c.operation, image::name(input), output));
        const Wanted wanted = wanted_of(c, input, output);
        const auto outcome = process(request_of(c, output), picture, marks(), {});
        ++combinations;
        if (outcome) ++answers;
        if (outcome && wanted.reason.empty()) {
          check_answer(c, *outcome, wanted.format);
        } else if (outcome) {
          ADD_FAILURE() << "it was answered with " << outcome->mime_type << " instead of: " << wanted.reason;
        } else if (wanted.reason.empty()) {
          ADD_FAILURE() << "it was refused: " << outcome.error().error.message;
        } else {
          check_refusal(outcome.error(), wanted.reason);
        }
      }
  }
  EXPECT_GE(combinations, 500);
  EXPECT_GE(answers, 500);
  RecordProperty("combinations", combinations);
  RecordProperty("answers", answers);
}

TEST(Matrix, HasEveryOperationOnce) {
  for (const std::string_view name :
       {"info", "crop", "smartcrop", "resize", "enlarge", "extract", "zoom", "thumbnail", "fit", "rotate", "autorotate",
        "flip", "flop", "convert", "pipeline", "watermark", "watermarkimage", "blur"})
    EXPECT_EQ(std::ranges::count(cases(), name, &Case::operation), 1) << name;
  for (const Case& c : cases()) EXPECT_NE(find_operation(c.operation), nullptr) << c.operation;
}

TEST(Matrix, WhatCantBeReadIsRefusedByEveryOperation) {
  // The first bytes of what is no picture, or one that this build can't read.
  const std::pair<Format, std::string> beginnings[] = {{Format::unknown, "<!doctype html>"},
                                                       {Format::pdf, "%PDF-1.7\n"},
                                                       {Format::heif, std::string("\0\0\0\x18"
                                                                                  "ftypheic\0\0\0\0mif1heic",
                                                                                  24)},
                                                       {Format::jxl, "\xff\x0a"},
                                                       {Format::jp2k, "\xff\x4f\xff\x51"}};
  for (const auto& [format, bytes] : beginnings) {
    EXPECT_EQ(image::sniff(bytes), format);
    if (image::is_readable(format)) continue;
    for (const Case& c : cases())
      for (const std::string& output : output_names()) {
        const auto outcome = process(request_of(c, output), Bytes::copy(bytes), marks(), {});
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().error.status, 406);
        check_refusal(outcome.error(), "Unsupported media type");
      }
  }
}

}  // namespace
}  // namespace imcaxy::processor::imaginary
