#include "image/format.hpp"

#include <gtest/gtest.h>

#include "support/pictures.hpp"

namespace imcaxy::image {
namespace {

using namespace std::string_view_literals;

TEST(Sniff, TellsEveryFormatThatWeWrite) {
  for (const Format format :
       {Format::jpeg, Format::png, Format::webp, Format::gif, Format::tiff, Format::avif, Format::svg})
    EXPECT_EQ(sniff(test::picture({.format = format}).view()), format) << name(format);
}

TEST(Sniff, TellsFormatsByTheirFirstBytes) {
  const struct {
    std::string_view bytes;
    Format format;
  } cases[] = {
      {"\xff\xd8\xff\xe0 and what follows"sv, Format::jpeg},
      {"\xff\xd8\xff"sv, Format::jpeg},
      {"GIF87a"sv, Format::gif},
      {"GIF89a\x01"sv, Format::gif},
      {"II*\0\x08\0\0\0"sv, Format::tiff},
      {"MM\0*\0\0\0\x08"sv, Format::tiff},
      {"%PDF-1.7"sv, Format::pdf},
      {"\xff\x0a\x00"sv, Format::jxl},
      {"\0\0\0\x0cJXL \r\n\x87\n"sv, Format::jxl},
      {"\0\0\0\x0cjP  \r\n\x87\n"sv, Format::jp2k},
      {"\xff\x4f\xff\x51"sv, Format::jp2k},
      {"RIFF\x10\0\0\0WEBPVP8 "sv, Format::webp},
      {"\0\0\0\x1c"
       "ftypavif\0\0\0\0mif1"sv,
       Format::avif},
      {"\0\0\0\x1c"
       "ftypavis\0\0\0\0mif1"sv,
       Format::avif},
      {"\0\0\0\x18"
       "ftypheic\0\0\0\0mif1heic"sv,
       Format::heif},
      {"\0\0\0\x1c"
       "ftypmif1\0\0\0\0miafheix"sv,
       Format::heif},
      {"\0\0\0\x1c"
       "ftypmif1\0\0\0\0miafavifMA1B"sv,
       Format::avif},
  };
  for (const auto& c : cases) EXPECT_EQ(sniff(c.bytes), c.format) << testing::PrintToString(c.bytes);
}

TEST(Sniff, GarbageAndLiesAreUnknown) {
  for (const std::string_view bytes : {
           ""sv,
           "\xff"sv,
           "\x89"sv,
           "<"sv,
           "G"sv,
           "\0"sv,
           "\xff\xd8"sv,
           "\x89PNG"sv,
           "\x89PNG\n\n\x1a\n"sv,  // what a transfer as text makes of it
           "GIF88a"sv,
           "II\0*"sv,
           "RIFF\x10\0\0\0WAVEfmt "sv,
           "RIFF\x10\0\0\0WEB"sv,
           "\0\0\0\x18"
           "ftypmp42\0\0\0\0isommp42"sv,
           "\0\0\0\x18"
           "ftyp"sv,
           "\0\0\0\0"
           "ftypavifavif"sv,  // a box of no size has no brands
           "\0\0\0\x18"
           "moovavif\0\0\0\0"sv,
           "image/png"sv,
           "<html><body>no picture</body></html>"sv,
           "plain text that talks of <svg"sv,
           "PK\x03\x04"sv,
       })
    EXPECT_EQ(sniff(bytes), Format::unknown) << testing::PrintToString(bytes);
  EXPECT_EQ(sniff(test::no_picture().view()), Format::unknown);
}

TEST(Sniff, TheMinorVersionOfAnIsoMediaFileIsNoBrand) {
  EXPECT_EQ(sniff("\0\0\0\x14"
                  "ftypmif1avifmiaf"sv),
            Format::unknown);
}

TEST(Sniff, BrandsEndWithTheirBox) {
  EXPECT_EQ(sniff("\0\0\0\x14"
                  "ftypmp42\0\0\0\0isomavif"sv),
            Format::unknown);
}

TEST(Sniff, TellsAnSvgByItsTextWhateverComesFirst) {
  for (const std::string_view text : {
           "<svg xmlns='http://www.w3.org/2000/svg'/>"sv,
           "\xef\xbb\xbf<svg xmlns='http://www.w3.org/2000/svg'/>"sv,
           "\n\t <svg/>"sv,
           "<?xml version='1.0'?>\n<svg/>"sv,
           "<!-- drawn by hand -->\n<svg/>"sv,
           "<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'svg11.dtd'>\n<svg/>"sv,
           "\xef\xbb\xbf<?xml version='1.0'?><!-- a --><!DOCTYPE svg><svg width='1'/>"sv,
       })
    EXPECT_EQ(sniff(text), Format::svg) << text;
  EXPECT_EQ(sniff("<svg\0>"sv), Format::unknown) << "text has no zero byte";
  EXPECT_EQ(sniff("<!--" + std::string(5000, '-') + "--><svg/>"), Format::unknown) << "only the beginning is looked at";
}

TEST(FormatFacts, NamesAndTypesFitTogether) {
  const struct {
    Format format;
    std::string_view name, mime_type;
    bool readable, writable, raster;
  } cases[] = {
      {Format::jpeg, "jpeg", "image/jpeg", true, true, true},
      {Format::png, "png", "image/png", true, true, true},
      {Format::webp, "webp", "image/webp", true, true, true},
      {Format::gif, "gif", "image/gif", true, true, true},
      {Format::tiff, "tiff", "image/tiff", true, true, true},
      {Format::avif, "avif", "image/avif", true, true, true},
      {Format::svg, "svg", "image/svg+xml", true, false, false},
      {Format::heif, "heif", "image/heif", false, false, true},
      {Format::pdf, "pdf", "application/pdf", false, false, false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(name(c.format), c.name);
    EXPECT_EQ(from_name(c.name), c.format);
    EXPECT_EQ(mime_type(c.format), c.mime_type);
    EXPECT_EQ(is_readable(c.format), c.readable) << c.name;
    EXPECT_EQ(is_writable(c.format), c.writable) << c.name;
    EXPECT_EQ(is_raster(c.format), c.raster) << c.name;
  }
}

TEST(FormatFacts, NamesAreReadWithoutCaseAndUnknownOnesAreUnknown) {
  EXPECT_EQ(from_name("JPEG"), Format::jpeg);
  EXPECT_EQ(from_name("WebP"), Format::webp);
  for (const std::string_view name : {"", "jpg", "bmp", "png ", "image/png", "auto"})
    EXPECT_EQ(from_name(name), Format::unknown) << name;
  EXPECT_EQ(mime_type(Format::unknown), "application/octet-stream");
  EXPECT_EQ(name(Format::unknown), "");
  EXPECT_FALSE(is_readable(Format::unknown));
  EXPECT_FALSE(is_writable(Format::unknown));
}

}  // namespace
}  // namespace imcaxy::image
