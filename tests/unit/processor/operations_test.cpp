#include "processor/imaginary/operations.hpp"

#include <gtest/gtest.h>

namespace imcaxy::processor::imaginary {
namespace {

using image::Edit;
using image::Format;
using image::Header;
using image::Scale;
using image::Size;
using Canvas = Edit::Canvas;

Header header_of(Format format, int orientation = 0) {
  Header header;
  header.format = format;
  header.size = {1000, 500};
  header.orientation = orientation;
  return header;
}
const Header wide = header_of(Format::png);

Result<Edit> plan(std::string_view operation, const http::Query& query, const Header& header = wide) {
  const Operation* found = find_operation(operation);
  if (found == nullptr || found->plan == nullptr) return fail(500, "no such operation");
  const auto params = read_params(query);
  if (!params) return std::unexpected(params.error());
  return found->plan(*params, header);
}

Edit planned(std::string_view operation, const http::Query& query, const Header& header = wide) {
  const auto edit = plan(operation, query, header);
  EXPECT_TRUE(edit) << edit.error().message;
  return edit.value_or(Edit{});
}

std::string refused(std::string_view operation, const http::Query& query) {
  const auto edit = plan(operation, query);
  if (edit) return "";
  EXPECT_EQ(edit.error().status, 400);
  return edit.error().message;
}

Size size_of(const Edit& edit) {
  return edit.scale.value_or(Scale{{1000, 500}}).size;
}

TEST(Operations, NeverMakeAPictureLargerWhereThatIsAsked) {
  const auto size = [](std::string_view operation, http::Query query) {
    query.emplace_back("enlarge", "false");
    const Edit edit = planned(operation, query);
    const bool cuts = edit.canvas == Canvas::crop || edit.canvas == Canvas::smart_crop;
    return cuts ? Size{edit.area.width, edit.area.height} : size_of(edit);
  };
  const Size whole{1000, 500};
  for (const std::string_view operation : {"resize", "thumbnail", "autorotate", "flip", "flop"})
    EXPECT_EQ(size(operation, {{"width", "2000"}}), whole) << operation;
  EXPECT_EQ(size("convert", {{"type", "png"}, {"height", "900"}}), whole);
  EXPECT_EQ(size("enlarge", {{"width", "2000"}, {"height", "1000"}}), whole);
  EXPECT_EQ(size("resize", {{"width", "3000"}, {"height", "500"}, {"force", "true"}}), (Size{1000, 167}));
  EXPECT_EQ(size("crop", {{"width", "2000"}, {"height", "200"}}), (Size{1000, 100})) << "in its proportions";
  EXPECT_EQ(size("crop", {{"width", "3000"}, {"height", "3000"}}), (Size{500, 500}));
  EXPECT_EQ(size("smartcrop", {{"width", "400"}, {"height", "1000"}}), (Size{200, 500}));
  EXPECT_EQ(size("resize", {{"width", "300"}}), (Size{300, 150}));
  EXPECT_EQ(size_of(planned("flip", {{"width", "2000"}, {"enlarge", "true"}})), (Size{2000, 1000}))
      << "as it was asked for";
  EXPECT_EQ(size_of(planned("flip", {{"type", "png"}, {"width", "2000"}, {"enlarge", "false"}}, header_of(Format::svg)))
                .width,
            2000)
      << "a drawing has as many pixels as it is drawn with";
}

TEST(Operations, AreFoundByTheirExactNames) {
  for (const std::string_view name :
       {"info", "resize", "crop", "fit", "enlarge", "thumbnail", "convert", "autorotate", "smartcrop", "extract",
        "zoom", "rotate", "flip", "flop", "blur", "watermark", "watermarkimage", "pipeline"}) {
    const Operation* found = find_operation(name);
    ASSERT_NE(found, nullptr) << name;
    EXPECT_EQ(found->name, name);
    EXPECT_EQ(found->plan == nullptr, name == "info" || name == "pipeline");
  }
  for (const std::string_view name : {"", "Resize", "resize ", "watermarkImage", "form", "/resize"})
    EXPECT_EQ(find_operation(name), nullptr) << name;
}

TEST(Operations, WhatIsMissingIsToldInImaginarysWords) {
  const struct {
    std::string_view operation;
    http::Query query;
    std::string_view message;
  } cases[] = {
      {"resize", {}, "Missing required param: height or width"},
      {"resize", {{"width", "0"}, {"height", ""}}, "Missing required param: height or width"},
      {"crop", {}, "Missing required param: height or width"},
      {"thumbnail", {}, "Missing required params: width or height"},
      {"fit", {}, "Missing required params: height, width"},
      {"fit", {{"width", "100"}}, "Missing required params: height, width"},
      {"fit", {{"height", "100"}}, "Missing required params: height, width"},
      {"enlarge", {{"width", "100"}}, "Missing required params: height, width"},
      {"enlarge", {{"height", "100"}}, "Missing required params: height, width"},
      {"convert", {}, "Missing required param: type"},
      {"convert", {{"type", "bmp"}}, "Invalid image type: bmp"},
  };
  for (const auto& c : cases) EXPECT_EQ(refused(c.operation, c.query), c.message) << c.operation;
  for (const std::string_view operation : {"resize", "crop", "thumbnail"})
    for (const std::string side : {"width", "height"}) EXPECT_EQ(refused(operation, {{side, "10"}}), "") << operation;
}

TEST(Operations, ResizeEmbedsUnlessCropIsAskedFor) {
  const http::Query box{{"width", "300"}, {"height", "300"}};
  const auto with = [&](std::string name, std::string value) {
    http::Query query = box;
    query.emplace_back(std::move(name), std::move(value));
    return planned("resize", query);
  };
  EXPECT_EQ(planned("resize", box).canvas, Canvas::extend);
  EXPECT_EQ(with("nocrop", "true").canvas, Canvas::extend);
  EXPECT_EQ(with("nocrop", "false").canvas, Canvas::crop);
  EXPECT_EQ(with("force", "true").canvas, Canvas::keep);
  EXPECT_EQ(size_of(with("force", "true")), (Size{300, 300}));
  EXPECT_EQ(size_of(planned("resize", {{"width", "300"}})), (Size{300, 150}));
}

TEST(Operations, CropCutsAndThumbnailForces) {
  const Edit crop = planned("crop", {{"width", "300"}, {"height", "300"}, {"gravity", "west"}});
  EXPECT_EQ(crop.canvas, Canvas::crop);
  EXPECT_EQ(crop.area, (image::Rect{0, 0, 300, 300}));
  const Edit thumbnail = planned("thumbnail", {{"width", "300"}, {"height", "300"}});
  EXPECT_EQ(thumbnail.canvas, Canvas::keep);
  EXPECT_EQ(size_of(thumbnail), (Size{300, 300}));
  EXPECT_EQ(size_of(planned("thumbnail", {{"width", "300"}})), (Size{300, 150}));
  EXPECT_EQ(planned("thumbnail", {{"width", "300"}, {"height", "300"}, {"embed", "true"}}).canvas, Canvas::extend);
}

TEST(Operations, FitNeverDistortsNorFills) {
  for (const auto& [width, height, result] : {std::tuple{"300", "300", Size{300, 150}},
                                              {"2000", "100", Size{200, 100}},
                                              {"300", "150", Size{300, 150}},
                                              {"101", "900", Size{101, 51}},
                                              {"2000", "2000", Size{1000, 500}},
                                              {"1", "1", Size{1, 1}}}) {
    const Edit edit = planned("fit", {{"width", width}, {"height", height}});
    EXPECT_EQ(size_of(edit), result) << width << 'x' << height;
    EXPECT_EQ(edit.canvas, Canvas::keep) << width << 'x' << height;
  }
  // The box is meant for the picture as it is seen.
  const Header lying = header_of(Format::jpeg, 6);
  EXPECT_EQ(size_of(planned("fit", {{"width", "300"}, {"height", "300"}}, lying)), (Size{150, 300}));
  EXPECT_EQ(size_of(planned("fit", {{"width", "300"}, {"height", "300"}, {"norotation", "true"}}, lying)),
            (Size{300, 150}));
}

TEST(Operations, EnlargeCropsUnlessToldNotTo) {
  const Edit edit = planned("enlarge", {{"width", "1500"}, {"height", "1500"}});
  EXPECT_EQ(edit.canvas, Canvas::crop);
  EXPECT_EQ(size_of(edit), (Size{3000, 1500}));
  const Edit whole = planned("enlarge", {{"width", "1500"}, {"height", "1500"}, {"nocrop", "true"}});
  EXPECT_EQ(whole.canvas, Canvas::keep);
  EXPECT_EQ(size_of(whole), (Size{1500, 750}));
}

TEST(Operations, ConvertKeepsTheSizeUnlessOneIsGiven) {
  const Edit edit = planned("convert", {{"type", "webp"}});
  EXPECT_EQ(edit.encoding.format, Format::webp);
  EXPECT_FALSE(edit.scale);
  EXPECT_EQ(size_of(planned("convert", {{"type", "webp"}, {"width", "100"}})), (Size{100, 50}));
}

TEST(Operations, AutorotateIgnoresEveryParameter) {
  const Edit edit =
      planned("autorotate", {{"width", "10"}, {"type", "webp"}, {"rotate", "90"}, {"flip", "1"}, {"quality", "1"}});
  EXPECT_TRUE(edit.upright);
  EXPECT_FALSE(edit.scale);
  EXPECT_EQ(edit.rotate, 0);
  EXPECT_FALSE(edit.flip);
  EXPECT_EQ(edit.encoding.format, Format::png);
  EXPECT_EQ(edit.encoding.quality, 75);
}

TEST(Operations, TheFormatIsTheSourcesUnlessOneIsGiven) {
  EXPECT_EQ(planned("resize", {{"width", "10"}}).encoding.format, Format::png);
  EXPECT_EQ(planned("resize", {{"width", "10"}, {"type", "JPEG"}}).encoding.format, Format::jpeg);
  EXPECT_EQ(refused("convert", {{"type", "svg"}}), "Unsupported image output type");
  EXPECT_EQ(planned("flip", {{"type", "jpg"}}).encoding.format, Format::png) << "what is no name says nothing";
  EXPECT_EQ(refused("convert", {{"type", "pdf"}}), "Unsupported image output type");
  const auto svg = plan("resize", {{"width", "10"}}, header_of(Format::svg));
  ASSERT_FALSE(svg);
  EXPECT_EQ(svg.error().message, "Unsupported image output type");
}

TEST(Operations, HowItIsWritten) {
  const Edit plain = planned("resize", {{"width", "10"}});
  EXPECT_EQ(plain.encoding.quality, 75);
  EXPECT_EQ(plain.encoding.compression, 6);
  EXPECT_FALSE(plain.encoding.interlace);
  EXPECT_FALSE(plain.encoding.strip);
  EXPECT_EQ(plain.colours, image::Colours::srgb);
  EXPECT_FALSE(plain.grey);
  EXPECT_FALSE(plain.encoding.palette);
  const Edit all = planned("resize", {{"width", "10"},
                                      {"quality", "250"},
                                      {"compression", "9"},
                                      {"interlace", "1"},
                                      {"stripmeta", "1"},
                                      {"noprofile", "1"},
                                      {"colorspace", "bw"},
                                      {"palette", "1"}});
  EXPECT_EQ(all.encoding.quality, 100) << "there is no better than 100";
  EXPECT_EQ(all.encoding.compression, 9);
  EXPECT_TRUE(all.encoding.interlace);
  EXPECT_TRUE(all.encoding.strip);
  EXPECT_EQ(all.colours, image::Colours::srgb);
  EXPECT_TRUE(all.grey);
  EXPECT_TRUE(all.encoding.palette);
  EXPECT_EQ(refused("resize", {{"width", "10"}, {"compression", "10"}}), "compression has to be between 1 and 9");
}

TEST(Operations, TurnsAreQuartersAndReplaceExifs) {
  const std::pair<std::string, int> cases[] = {{"0", 0},     {"45", 0},    {"89", 0},    {"90", 90}, {"100", 90},
                                               {"180", 180}, {"270", 270}, {"300", 270}, {"-90", 90}};
  for (const auto& [degrees, turn] : cases) {
    const Edit edit = planned("resize", {{"width", "10"}, {"rotate", degrees}});
    EXPECT_EQ(edit.rotate, turn) << degrees;
    EXPECT_EQ(edit.upright, degrees == "0") << degrees;
  }
  EXPECT_FALSE(planned("resize", {{"width", "10"}, {"norotation", "true"}}).upright);
  const Edit mirrored = planned("resize", {{"width", "10"}, {"flip", "1"}, {"flop", "1"}});
  EXPECT_TRUE(mirrored.flip);
  EXPECT_TRUE(mirrored.flop);
}

TEST(Operations, SizesAreOfTheTurnedPicture) {
  EXPECT_EQ(size_of(planned("resize", {{"width", "100"}, {"rotate", "90"}})), (Size{100, 200}));
  const Header lying = header_of(Format::jpeg, 8);
  EXPECT_EQ(size_of(planned("resize", {{"width", "100"}}, lying)), (Size{100, 200}));
  EXPECT_EQ(size_of(planned("resize", {{"width", "100"}, {"norotation", "1"}}, lying)), (Size{100, 50}));
  EXPECT_EQ(size_of(planned("resize", {{"width", "100"}, {"rotate", "180"}}, lying)), (Size{100, 50}));
}

TEST(Operations, ABackgroundThatIsNotBlackFlattens) {
  const Edit edit = planned("resize", {{"width", "10"}, {"background", "1,2,3"}, {"extend", "background"}});
  EXPECT_TRUE(edit.flatten);
  EXPECT_EQ(edit.background, (image::Color{1, 2, 3}));
  EXPECT_EQ(edit.fill, image::Extend::background);
  EXPECT_FALSE(planned("resize", {{"width", "10"}, {"background", "0,0,0"}}).flatten);
  EXPECT_FALSE(planned("resize", {{"width", "10"}}).flatten);
}

TEST(Operations, SigmaBlurs) {
  EXPECT_EQ(planned("resize", {{"width", "10"}, {"sigma", "2.5"}}).blur_sigma, 2.5);
  EXPECT_EQ(planned("resize", {{"width", "10"}}).blur_sigma, 0);
  EXPECT_EQ(planned("resize", {{"width", "10"}, {"sigma", "1000"}}).blur_sigma, 1000);
  EXPECT_EQ(refused("resize", {{"width", "10"}, {"sigma", "1000.5"}}), "sigma has to be at most 1000");
}

TEST(Operations, AnAspectRatioGivesTheOtherSide) {
  const auto box = [](std::string side, std::string length, std::string ratio) {
    return size_of(planned("thumbnail", {{side, length}, {"aspectratio", ratio}}));
  };
  EXPECT_EQ(box("width", "160", "16:9"), (Size{160, 90}));
  EXPECT_EQ(box("height", "90", "16:9"), (Size{160, 90}));
  EXPECT_EQ(box("width", "170", "16:9"), (Size{170, 90})) << "Imaginary divides whole numbers first";
  EXPECT_EQ(box("width", "10", "16:9"), (Size{10, 5})) << "a side of nothing is one that is not given";
  EXPECT_EQ(size_of(planned("thumbnail", {{"width", "100"}, {"height", "100"}, {"aspectratio", "16:9"}})),
            (Size{100, 100}));
  for (const std::string ratio : {"16", "16:", ":9", "0:9", "16:0", "-16:9", "a:b"})
    EXPECT_EQ(refused("thumbnail", {{"width", "100"}, {"aspectratio", ratio}}),
              "aspectratio has to be two numbers, as in 16:9")
        << ratio;
}

TEST(Operations, AnAspectRatioBeyondAllMeasureIsSeenByTheLimit) {
  for (const std::string side : {"width", "height"}) {
    const std::string ratio = side == "width" ? "1:2147483647" : "2147483647:1";
    for (const std::string length : {"3", "40000", "2147483647"}) {
      const Edit edit = planned("thumbnail", {{side, length}, {"aspectratio", ratio}});
      EXPECT_FALSE(image::check_size({}, edit, {})) << side << ' ' << length;
    }
  }
}

}  // namespace
}  // namespace imcaxy::processor::imaginary
