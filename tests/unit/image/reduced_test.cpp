// What is made of a reduced form looks as what is made of the picture itself.
#include <algorithm>
#include <cmath>
#include <utility>

#include <gtest/gtest.h>
#include <vips/vips8>

#include "image/library.hpp"
#include "image/reduced.hpp"
#include "image/workpiece.hpp"
#include "support/pictures.hpp"

namespace imcaxy::image {
namespace {

using test::decode;
using test::Decoded;
using vips::VImage;

constexpr int width = 680, height = 454;

class ReducedForm : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(start()); }
};

Header header_of(const Bytes& picture) {
  const auto header = read_header(picture, {});
  EXPECT_TRUE(header);
  return header.value_or(Header{});
}

Bytes reduced_of(const Bytes& picture) {
  auto form = reduced(picture, header_of(picture));
  EXPECT_TRUE(form) << form.error().message;
  return form.value_or(Bytes());
}

Edit to_width(int wanted) {
  Edit plan;
  plan.scale = Scale{{wanted, std::max(1, wanted * height / width)}};
  plan.encoding.format = Format::png;
  return plan;
}

struct Made {
  Decoded picture;
  bool from_reduced = false;
};

Made made(const Source& source, const Edit& plan) {
  Workpiece work(source, header_of(source.original));
  const auto done = work.apply(plan);
  EXPECT_TRUE(done);
  const auto written = work.encode(plan.encoding);
  EXPECT_TRUE(written);
  return {decode(written ? written->bytes : test::plain_png(1, 1, {0})), work.from_reduced()};
}

bool is_made_from_reduced(const Source& source, const Edit& plan) {
  return made(source, plan).from_reduced;
}

/// Of what is seen: a colour counts as much as it is opaque.
double mean_difference(const Decoded& a, const Decoded& b) {
  EXPECT_EQ(std::pair(a.width, a.height), std::pair(b.width, b.height));
  EXPECT_EQ(a.bands, b.bands);
  if (a.pixels.size() != b.pixels.size()) return 255;
  const auto bands = static_cast<std::size_t>(a.bands);
  const bool alpha = bands == 2 || bands == 4;
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    const std::size_t last = i - i % bands + bands - 1;
    const bool weighted = alpha && i != last;
    sum += std::abs(weighted ? (a.pixels[i] * a.pixels[last] - b.pixels[i] * b.pixels[last]) / 255
                             : a.pixels[i] - b.pixels[i]);
  }
  return sum / static_cast<double>(a.pixels.size());
}

/// Made both ways it is the same to the eye, and in what it says of itself.
void expect_alike(const Bytes& picture, const Edit& plan, double tolerance = 2) {
  const Source with_reduced{picture, reduced_of(picture)};
  const Made plain = made(picture, plan), quick = made(with_reduced, plan);
  EXPECT_FALSE(plain.from_reduced);
  EXPECT_TRUE(quick.from_reduced);
  EXPECT_LT(mean_difference(plain.picture, quick.picture), tolerance);
  EXPECT_EQ(plain.picture.orientation, quick.picture.orientation);
  EXPECT_EQ(plain.picture.profile, quick.picture.profile);
}

/// Noise over a gradient, as a camera sees it.
Bytes photograph(const char* suffix, int bands = 3) {
  VImage image = VImage::gaussnoise(width, height, VImage::option()->set("sigma", 12.0)->set("mean", 128.0));
  const VImage ramp = VImage::xyz(width, height)[0].linear(0.1, -24);
  std::vector<VImage> all;
  for (int i = 0; i < bands; ++i) all.push_back(i < 3 ? image.linear(1, 20.0 * i).add(ramp) : image.linear(0, 180));
  VImage joined = VImage::bandjoin(all).cast(VIPS_FORMAT_UCHAR);
  joined = joined.copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
  void* data = nullptr;
  std::size_t size = 0;
  joined.write_to_buffer(suffix, &data, &size);
  Bytes out = Bytes::copy({static_cast<const char*>(data), size});
  g_free(data);
  return out;
}

TEST_F(ReducedForm, PaysForLargeStillPicturesMadeOfPixels) {
  const auto header = [](Format format, Size size, int pages = 1) {
    Header out;
    out.format = format;
    out.size = size;
    out.pages = pages;
    return out;
  };
  for (const Format format : {Format::png, Format::webp, Format::tiff, Format::gif, Format::avif})
    EXPECT_TRUE(worth_reducing(header(format, {2000, 1000}))) << name(format);
  EXPECT_FALSE(worth_reducing(header(Format::png, {1999, 1000})));
  EXPECT_TRUE(worth_reducing(header(Format::jpeg, {4000, 2000})));
  EXPECT_FALSE(worth_reducing(header(Format::jpeg, {2499, 2000})));
  EXPECT_FALSE(worth_reducing(header(Format::gif, {2000, 1000}, 2)));
  EXPECT_FALSE(worth_reducing(header(Format::tiff, {2000, 1000}, 2)));
  EXPECT_FALSE(worth_reducing(header(Format::svg, {4000, 3000})));
  EXPECT_FALSE(worth_reducing(header(Format::pdf, {4000, 3000})));
}

TEST_F(ReducedForm, HasAtMostHalfOfEachSideAndNoLongOne) {
  EXPECT_EQ(reduced_size({6000, 4000}), (Size{1600, 1066}));
  EXPECT_EQ(reduced_size({4000, 6000}), (Size{1066, 1600}));
  EXPECT_EQ(reduced_size({2000, 1000}), (Size{1000, 500}));
  EXPECT_EQ(reduced_size({40000, 60}), (Size{1600, 2}));
  EXPECT_EQ(reduced_size({300000, 10}), (Size{1600, 1}));
  const Decoded form = decode(reduced_of(photograph(".jpg")));
  EXPECT_EQ(std::pair(form.width, form.height), std::pair(340, 227));
}

TEST_F(ReducedForm, ServesUpToHalfOfItsOwnSize) {
  const Bytes picture = photograph(".jpg");
  const Source source{picture, reduced_of(picture)};
  EXPECT_TRUE(is_made_from_reduced(source, to_width(168)));
  EXPECT_TRUE(is_made_from_reduced(source, to_width(1)));
  EXPECT_FALSE(is_made_from_reduced(source, to_width(171)));
  Edit squeezed = to_width(100);
  squeezed.scale = Scale{{20, 114}};
  EXPECT_FALSE(is_made_from_reduced(source, squeezed)) << "both sides count";
  squeezed.scale = Scale{{20, 113}};
  EXPECT_TRUE(is_made_from_reduced(source, squeezed));
}

TEST_F(ReducedForm, DoesNotServeWhatNeedsTheOriginal) {
  const Bytes picture = photograph(".jpg");
  const Source source{picture, reduced_of(picture)};
  Edit plan = to_width(100);
  plan.colours = Colours::own;
  EXPECT_FALSE(is_made_from_reduced(source, plan)) << "other colours than sRGB";
  plan = to_width(100);
  plan.scale = {};
  EXPECT_FALSE(is_made_from_reduced(source, plan)) << "its own size";
  plan.zoom = 2;
  EXPECT_FALSE(is_made_from_reduced(source, plan));
  Header page = header_of(picture);
  page.page = 0;
  Workpiece work(source, page);
  ASSERT_TRUE(work.apply(to_width(100)));
  EXPECT_FALSE(work.from_reduced()) << "a page by its number";
  EXPECT_FALSE(is_made_from_reduced(Source{picture}, to_width(100)));
  EXPECT_FALSE(is_made_from_reduced(Source(picture, test::no_picture()), to_width(100)));
}

TEST_F(ReducedForm, IsAJpegOfWhatIsOpaqueAndAPhotograph) {
  EXPECT_EQ(decode(reduced_of(photograph(".jpg"))).format, Format::jpeg);
  EXPECT_EQ(decode(reduced_of(photograph(".png"))).format, Format::jpeg);
  EXPECT_EQ(decode(reduced_of(test::picture({.width = width, .height = height}))).format, Format::jpeg);
  const Bytes drawing = test::plain_png(width, height, {200, 10, 90});
  EXPECT_EQ(decode(reduced_of(drawing)).format, Format::webp) << "which stays as sharp as it is";
}

TEST_F(ReducedForm, KeepsOpacity) {
  const Bytes form = reduced_of(photograph(".png", 4));
  EXPECT_EQ(decode(form).format, Format::webp);
  EXPECT_EQ(decode(form).bands, 4);
  for (const Format format : {Format::png, Format::webp}) {
    const Bytes picture =
        test::picture({.format = format, .width = width, .height = height, .alpha = true, .lossless = true});
    expect_alike(picture, to_width(120));
    Edit flat = to_width(120);
    flat.flatten = true;
    flat.background = {0, 255, 0};
    expect_alike(picture, flat);
  }
  expect_alike(test::picture({.format = Format::png, .width = width, .height = height, .alpha = true, .grey = true}),
               to_width(120));
}

TEST_F(ReducedForm, LiesAsTheOriginalDoes) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const Bytes picture = test::picture({.width = width, .height = height, .orientation = orientation});
    const Decoded form = decode(reduced_of(picture));
    EXPECT_EQ(form.width < form.height, orientation >= 5);
    EXPECT_FALSE(form.exif);
    expect_alike(picture, to_width(120));
    Edit turned = to_width(80);
    turned.rotate = 90;
    turned.upright = false;
    turned.flip = true;
    if (orientation >= 5) turned.scale = turned.scale->sideways();
    expect_alike(picture, turned);
    Edit as_stored = to_width(120);
    as_stored.upright = false;
    as_stored.encoding.format = Format::jpeg;
    as_stored.encoding.quality = 95;
    if (orientation >= 5) as_stored.scale = as_stored.scale->sideways();
    expect_alike(picture, as_stored);
  }
}

TEST_F(ReducedForm, IsInSrgbOrGrey) {
  const Bytes p3 = test::picture({.width = width, .height = height, .p3 = true});
  EXPECT_TRUE(decode(p3).profile);
  EXPECT_FALSE(decode(reduced_of(p3)).profile);
  expect_alike(p3, to_width(120));
  expect_alike(test::picture({.format = Format::png, .width = width, .height = height, .sixteen_bit = true}),
               to_width(120));
  expect_alike(test::picture({.width = width, .height = height, .cmyk = true}), to_width(120), 4);
  for (const Format format : {Format::jpeg, Format::png}) {
    const Bytes grey = test::picture({.format = format, .width = width, .height = height, .grey = true});
    EXPECT_EQ(decode(reduced_of(grey)).bands, 1);
    expect_alike(grey, to_width(120));
  }
}

TEST_F(ReducedForm, ServesEveryKindOfPlan) {
  const Bytes picture = test::picture({.width = width, .height = height, .orientation = 6});
  Edit cut = to_width(150);
  cut.canvas = Edit::Canvas::crop;
  cut.area = {20, 10, 90, 70};
  expect_alike(picture, cut);
  Edit wide = to_width(120);
  wide.canvas = Edit::Canvas::extend;
  wide.area = {-15, -10, 150, 100};
  wide.fill = Extend::mirror;
  expect_alike(picture, wide);
  Edit blurred = to_width(120);
  blurred.blur_sigma = 3;
  blurred.grey = true;
  expect_alike(picture, blurred);
  for (const Scale::Lead lead : {Scale::Lead::width, Scale::Lead::height}) {
    Edit led = to_width(77);
    led.scale->lead = lead;
    expect_alike(picture, led);
  }
}

TEST_F(ReducedForm, OnlyTheFirstStepDecodes) {
  const Bytes picture = photograph(".jpg");
  const Source source{picture, reduced_of(picture)};
  Workpiece work(source, header_of(picture));
  ASSERT_TRUE(work.apply(to_width(300), Workpiece::When::now));
  ASSERT_TRUE(work.apply(to_width(100), Workpiece::When::now));
  EXPECT_FALSE(work.from_reduced());
  Workpiece small(source, header_of(picture));
  ASSERT_TRUE(small.apply(to_width(100), Workpiece::When::now));
  ASSERT_TRUE(small.apply(to_width(300), Workpiece::When::now));
  EXPECT_TRUE(small.from_reduced());
  EXPECT_EQ(small.header().size, (Size{300, 200}));
}

TEST_F(ReducedForm, WhatIsBrokenHasNone) {
  const auto form = reduced(test::no_picture(), header_of(photograph(".jpg")));
  ASSERT_FALSE(form);
  EXPECT_EQ(form.error().status, 400);
}

}  // namespace
}  // namespace imcaxy::image
