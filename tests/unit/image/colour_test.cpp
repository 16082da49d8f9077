// Every kind of source comes out in the right colours: against values that are computed here, not by the library.
#include <algorithm>
#include <array>
#include <cmath>

#include <gtest/gtest.h>
#include <vips/vips8>

#include "image/edit.hpp"
#include "image/library.hpp"
#include "image/workpiece.hpp"
#include "support/pictures.hpp"

namespace imcaxy::image {
namespace {

using test::decode;
using test::Decoded;
using test::distance;
using test::Rgb;
using vips::VImage;

constexpr int width = 32, height = 24;

Edit as(Format format) {
  Edit plan;
  plan.encoding.format = format;
  plan.encoding.quality = 98;
  return plan;
}

Edit scaled(int to_width, int to_height) {
  Edit plan = as(Format::png);
  plan.scale = Scale{{to_width, to_height}};
  return plan;
}

/// Not scaled, with and without what a format does while it decodes, along one side only, and larger.
std::vector<Edit> all_ways() {
  return {as(Format::png), scaled(16, 12), scaled(7, 5), scaled(32, 12), scaled(16, 24), scaled(50, 40)};
}

/// For colours whose conversion takes long to prepare.
std::vector<Edit> few_ways() {
  return {as(Format::png), scaled(7, 5), scaled(32, 12)};
}

Decoded edited(const Bytes& source, const Edit& plan) {
  const auto header = read_header(source, {});
  const auto result = header ? edit(source, *header, plan) : Result<Picture>(std::unexpected(header.error()));
  if (!result) {
    ADD_FAILURE() << result.error().message;
    return decode(test::plain_png(1, 1, {0}));
  }
  return decode(result->bytes);
}

Bytes saved(const VImage& image, const char* suffix, vips::VOption* options = nullptr) {
  void* data = nullptr;
  std::size_t size = 0;
  image.write_to_buffer(suffix, &data, &size, options);
  Bytes out = Bytes::copy({static_cast<const char*>(data), size});
  g_free(data);
  return out;
}

class Colour : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(start()); }

  static VImage plain(const std::vector<double>& colour, VipsBandFormat format, VipsInterpretation space) {
    const std::vector<double> ones(colour.size(), 1);
    const VImage black = VImage::black(width, height, VImage::option()->set("bands", static_cast<int>(colour.size())));
    return black.linear(ones, colour).cast(format).copy(VImage::option()->set("interpretation", space)).copy_memory();
  }

  static VImage with_profile(const VImage& image, const char* name) {
    VipsBlob* profile = VImage::profile_load(name);
    return with_profile_bytes(image, profile_bytes(profile));
  }

  static std::string profile_bytes(VipsBlob* blob) {
    std::size_t size = 0;
    const auto* data = static_cast<const char*>(vips_blob_get(blob, &size));
    std::string out(data, size);
    vips_area_unref(VIPS_AREA(blob));
    return out;
  }

  static VImage with_profile_bytes(const VImage& image, const std::string& profile) {
    VImage out = image.copy();
    vips_image_set_blob_copy(out.get_image(), VIPS_META_ICC_NAME, profile.data(), profile.size());
    return out;
  }

  static void expect_plain(const Bytes& source, const Rgb& colour, int tolerance = 2,
                           const std::vector<Edit>& ways = all_ways()) {
    for (const Edit& plan : ways) {
      const Decoded out = edited(source, plan);
      SCOPED_TRACE(testing::Message() << out.width << 'x' << out.height);
      EXPECT_FALSE(out.profile) << "what is sRGB says nothing of it";
      EXPECT_TRUE(out.eight_bit);
      for (const auto& [x, y] : {std::pair{0, 0}, {out.width / 2, out.height / 2}, {out.width - 1, out.height - 1}})
        EXPECT_LE(distance(out.rgb(x, y), colour), tolerance) << testing::PrintToString(out.rgb(x, y));
    }
  }
};

double to_light(double value) {
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}
int from_light(double light) {
  light = std::clamp(light, 0.0, 1.0);
  const double value = light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
  return static_cast<int>(std::lround(255 * value));
}

/// Display P3 to sRGB by the primaries' matrix: both have the same white and the same curve.
Rgb from_p3(const Rgb& colour) {
  const double r = to_light(colour[0] / 255.0), g = to_light(colour[1] / 255.0), b = to_light(colour[2] / 255.0);
  return {from_light(1.2249401 * r - 0.2249404 * g), from_light(-0.0420569 * r + 1.0420571 * g),
          from_light(-0.0196376 * r - 0.0786361 * g + 1.0982735 * b)};
}

std::vector<double> doubles(const Rgb& colour, double factor = 1) {
  return {colour[0] * factor, colour[1] * factor, colour[2] * factor};
}

TEST_F(Colour, DisplayP3) {
  for (const Rgb& colour : {Rgb{200, 100, 50}, Rgb{90, 160, 120}, Rgb{128, 128, 128}, Rgb{40, 60, 200}}) {
    SCOPED_TRACE(testing::PrintToString(colour));
    const VImage eight = with_profile(plain(doubles(colour), VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB), "p3");
    const VImage sixteen =
        with_profile(plain(doubles(colour, 257), VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_RGB16), "p3");
    expect_plain(saved(eight, ".png"), from_p3(colour));
    expect_plain(saved(eight, ".tiff"), from_p3(colour));
    expect_plain(saved(eight, ".webp", VImage::option()->set("lossless", true)), from_p3(colour));
    expect_plain(saved(eight, ".jpg", VImage::option()->set("Q", 100)), from_p3(colour), 3);
    expect_plain(saved(sixteen, ".png"), from_p3(colour));
    expect_plain(saved(sixteen, ".tiff"), from_p3(colour));
  }
}

TEST_F(Colour, DisplayP3WithTransparency) {
  const Rgb colour{200, 100, 50};
  std::vector<double> eight = doubles(colour), sixteen = doubles(colour, 257);
  eight.push_back(100);
  sixteen.push_back(100 * 257);
  const Bytes sources[] = {
      saved(with_profile(plain(eight, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB), "p3"), ".png"),
      saved(with_profile(plain(sixteen, VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_RGB16), "p3"), ".png")};
  for (const Bytes& source : sources) {
    expect_plain(source, from_p3(colour), 3);
    for (const Edit& plan : all_ways()) EXPECT_NEAR(edited(source, plan).at(3, 3).at(3), 100, 1);
  }
}

TEST_F(Colour, GreyWithAProfileStaysGrey) {
  const VImage eight = with_profile(plain({150}, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_B_W), "sgrey");
  const VImage with_alpha = with_profile(plain({150, 200}, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_B_W), "sgrey");
  for (const char* suffix : {".png", ".tiff", ".jpg"}) expect_plain(saved(eight, suffix), {150, 150, 150});
  expect_plain(saved(with_alpha, ".png"), {150, 150, 150});
  EXPECT_EQ(edited(saved(eight, ".png"), as(Format::png)).bands, 1);
  EXPECT_NEAR(edited(saved(with_alpha, ".png"), scaled(16, 12)).at(2, 2).at(1), 200, 1);
}

TEST_F(Colour, SixteenBitsAndOne) {
  expect_plain(saved(plain({200 * 257, 100 * 257, 50 * 257}, VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_RGB16), ".png"),
               {200, 100, 50});
  expect_plain(saved(plain({150 * 257}, VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_GREY16), ".png"), {150, 150, 150});
  expect_plain(saved(plain({150 * 257, 65535}, VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_GREY16), ".png"),
               {150, 150, 150});
  expect_plain(saved(plain({200 * 257, 100 * 257, 50 * 257}, VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_RGB16), ".tiff"),
               {200, 100, 50});
  for (const char* suffix : {".png", ".tiff"}) {
    const VImage white = plain({255}, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_B_W);
    expect_plain(saved(white, suffix, VImage::option()->set("bitdepth", 1)), {255, 255, 255});
  }
}

TEST_F(Colour, PalettesWithTransparency) {
  // Red on the left, nothing on the right.
  VImage image = plain({200, 30, 60, 255}, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB);
  image = image.copy_memory();
  image.draw_rect({0, 0, 0, 0}, width / 2, 0, width / 2, height, VImage::option()->set("fill", true));
  const Bytes source = saved(image, ".png", VImage::option()->set("palette", true));
  ASSERT_TRUE(decode(source).palette);
  for (const Edit& plan : all_ways()) {
    const Decoded out = edited(source, plan);
    ASSERT_EQ(out.bands, 4);
    EXPECT_LE(distance(out.rgb(1, 1), {200, 30, 60}), 2);
    EXPECT_GE(out.at(1, 1).at(3), 245);
    EXPECT_EQ(out.at(out.width - 1, 1).at(3), 0);
  }
}

TEST_F(Colour, LabIsTheColourThatItNames) {
  // Of sRGB's primaries and of a grey, as the standard's formulas give them.
  const std::pair<std::vector<double>, Rgb> cases[] = {{{53.2408, 80.0925, 67.2032}, {255, 0, 0}},
                                                       {{87.7347, -86.1827, 83.1793}, {0, 255, 0}},
                                                       {{53.5850, 0, 0}, {128, 128, 128}}};
  for (const auto& [lab, colour] : cases)
    expect_plain(saved(plain(lab, VIPS_FORMAT_FLOAT, VIPS_INTERPRETATION_LAB), ".tiff"), colour, 3);
}

TEST_F(Colour, FloatingPointIsLight) {
  expect_plain(saved(plain({0.5, 0.25, 1}, VIPS_FORMAT_FLOAT, VIPS_INTERPRETATION_scRGB), ".tiff"),
               {from_light(0.5), from_light(0.25), 255});
  expect_plain(saved(plain({0.5}, VIPS_FORMAT_FLOAT, VIPS_INTERPRETATION_B_W), ".tiff"),
               {from_light(0.5), from_light(0.5), from_light(0.5)});
}

/// What a transform of the pixels alone gives.
Rgb by_profile(const VImage& image, const char* profile) {
  const VImage out = image.icc_transform(
      "srgb",
      VImage::option()->set("input_profile", profile)->set("embedded", false)->set("intent", VIPS_INTENT_PERCEPTUAL));
  const std::vector<double> pixel = out.getpoint(0, 0);
  return {static_cast<int>(pixel[0]), static_cast<int>(pixel[1]), static_cast<int>(pixel[2])};
}

/// What libvips takes ink for that nothing is said of.
Rgb by_default(const VImage& image) {
  const std::vector<double> pixel = image.colourspace(VIPS_INTERPRETATION_sRGB).getpoint(0, 0);
  return {static_cast<int>(pixel[0]), static_cast<int>(pixel[1]), static_cast<int>(pixel[2])};
}

TEST_F(Colour, InkIsNoLight) {
  for (const std::vector<double>& ink : {std::vector<double>{0, 200, 230, 10}, {60, 40, 40, 80}}) {
    SCOPED_TRACE(testing::PrintToString(ink));
    const VImage bare = plain(ink, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_CMYK);
    const VImage described = with_profile(bare, "cmyk");
    // A JPEG's inks are inverted, as Adobe has it; a TIFF's are not.
    expect_plain(saved(described, ".jpg", VImage::option()->set("Q", 100)), by_profile(bare, "cmyk"), 5, few_ways());
    expect_plain(saved(described, ".tiff"), by_profile(bare, "cmyk"), 3, few_ways());
    expect_plain(saved(bare, ".jpg", VImage::option()->set("Q", 100)), by_default(bare), 5, few_ways());
    expect_plain(saved(bare, ".tiff"), by_default(bare), 3, few_ways());
  }
}

/// A profile in a JPEG, whatever it is: libvips would not write it.
Bytes with_jpeg_profile(const Bytes& jpeg, const std::string& profile) {
  using namespace std::string_literals;
  const std::string content = "ICC_PROFILE\0\1\1"s + profile;
  const std::size_t size = content.size() + 2;
  return Bytes::adopt("\xff\xd8\xff\xe2"s + static_cast<char>(size >> 8) + static_cast<char>(size) + content +
                      std::string(jpeg.view().substr(2)));
}

TEST_F(Colour, ABrokenProfileIsAsGoodAsNone) {
  const Bytes colour = saved(plain({200, 100, 50}, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB), ".jpg",
                             VImage::option()->set("Q", 100)->set("strip", true));
  const Bytes grey = saved(plain({150}, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_B_W), ".jpg",
                           VImage::option()->set("Q", 100)->set("strip", true));
  const std::string p3 = profile_bytes(VImage::profile_load("p3")), cmyk = profile_bytes(VImage::profile_load("cmyk"));
  for (const std::string& profile : {std::string("no profile at all"), p3.substr(0, p3.size() / 2), p3.substr(0, 128),
                                     std::string(1000, '\xff'), cmyk.substr(0, 60000)}) {
    expect_plain(with_jpeg_profile(colour, profile), {200, 100, 50}, 3);
    expect_plain(with_jpeg_profile(grey, profile), {150, 150, 150});
  }
  expect_plain(with_jpeg_profile(grey, p3), {150, 150, 150});
  for (const std::string& profile : {std::string("no profile at all"), cmyk.substr(0, 60000)}) {
    Edit plan = as(Format::jpeg);
    plan.colours = Colours::own;
    const Decoded out = edited(with_jpeg_profile(colour, profile), plan);
    EXPECT_FALSE(out.profile) << "a profile that says nothing is not handed on";
    EXPECT_LE(distance(out.rgb(5, 5), {200, 100, 50}), 3);
  }
}

TEST_F(Colour, OnRequestPixelsAndProfileStay) {
  const Rgb colour{200, 100, 50};
  const VImage p3 = with_profile(plain(doubles(colour), VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB), "p3");
  const VImage deep = with_profile(plain(doubles(colour, 257), VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_RGB16), "p3");
  for (const Bytes& source : {saved(p3, ".png"), saved(deep, ".png"), saved(p3, ".tiff")})
    for (Edit plan : all_ways())
      for (const Format format : {Format::png, Format::jpeg, Format::webp, Format::tiff, Format::avif}) {
        SCOPED_TRACE(name(format));
        plan.encoding.format = format;
        plan.colours = Colours::own;
        const Decoded out = edited(source, plan);
        EXPECT_TRUE(out.profile);
        EXPECT_LE(distance(out.rgb(2, 2), colour), 4);
      }
  Edit gif = as(Format::gif);
  gif.colours = Colours::own;
  EXPECT_LE(distance(edited(saved(p3, ".png"), gif).rgb(2, 2), from_p3(colour)), 3) << "GIF has no profiles";
}

TEST_F(Colour, OnRequestInkStaysWhereTheFormatHasIt) {
  const VImage ink = with_profile(plain({60, 40, 140, 80}, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_CMYK), "cmyk");
  const Rgb colour = by_profile(ink, "cmyk");
  for (const char* suffix : {".jpg", ".tiff"})
    for (Edit plan : few_ways()) {
      plan.colours = Colours::own;
      for (const Format format : {Format::jpeg, Format::tiff}) {
        plan.encoding.format = format;
        const Decoded out = edited(saved(ink, suffix), plan);
        EXPECT_EQ(out.space, "cmyk");
        EXPECT_TRUE(out.profile);
        for (std::size_t band = 0; band < 4; ++band)
          EXPECT_NEAR(out.at(2, 2).at(band), (std::array{60, 40, 140, 80}[band]), 4);
      }
      plan.encoding.format = Format::png;
      const Decoded png = edited(saved(ink, suffix), plan);
      EXPECT_EQ(png.space, "srgb");
      EXPECT_FALSE(png.profile);
      EXPECT_LE(distance(png.rgb(2, 2), colour), 6);
      plan.encoding.format = Format::jpeg;
      plan.grey = true;
      EXPECT_EQ(edited(saved(ink, suffix), plan).bands, 1) << "what paints needs light";
    }
}

TEST_F(Colour, TransparentColoursLeaveNoFringeWhateverIsDone) {
  // Red that is opaque beside green that can't be seen: only red may be seen in the result.
  VImage image = plain({255, 0, 0, 255}, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB).copy_memory();
  image.draw_rect({0, 255, 0, 0}, width / 2, 0, width / 2, height, VImage::option()->set("fill", true));
  const Bytes source = saved(image, ".png");
  std::vector<Edit> plans = all_ways();
  Edit blur = as(Format::png);
  blur.blur_sigma = 3;
  plans.push_back(blur);
  blur.scale = Scale{{20, 24}};
  plans.push_back(blur);
  for (const Edit& plan : plans) {
    const Decoded out = edited(source, plan);
    for (int x = 0; x < out.width; ++x) {
      const auto pixel = out.at(x, out.height / 2);
      if (pixel[3] < 48) continue;  // too little of it for its colour to be exact
      EXPECT_GE(pixel[0], 235) << out.width << 'x' << out.height << " at " << x << ", blur " << plan.blur_sigma;
      EXPECT_LE(pixel[1], 20) << out.width << 'x' << out.height << " at " << x << ", blur " << plan.blur_sigma;
    }
  }
}

// What is private stays behind

Bytes with_private_metadata(int orientation) {
  VImage image = VImage::black(width, height, VImage::option()->set("bands", 3))
                     .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
  image.set(VIPS_META_ORIENTATION, orientation);
  image.set("exif-ifd0-Make", "SecretCamera");
  image.set("exif-ifd3-GPSLatitudeRef", "N");
  const std::string xmp = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>SecretPlace</x:xmpmeta>";
  vips_image_set_blob_copy(image.get_image(), VIPS_META_XMP_NAME, xmp.data(), xmp.size());
  return saved(image, ".jpg");
}

TEST_F(Colour, CamerasAndPlacesStayBehind) {
  for (const int orientation : {1, 6}) {
    const Bytes source = with_private_metadata(orientation);
    ASSERT_NE(source.view().find("SecretCamera"), source.view().npos);
    ASSERT_NE(source.view().find("SecretPlace"), source.view().npos);
    for (const bool upright : {true, false})
      for (const bool strip : {true, false})
        for (const Format format : {Format::jpeg, Format::png, Format::webp, Format::tiff, Format::avif}) {
          SCOPED_TRACE(testing::Message() << name(format) << orientation << upright << strip);
          Edit plan = as(format);
          plan.upright = upright;
          plan.encoding.strip = strip;
          const auto result = edit(source, *read_header(source, {}), plan);
          ASSERT_TRUE(result);
          EXPECT_EQ(result->bytes.view().find("Secret"), result->bytes.view().npos);
          const Decoded out = decode(result->bytes);
          // AVIF has no such field that a viewer would look at.
          const bool needs_turn = !upright && orientation == 6 && !strip && format != Format::avif;
          EXPECT_EQ(std::max(out.orientation, 1), needs_turn ? 6 : 1);
          if (!needs_turn && format != Format::avif) {
            EXPECT_FALSE(out.exif);
          }
        }
  }
}

TEST_F(Colour, TiffIsCompressedWithoutLoss) {
  const Bytes source = test::picture({.format = Format::png, .width = 300, .height = 200});
  const auto result = edit(source, *read_header(source, {}), as(Format::tiff));
  ASSERT_TRUE(result);
  EXPECT_LT(result->bytes.size(), 300u * 200 * 3 / 4);
  EXPECT_EQ(decode(result->bytes).pixels, decode(source).pixels);
}

}  // namespace
}  // namespace imcaxy::image
