#include "processor/imaginary/geometry.hpp"

#include <gtest/gtest.h>

namespace imcaxy::processor::imaginary {
namespace {

using image::Edit;
using image::Rect;
using image::Scale;
using image::Size;
using Canvas = Edit::Canvas;

constexpr auto both = Scale::Lead::both, by_width = Scale::Lead::width, by_height = Scale::Lead::height;
constexpr std::nullopt_t as_it_is = std::nullopt;

struct Case {
  std::string_view what;
  Size source;
  Shape shape;
  std::optional<Scale> scale;
  Canvas canvas = Canvas::keep;
  Rect area{};
};

std::string shown(const Edit& edit) {
  const auto& a = edit.area;
  const testing::Message text = testing::Message()
                                << (edit.scale ? std::to_string(edit.scale->size.width) + "x" +
                                                     std::to_string(edit.scale->size.height) + " led by " +
                                                     std::to_string(static_cast<int>(edit.scale->lead))
                                               : std::string("as it is"))
                                << ", canvas " << static_cast<int>(edit.canvas) << ", area " << a.left << ',' << a.top
                                << ' ' << a.width << 'x' << a.height;
  return text.GetString();
}

void expect_all(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    Edit got, wanted;
    plan_geometry(c.shape, c.source, got);
    wanted.scale = c.scale;
    wanted.canvas = c.canvas;
    wanted.area = c.area;
    EXPECT_EQ(shown(got), shown(wanted)) << c.what;
  }
}

constexpr Size wide{1000, 500}, tall{500, 1000};

TEST(Geometry, WithoutSizesNothingChanges) {
  expect_all({
      {"nothing asked", wide, {}, as_it_is},
      {"crop without a box", wide, {.crop = true}, as_it_is},
      {"embed without a box", wide, {.embed = true}, as_it_is},
      {"force without a box", wide, {.force = true}, as_it_is},
      {"enlarge without a box", wide, {.enlarge = true}, as_it_is},
  });
}

TEST(Geometry, SizesAloneForceTheBox) {
  expect_all({
      {"both sides distort", wide, {.width = 300, .height = 300}, Scale{{300, 300}, both}},
      {"width alone keeps the proportions", wide, {.width = 300}, Scale{{300, 150}, both}},
      {"height alone keeps the proportions", wide, {.height = 100}, Scale{{200, 100}, both}},
      {"larger", wide, {.width = 2000}, Scale{{2000, 1000}, both}},
      {"larger and distorted", wide, {.width = 2000, .height = 300}, Scale{{2000, 300}, both}},
      {"its own size", wide, {.width = 1000, .height = 500}, as_it_is},
      {"its own width", wide, {.width = 1000}, as_it_is},
      {"half a pixel is rounded up", {1000, 501}, {.width = 500}, Scale{{500, 251}, both}},
      {"a side is at least one pixel", {1000, 3}, {.width = 10}, Scale{{10, 1}, both}},
  });
}

TEST(Geometry, ForceWinsOverCropAndEmbed) {
  expect_all({
      {"force and crop", wide, {.width = 300, .height = 300, .crop = true, .force = true}, Scale{{300, 300}, both}},
      {"force and embed", wide, {.width = 300, .height = 300, .embed = true, .force = true}, Scale{{300, 300}, both}},
      {"force, embed, width", wide, {.width = 300, .embed = true, .force = true}, Scale{{300, 150}, both}},
      {"force, crop, width: the height stays",
       wide,
       {.width = 300, .crop = true, .force = true},
       Scale{{300, 500}, both}},
      {"force larger", wide, {.width = 2000, .height = 2000, .crop = true, .force = true}, Scale{{2000, 2000}, both}},
  });
}

TEST(Geometry, EmbedFitsIntoTheBoxAndFillsTheRest) {
  expect_all({
      {"wide in a square",
       wide,
       {.width = 300, .height = 300, .embed = true},
       Scale{{300, 150}, by_width},
       Canvas::extend,
       {0, -75, 300, 300}},
      {"tall in a square",
       tall,
       {.width = 300, .height = 300, .embed = true},
       Scale{{150, 300}, by_height},
       Canvas::extend,
       {-75, 0, 300, 300}},
      {"an odd rest has more below",
       wide,
       {.width = 101, .height = 200, .embed = true},
       Scale{{101, 51}, by_width},
       Canvas::extend,
       {0, -74, 101, 200}},
      {"same proportions", wide, {.width = 200, .height = 100, .embed = true}, Scale{{200, 100}, by_width}},
      {"width alone", wide, {.width = 100, .embed = true}, Scale{{100, 50}, by_width}},
      {"height alone", wide, {.height = 100, .embed = true}, Scale{{200, 100}, by_height}},
      {"its own size", wide, {.width = 1000, .height = 500, .embed = true}, as_it_is},
      {"one side its own",
       wide,
       {.width = 1000, .height = 800, .embed = true},
       as_it_is,
       Canvas::extend,
       {0, -150, 1000, 800}},
  });
}

TEST(Geometry, ThePictureThatIsSmallerThanTheBoxStaysAsItIs) {
  expect_all({
      {"embed", wide, {.width = 2000, .height = 1000, .embed = true}, as_it_is},
      {"embed in another shape", wide, {.width = 1200, .height = 4000, .embed = true}, as_it_is},
      {"embed, width alone", wide, {.width = 2000, .embed = true}, as_it_is},
      {"crop", wide, {.width = 2000, .height = 1000, .crop = true}, as_it_is},
      {"smart crop", wide, {.width = 2000, .height = 1000, .crop = true, .gravity = Gravity::smart}, as_it_is},
      // Only when it is smaller in both directions.
      {"embed in a longer box",
       wide,
       {.width = 2000, .height = 400, .embed = true},
       Scale{{800, 400}, by_height},
       Canvas::extend,
       {-600, 0, 2000, 400}},
      {"embed in a box as high",
       wide,
       {.width = 2000, .height = 500, .embed = true},
       as_it_is,
       Canvas::extend,
       {-500, 0, 2000, 500}},
      {"crop to a longer box",
       wide,
       {.width = 2000, .height = 300, .crop = true},
       Scale{{2000, 1000}, by_width},
       Canvas::crop,
       {0, 350, 2000, 300}},
      {"crop to a greater width", wide, {.width = 2000, .crop = true}, as_it_is},
  });
}

TEST(Geometry, CropFillsTheBoxAndCutsTheMiddle) {
  expect_all({
      {"wide to a square",
       wide,
       {.width = 300, .height = 300, .crop = true},
       Scale{{600, 300}, by_height},
       Canvas::crop,
       {150, 0, 300, 300}},
      {"tall to a square",
       tall,
       {.width = 300, .height = 300, .crop = true},
       Scale{{300, 600}, by_width},
       Canvas::crop,
       {0, 150, 300, 300}},
      {"an odd rest is cut at the beginning",
       wide,
       {.width = 301, .height = 300, .crop = true},
       Scale{{600, 300}, by_height},
       Canvas::crop,
       {150, 0, 301, 300}},
      {"same proportions", wide, {.width = 200, .height = 100, .crop = true}, Scale{{200, 100}, by_height}},
      {"almost the same proportions",
       {1001, 501},
       {.width = 100, .height = 50, .crop = true},
       Scale{{100, 50}, by_width}},
      {"its own size", wide, {.width = 1000, .height = 500, .crop = true}, as_it_is},
      {"width alone cuts", wide, {.width = 300, .crop = true}, as_it_is, Canvas::crop, {350, 0, 300, 500}},
      {"height alone cuts", wide, {.height = 100, .crop = true}, as_it_is, Canvas::crop, {0, 200, 1000, 100}},
      {"crop wins over embed",
       wide,
       {.width = 300, .height = 300, .crop = true, .embed = true},
       Scale{{600, 300}, by_height},
       Canvas::crop,
       {150, 0, 300, 300}},
  });
}

TEST(Geometry, GravityMovesTheCut) {
  const auto crop = [](Gravity gravity) {
    return Shape{.width = 300, .height = 300, .crop = true, .gravity = gravity};
  };
  const Scale low{{600, 300}, by_height}, high{{300, 600}, by_width};
  expect_all({
      {"wide, west", wide, crop(Gravity::west), low, Canvas::crop, {0, 0, 300, 300}},
      {"wide, east", wide, crop(Gravity::east), low, Canvas::crop, {300, 0, 300, 300}},
      {"wide, north", wide, crop(Gravity::north), low, Canvas::crop, {150, 0, 300, 300}},
      {"wide, south", wide, crop(Gravity::south), low, Canvas::crop, {150, 0, 300, 300}},
      {"tall, north", tall, crop(Gravity::north), high, Canvas::crop, {0, 0, 300, 300}},
      {"tall, south", tall, crop(Gravity::south), high, Canvas::crop, {0, 300, 300, 300}},
      {"tall, west", tall, crop(Gravity::west), high, Canvas::crop, {0, 150, 300, 300}},
      {"tall, east", tall, crop(Gravity::east), high, Canvas::crop, {0, 150, 300, 300}},
      {"south of a picture without a rest",
       wide,
       {.height = 100, .crop = true, .gravity = Gravity::south},
       as_it_is,
       Canvas::crop,
       {0, 400, 1000, 100}},
  });
}

TEST(Geometry, AFocalPointIsTheMiddleOfTheCutAsFarAsItCan) {
  const auto crop = [](double x, double y, Gravity gravity = Gravity::centre) {
    return Shape{.width = 300, .height = 300, .crop = true, .gravity = gravity, .focal = FocalPoint{x, y}};
  };
  const Scale low{{600, 300}, by_height}, high{{300, 600}, by_width};
  expect_all({
      {"in the middle", wide, crop(0.5, 0.5), low, Canvas::crop, {150, 0, 300, 300}},
      {"right of it", wide, crop(0.6, 0), low, Canvas::crop, {210, 0, 300, 300}},
      {"near the border", wide, crop(0.9, 1), low, Canvas::crop, {300, 0, 300, 300}},
      {"at the border", wide, crop(0, 0.2), low, Canvas::crop, {0, 0, 300, 300}},
      {"down", tall, crop(1, 0.3), high, Canvas::crop, {0, 30, 300, 300}},
      {"instead of a gravity", wide, crop(0.4, 0.5, Gravity::east), low, Canvas::crop, {90, 0, 300, 300}},
      {"and of what is smart", wide, crop(0.4, 0.5, Gravity::smart), low, Canvas::crop, {90, 0, 300, 300}},
      {"both ways",
       wide,
       {.width = 300, .crop = true, .focal = FocalPoint{0.25, 0.75}},
       as_it_is,
       Canvas::crop,
       {100, 0, 300, 500}},
      {"nothing to cut",
       wide,
       {.width = 500, .height = 250, .crop = true, .focal = FocalPoint{0, 0}},
       Scale{{500, 250}, by_height}},
      {"nothing is cut",
       wide,
       {.width = 300, .height = 300, .embed = true, .focal = FocalPoint{0, 0}},
       Scale{{300, 150}, by_width},
       Canvas::extend,
       {0, -75, 300, 300}},
  });
}

TEST(Geometry, SmartGravityCutsEvenWithoutCrop) {
  const auto smart = Gravity::smart;
  expect_all({
      {"crop",
       wide,
       {.width = 300, .height = 300, .crop = true, .gravity = smart},
       Scale{{600, 300}, by_height},
       Canvas::smart_crop,
       {150, 0, 300, 300}},
      {"crop, width alone",
       wide,
       {.width = 300, .crop = true, .gravity = smart},
       as_it_is,
       Canvas::smart_crop,
       {350, 0, 300, 500}},
      {"embed: nothing to cut, nothing is filled",
       wide,
       {.width = 300, .height = 300, .embed = true, .gravity = smart},
       Scale{{300, 150}, by_width}},
      {"force", wide, {.width = 300, .height = 300, .force = true, .gravity = smart}, Scale{{300, 300}, both}},
  });
}

TEST(Geometry, EnlargeGoesBeyondTheOwnSize) {
  expect_all({
      {"enlarge and crop",
       wide,
       {.width = 1500, .height = 1500, .crop = true, .enlarge = true},
       Scale{{3000, 1500}, by_height},
       Canvas::crop,
       {750, 0, 1500, 1500}},
      {"enlarge in proportion",
       wide,
       {.width = 2000, .height = 1000, .crop = true, .enlarge = true},
       Scale{{2000, 1000}, by_height}},
      {"enlarge without crop fits",
       wide,
       {.width = 1500, .height = 1500, .enlarge = true},
       Scale{{1500, 750}, by_width}},
      {"enlarge also reduces",
       wide,
       {.width = 300, .height = 300, .crop = true, .enlarge = true},
       Scale{{600, 300}, by_height},
       Canvas::crop,
       {150, 0, 300, 300}},
      {"enlarge and embed",
       wide,
       {.width = 1500, .height = 1500, .embed = true, .enlarge = true},
       Scale{{1500, 750}, by_width},
       Canvas::extend,
       {0, -375, 1500, 1500}},
  });
}

TEST(Geometry, ATurnKeepsSizesFromForcing) {
  expect_all({
      {"both sides", wide, {.width = 300, .height = 300, .turned = true}, Scale{{300, 150}, by_width}},
      {"width alone", wide, {.width = 300, .turned = true}, Scale{{300, 150}, by_width}},
      {"a larger box", wide, {.width = 3000, .height = 3000, .turned = true}, as_it_is},
  });
}

TEST(Geometry, ExtractCutsAnArea) {
  expect_all({
      {"an area", wide, {.extract = {10, 20, 30, 40}}, as_it_is, Canvas::crop, {10, 20, 30, 40}},
      {"an area of the scaled picture",
       wide,
       {.width = 500, .extract = {10, 20, 30, 40}},
       Scale{{500, 250}, both},
       Canvas::crop,
       {10, 20, 30, 40}},
      {"its height is the box's when it has none",
       wide,
       {.width = 500, .extract = {0, 0, 30, 0}},
       Scale{{500, 250}, both},
       Canvas::crop,
       {0, 0, 30, 250}},
      {"its width is the box's when it has none",
       wide,
       {.width = 500, .extract = {0, 0, 0, 40}},
       Scale{{500, 250}, both},
       Canvas::crop,
       {0, 0, 500, 40}},
      {"a place alone does nothing", wide, {.extract = {10, 20, 0, 0}}, as_it_is},
  });
}

TEST(Geometry, TheAreaOfACropLiesInThePicture) {
  for (const Size source : {Size{1, 1}, Size{1, 999}, Size{999, 1}, Size{331, 257}, Size{640, 480}})
    for (int width = 0; width <= 700; width += 50)
      for (int height = 0; height <= 700; height += 50)
        for (const bool enlarge : {false, true})
          for (const Gravity gravity :
               {Gravity::centre, Gravity::north, Gravity::south, Gravity::east, Gravity::west}) {
            Edit edit;
            std::optional<FocalPoint> focal;
            if (gravity == Gravity::centre) focal = FocalPoint{width / 700.0, height / 700.0};
            plan_geometry({.width = width,
                           .height = height,
                           .crop = true,
                           .enlarge = enlarge,
                           .gravity = gravity,
                           .focal = focal},
                          source, edit);
            if (edit.canvas != Canvas::crop) continue;
            const Size whole = edit.scale ? edit.scale->size : source;
            ASSERT_GE(edit.area.left, 0);
            ASSERT_GE(edit.area.top, 0);
            ASSERT_GT(edit.area.width, 0);
            ASSERT_GT(edit.area.height, 0);
            ASSERT_LE(edit.area.left + edit.area.width, whole.width);
            ASSERT_LE(edit.area.top + edit.area.height, whole.height);
          }
}

TEST(Geometry, SizesBeyondAllMeasureAreSeenByTheLimit) {
  // The other side, by the proportions, is more than an int can hold.
  for (const Shape& shape : {Shape{.width = 40'000'000, .height = 1, .crop = true}, Shape{.width = 40'000'000},
                             Shape{.width = 2147483647, .height = 1, .crop = true}, Shape{.width = 2147483647},
                             Shape{.width = 2147483647, .height = 2147483647, .embed = true, .enlarge = true}}) {
    Edit edit;
    plan_geometry(shape, {1, 100}, edit);
    EXPECT_FALSE(image::check_size({}, edit, {})) << shown(edit);
  }
}

TEST(Geometry, ALongPictureThatIsEnlargedIsSeenByTheLimit) {
  image::Header header;
  header.size = {50'000'000, 1};
  Edit edit;
  edit.zoom = 101;
  plan_geometry({.zoom = 101}, header.size, edit);
  EXPECT_FALSE(image::check_size(header, edit, {})) << shown(edit);
}

}  // namespace
}  // namespace imcaxy::processor::imaginary
