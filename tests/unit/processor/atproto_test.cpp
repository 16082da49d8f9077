// Presets and what they make of pictures.
#include <vips/vips8>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "image/completeness.hpp"
#include "image/library.hpp"
#include "processor/atproto/rendition.hpp"
#include "support/pictures.hpp"

namespace imcaxy::processor::atproto {
namespace {

using image::Format;
using image::Rect;
using image::Size;
using Fit = Preset::Fit;

image::Header header(int width, int height, int orientation = 0) {
  image::Header h;
  h.format = Format::jpeg;
  h.size = {width, height};
  h.orientation = orientation;
  h.bands = 3;
  return h;
}

Size size_of(const image::Edit& edit, Size source) {
  return edit.scale ? edit.scale->size : source;
}

TEST(Presets, OfTheOriginal) {
  const Presets& presets = coves_presets();
  EXPECT_EQ(presets.size(), 6u);
  EXPECT_EQ(presets.at("avatar"), (Preset{1000, 1000, Fit::cover, 85}));
  EXPECT_EQ(presets.at("content_full"), (Preset{1600, 0, Fit::inside, 90}));
  EXPECT_EQ(*parse_presets(" coves "), coves_presets());
  EXPECT_EQ(*parse_presets("bluesky"), bluesky_presets());
}

TEST(Presets, OwnOnes) {
  const auto own = parse_presets(R"({"card": {"width": 800, "height": 450}, "strip": {"width": 300, "fit": "inside",
                                    "quality": 60, "format": "auto"}})");
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_EQ(own->size(), 2u);
  EXPECT_EQ(own->at("card"), (Preset{800, 450, Fit::cover, 85}));
  EXPECT_EQ(own->at("strip"), (Preset{300, 0, Fit::inside, 60, Format::unknown}));
  const auto more = parse_presets(R"({"avatar": {"width": 64, "height": 64}, "extends": "coves"})");
  ASSERT_TRUE(more);
  EXPECT_EQ(more->size(), 6u);
  EXPECT_EQ(more->at("avatar").width, 64);
  const auto toml = presets_of_toml("[card]\nwidth = 800\nheight = 450\nformat = 'webp'\n");
  ASSERT_TRUE(toml);
  EXPECT_EQ(parse_presets(*toml)->at("card"), (Preset{800, 450, Fit::cover, 85, Format::webp}));
}

TEST(Presets, MistakesAreNamed) {
  const auto message = [](std::string_view text) {
    const auto presets = parse_presets(text);
    return presets ? std::string("no error") : presets.error().message;
  };
  const std::pair<const char*, const char*> cases[] = {
      {"", "coves, bluesky"},
      {"cloves", "coves, bluesky"},
      {"[1]", "coves, bluesky"},
      {"{}", "at least one"},
      {R"({"a b": {}})", "'a b' is no name"},
      {R"({"a": 7})", "the preset 'a' has to be an object"},
      {R"({"a": {"width": 10}})", "the preset 'a' needs a height from 1 to 10000"},
      {R"({"a": {"width": 0, "height": 9}})", "needs a width from 1"},
      {R"({"a": {"width": 1e9, "height": 9}})", "needs a width from 1"},
      {R"({"a": {"width": 10001, "height": 9}})", "needs a width from 1"},
      {R"({"a": {"width": "9", "height": 9}})", "needs a width from 1"},
      {R"({"a": {"width": 9, "height": 9, "quality": 101}})", "needs a quality from 1 to 100"},
      {R"({"a": {"width": 9, "height": 9, "fit": "fill"}})", "fit has to be"},
      {R"({"a": {"width": 9, "height": 9, "fit": 3}})", "fit has to be"},
      {R"({"a": {"width": 9, "height": 9, "format": "gif"}})", "format has to be"},
      {R"({"a": {"width": 9, "height": 9, "wide": 1}})", "has no member 'wide'"},
      {R"({"extends": "other"})", "'extends' has to be"},
  };
  for (const auto& [text, part] : cases)
    EXPECT_NE(message(text).find(part), std::string::npos) << text << message(text);
  EXPECT_NE(presets_of_toml("[card\nwidth=1").error().message.find("line 1"), std::string::npos);
}

TEST(Rendition, CoverFillsTheBoxAndCutsAlike) {
  const Rendition avatar{{1000, 1000, Fit::cover, 85}};
  const auto edit = plan(avatar, header(2725, 2225));
  EXPECT_EQ(size_of(edit, {}), (Size{1225, 1000}));
  EXPECT_EQ(edit.area, (Rect{112, 0, 1000, 1000}));
  const auto enlarged = plan(avatar, header(400, 300));
  EXPECT_EQ(size_of(enlarged, {}), (Size{1333, 1000}));
  EXPECT_EQ(enlarged.area.width, 1000);
  const auto thin = plan(avatar, header(1, 5000));
  EXPECT_EQ(size_of(thin, {}).width, 1000);
  EXPECT_EQ(thin.area.height, 1000);
  const auto same = plan(avatar, header(1000, 1000));
  EXPECT_FALSE(same.scale);
  EXPECT_EQ(same.canvas, image::Edit::Canvas::keep);
}

TEST(Rendition, InsideNeverEnlargesAndCutsSizesToWholePixels) {
  const Rendition preview{{800, 0, Fit::inside, 80}}, full{{1600, 0, Fit::inside, 90}};
  EXPECT_EQ(size_of(plan(preview, header(2725, 2225)), {}), (Size{800, 653}));
  EXPECT_EQ(size_of(plan(full, header(2725, 2225)), {}), (Size{1600, 1306}));
  EXPECT_FALSE(plan(preview, header(400, 300)).scale);
  EXPECT_FALSE(plan(preview, header(800, 9000)).scale);
  EXPECT_EQ(size_of(plan(preview, header(40000, 3)), {}), (Size{800, 1}));
  EXPECT_EQ(size_of(plan(preview, header(2225, 2725, 6)), {}), (Size{800, 653})) << "of the picture as it is seen";
  const Rendition boxed{{1000, 1000, Fit::inside, 85}};
  EXPECT_EQ(size_of(plan(boxed, header(2000, 1000)), {}), (Size{1000, 500}));
  EXPECT_EQ(size_of(plan(boxed, header(1000, 3000)), {}), (Size{333, 1000}));
}

class Rendered : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(image::start()); }
  const Rendition jpeg{{40, 30, Fit::cover, 80}, Format::jpeg}, png{{40, 30, Fit::cover, 80}, Format::png};
};

TEST_F(Rendered, TransparencyBecomesWhiteInJpeg) {
  std::vector<std::uint8_t> clear(64 * 48 * 4, 0);
  const Bytes picture = test::rgba_png(64, 48, clear);
  const auto answer = process(jpeg, picture, {});
  ASSERT_TRUE(answer) << answer.error().error.message;
  EXPECT_EQ(answer->mime_type, "image/jpeg");
  EXPECT_EQ(answer->size, (Size{40, 30}));
  const auto pixel = vips::VImage::new_from_buffer(answer->body.data(), answer->body.size(), "").getpoint(5, 5);
  for (const double value : pixel) EXPECT_GE(value, 253);
  const auto kept = process(png, picture, {});
  ASSERT_TRUE(kept);
  EXPECT_TRUE(vips::VImage::new_from_buffer(kept->body.data(), kept->body.size(), "").has_alpha());
}

TEST_F(Rendered, ColourIsThatOfTwoByTwoPixelsAtEveryQuality) {
  const Bytes picture = test::rgba_png(64, 48, std::vector<std::uint8_t>(64 * 48 * 4, 255));
  for (const int quality : {80, 90, 100}) {
    const auto answer = process({{40, 30, Fit::cover, quality}, Format::jpeg}, picture, {});
    ASSERT_TRUE(answer);
    const std::string_view file = answer->body.view();
    const std::size_t frame = std::min(file.find("\xff\xc0"), file.find("\xff\xc2"));
    ASSERT_NE(frame, file.npos);
    EXPECT_EQ(file[frame + 11], 0x22) << "sampling of the first component at " << quality;
  }
}

TEST_F(Rendered, WhatIsNoPictureIsRefusedInTheWordsOfTheOriginal) {
  const auto refusal = [&](Bytes bytes, image::Limits limits = {}) {
    const auto outcome = process(jpeg, bytes, limits);
    return outcome ? "200" : fmt::format("{} {}", outcome.error().error.status, outcome.error().error.message);
  };
  const Bytes picture = test::rgba_png(64, 48, std::vector<std::uint8_t>(64 * 48 * 4, 90));
  const std::string whole(picture.view());
  for (const std::string& other : {std::string(), std::string("hello"), std::string("<html></html>"),
                                   std::string("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"),
                                   std::string("%PDF-1.4"), whole.substr(0, 20)})
    EXPECT_EQ(refusal(Bytes::copy(other)), "400 unsupported image format") << other;
  EXPECT_EQ(refusal(Bytes::copy(whole.substr(0, whole.size() / 2))), "500 image processing failed");
  EXPECT_EQ(refusal(picture, {.max_pixels = 1000}), "400 image too large");
}

TEST_F(Rendered, ACutOffFileIsSeenWithoutDecodingIt) {
  const vips::VImage noise = vips::VImage::gaussnoise(120, 90).cast(VIPS_FORMAT_UCHAR);
  const vips::VImage colour = noise.bandjoin(noise).bandjoin(noise).copy(
      vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
  for (const char* suffix : {".jpg", ".jpg[interlace]", ".png", ".gif", ".webp"}) {
    void* data = nullptr;
    std::size_t size = 0;
    colour.write_to_buffer(suffix, &data, &size);
    const std::string file(static_cast<const char*>(data), size);
    g_free(data);
    const Format format = image::sniff(file);
    EXPECT_TRUE(image::is_complete(format, file)) << suffix;
    EXPECT_TRUE(image::is_complete(format, file + "what some cameras leave behind")) << suffix;
    for (std::size_t kept = 12; kept + 1 < size; kept += 37)
      EXPECT_FALSE(image::is_complete(format, file.substr(0, kept))) << suffix << " " << kept << " of " << size;
    EXPECT_FALSE(image::is_complete(format, file.substr(0, size - 1))) << suffix;
  }
}

}  // namespace
}  // namespace imcaxy::processor::atproto
