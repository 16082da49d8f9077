#include "image/as_it_came.hpp"

#include <gtest/gtest.h>
#include <vips/vips8>

#include "image/library.hpp"
#include "support/pictures.hpp"

namespace imcaxy::image {
namespace {

using test::decode;
using test::picture;

class AsItCame : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(start()); }
};

constexpr std::array formats{Format::jpeg, Format::png, Format::gif, Format::webp, Format::avif};

Bytes source_in(Format format) {
  return picture({.format = format});
}

std::string with(std::string bytes, std::size_t at, std::string_view what) {
  return bytes.insert(at, what);
}

TEST_F(AsItCame, PixelsStayAsTheyAre) {
  for (const Format format : formats) {
    const Bytes source = source_in(format);
    const auto copy = as_it_came(source, format);
    ASSERT_TRUE(copy) << name(format);
    EXPECT_LE(copy->size(), source.size());
    EXPECT_EQ(decode(*copy).pixels, decode(source).pixels) << name(format);
  }
  const Bytes moving = test::plain_frames(Format::gif, 8, 8, {test::red, test::green, test::blue}, {50, 60, 70});
  const auto copy = as_it_came(moving, Format::gif);
  ASSERT_TRUE(copy);
  const test::Moving frames = test::decode_moving(*copy);
  EXPECT_EQ(frames.delays, (std::vector{50, 60, 70}));
  EXPECT_EQ(frames.loop, test::decode_moving(moving).loop);
}

TEST_F(AsItCame, PrivateThingsStayBehind) {
  using namespace std::literals;
  const auto expect_gone = [](const std::string& with_secret, Format format) {
    const auto copy = as_it_came(Bytes::adopt(with_secret), format);
    ASSERT_TRUE(copy) << name(format);
    EXPECT_EQ(copy->view().find("secret"), std::string_view::npos) << name(format);
    EXPECT_FALSE(decode(*copy).exif);
  };
  const auto text = [](Format format) { return std::string(source_in(format).view()); };
  expect_gone(with(text(Format::jpeg), 2, "\xff\xfe\0\x08secret"sv), Format::jpeg);
  expect_gone(with(text(Format::jpeg), 2, "\xff\xed\0\x08secret"sv), Format::jpeg);
  expect_gone(text(Format::jpeg) + "secret", Format::jpeg);
  const std::size_t after_head = 8 + 25;  // of a PNG
  expect_gone(with(text(Format::png), after_head, "\0\0\0\x06tEXtsecretCRC."sv), Format::png);
  expect_gone(text(Format::png) + "secret", Format::png);
  std::string gif = text(Format::gif);
  expect_gone(with(gif, gif.size() - 1, "\x21\xfe\x06secret\0"sv), Format::gif);
  expect_gone(gif + "secret", Format::gif);
  std::string webp = text(Format::webp) + "EXIF\x06\0\0\0secret"s;
  webp[4] = static_cast<char>((webp.size() - 8) & 0xff);
  webp[5] = static_cast<char>((webp.size() - 8) >> 8);
  expect_gone(webp, Format::webp);
  EXPECT_FALSE(decode(*as_it_came(picture({.orientation = 6}), Format::jpeg)).exif);
}

TEST_F(AsItCame, AnAvifIsCopiedWholeOrNotAtAll) {
  using namespace std::literals;
  const std::string avif(source_in(Format::avif).view());
  EXPECT_EQ(as_it_came(Bytes::copy(avif), Format::avif)->view(), avif);
  EXPECT_FALSE(as_it_came(Bytes::adopt(avif + "secret"), Format::avif));
  EXPECT_FALSE(as_it_came(Bytes::adopt(avif + "\0\0\0\x0e"
                                              "freesecret"s),
                          Format::avif));
  for (const std::string_view item : {"Exif", "mime", "uuid"}) {
    std::string with_item = avif;
    with_item.replace(with_item.find("pixi"), 4, item);
    EXPECT_FALSE(as_it_came(Bytes::adopt(with_item), Format::avif)) << item;
  }
}

TEST_F(AsItCame, WhatIsNotWholeIsNone) {
  for (const Format format : formats) {
    const Bytes source = source_in(format);
    for (std::size_t length = 0; length < source.size(); length += 1 + source.size() / 97)
      EXPECT_FALSE(as_it_came(Bytes::copy(source.view().substr(0, length)), format)) << name(format) << " " << length;
    EXPECT_FALSE(as_it_came(test::no_picture(), format)) << name(format);
  }
  EXPECT_FALSE(as_it_came(picture({.p3 = true}), Format::jpeg)) << "its colours need the profile";
  EXPECT_FALSE(as_it_came(picture({.format = Format::tiff}), Format::tiff));
}

TEST_F(AsItCame, PlansThatChangeSomething) {
  Header header;
  header.format = Format::png;
  header.size = {64, 48};
  header.space = "srgb";
  Edit same;
  same.encoding.format = Format::png;
  EXPECT_TRUE(leaves_alone(same, header));
  same.scale = Scale{{64, 48}};
  EXPECT_TRUE(leaves_alone(same, header));
  const auto changes = [&](auto change) {
    Edit edit = same;
    change(edit);
    return !leaves_alone(edit, header);
  };
  EXPECT_TRUE(changes([](Edit& e) { e.rotate = 90; }));
  EXPECT_TRUE(changes([](Edit& e) { e.flip = true; }));
  EXPECT_TRUE(changes([](Edit& e) { e.zoom = 2; }));
  EXPECT_TRUE(changes([](Edit& e) { e.scale = Scale{{63, 48}}; }));
  EXPECT_TRUE(changes([](Edit& e) { e.canvas = Edit::Canvas::crop; }));
  EXPECT_TRUE(changes([](Edit& e) { e.blur_sigma = 1; }));
  EXPECT_TRUE(changes([](Edit& e) { e.text = TextMark{}; }));
  EXPECT_TRUE(changes([](Edit& e) { e.grey = true; }));
  EXPECT_TRUE(changes([](Edit& e) { e.encoding.format = Format::webp; }));
  EXPECT_TRUE(changes([](Edit& e) { e.encoding.interlace = true; }));
  EXPECT_TRUE(changes([](Edit& e) { e.encoding.palette = true; }));
  const auto other = [&](auto change) {
    Header of = header;
    change(of);
    return !leaves_alone(same, of);
  };
  EXPECT_TRUE(other([](Header& h) { h.orientation = 6; }));
  EXPECT_TRUE(other([](Header& h) { h.profile = true; }));
  EXPECT_TRUE(other([](Header& h) { h.space = "cmyk"; }));
  EXPECT_TRUE(other([](Header& h) { h.pages = 3; }));
  EXPECT_TRUE(other([](Header& h) { h.page = 0; }));
}

}  // namespace
}  // namespace imcaxy::image
