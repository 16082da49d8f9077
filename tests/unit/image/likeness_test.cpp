#include "image/likeness.hpp"

#include <gtest/gtest.h>

#include "image/library.hpp"
#include "support/pictures.hpp"

namespace imcaxy::image {
namespace {

using test::picture;

class Likeness : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(start()); }
};

TEST_F(Likeness, OfThePictureItselfIsFull) {
  const Bytes png = picture({.format = Format::png, .width = 96, .height = 64});
  EXPECT_NEAR(*likeness(png, png, {}), 100, 0.01);
  const Bytes lossless = picture({.format = Format::webp, .width = 96, .height = 64, .lossless = true});
  EXPECT_NEAR(*likeness(png, lossless, {}), 100, 0.01) << "whatever the format is";
}

TEST_F(Likeness, SinksWithLosses) {
  const Bytes png = picture({.format = Format::png, .width = 96, .height = 64});
  const Bytes jpeg = picture({.format = Format::jpeg, .width = 96, .height = 64});
  EXPECT_LT(*likeness(png, jpeg, {}), 99);
  const Bytes grey = picture({.format = Format::png, .width = 96, .height = 64, .grey = true});
  EXPECT_LT(*likeness(png, grey, {}), *likeness(png, jpeg, {}));
}

TEST_F(Likeness, IsOfPicturesAsOneSeesThem) {
  const Bytes upright = picture({.format = Format::png, .width = 96, .height = 64});
  const Bytes turned = picture({.format = Format::png, .width = 96, .height = 64, .orientation = 6});
  EXPECT_NEAR(*likeness(upright, turned, {}), 100, 0.01);
}

TEST_F(Likeness, OpacityCounts) {
  const Bytes opaque = picture({.format = Format::png, .width = 96, .height = 64});
  const Bytes with_hole = picture({.format = Format::png, .width = 96, .height = 64, .alpha = true});
  EXPECT_LT(*likeness(opaque, with_hole, {}), 90);
}

TEST_F(Likeness, NeedsTwoPicturesOfOneSizeWithinTheLimits) {
  const Bytes one = picture({.width = 96, .height = 64}), other = picture({.width = 64, .height = 96});
  EXPECT_EQ(likeness(one, other, {}).error().status, 400);
  EXPECT_EQ(likeness(one, one, {.max_pixels = 1000}).error().status, 422);
  EXPECT_FALSE(likeness(one, test::no_picture(), {}));
}

}  // namespace
}  // namespace imcaxy::image
