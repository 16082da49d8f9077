#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jpeg/reader.hpp"
#include "jpeg/recolour.hpp"
#include "jpeg/writer.hpp"
#include "support/pictures.hpp"

namespace imcaxy::jpeg {
namespace {

using Samples = std::vector<std::uint8_t>;

Samples gradient(int width, int height, int bands) {
  Samples out;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int band = 0; band < bands; ++band)
        out.push_back(static_cast<std::uint8_t>((x * (band + 1) + y * 2) * 255 / (width * bands + height * 2)));
  return out;
}

std::string written(const Writing& writing, const Samples& samples) {
  const auto writer = Writer::open(writing);
  EXPECT_TRUE(writer);
  for (int y = 0; y < writing.height; ++y)
    EXPECT_TRUE((*writer)->push(samples.data() + static_cast<std::ptrdiff_t>(y) * writing.width * writing.bands));
  return *(*writer)->finish();
}

Samples rows_of(std::string_view jpeg) {
  const auto reader = Reader::open(jpeg);
  EXPECT_TRUE(reader) << reader.error().message;
  const auto size = static_cast<std::ptrdiff_t>((*reader)->width()) * (*reader)->bands();
  Samples out;
  EXPECT_TRUE((*reader)->read_rows([&](const std::uint8_t* row) { out.insert(out.end(), row, row + size); }));
  return out;
}

double mean_difference(const Samples& a, const Samples& b) {
  EXPECT_EQ(a.size(), b.size());
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum / static_cast<double>(a.size());
}

const std::vector<std::pair<int, int>> sizes{{1, 1},   {2, 1},   {15, 17},   {16, 16},
                                             {33, 31}, {64, 48}, {129, 100}, {3, 90}};

TEST(JpegWriter, WhatIsWrittenIsReadByUsAndOthers) {
  for (const auto& [width, height] : sizes)
    for (const int bands : {1, 3})
      for (const bool progressive : {false, true}) {
        const Samples samples = gradient(width, height, bands);
        const std::string jpeg = written(
            {.width = width, .height = height, .bands = bands, .quality = 95, .progressive = progressive}, samples);
        const test::Decoded decoded = test::decode(Bytes::copy(jpeg));
        ASSERT_EQ(decoded.width, width);
        ASSERT_EQ(decoded.height, height);
        ASSERT_EQ(decoded.bands, bands);
        EXPECT_EQ(decoded.progressive, progressive);
        const Samples rows = rows_of(jpeg);
        EXPECT_EQ(Samples(decoded.pixels.begin(), decoded.pixels.end()), rows) << width << "x" << height;
        EXPECT_LT(mean_difference(rows, samples), 4);
      }
}

TEST(JpegWriter, ColourIsKeptAtEveryPixelFromQuality90) {
  const Samples samples = gradient(64, 48, 3);
  const std::string coarse = written({.width = 64, .height = 48, .quality = 89}, samples),
                    fine = written({.width = 64, .height = 48, .quality = 90}, samples);
  EXPECT_TRUE((*Reader::open(coarse))->has_quarter_colour());
  EXPECT_FALSE((*Reader::open(fine))->has_quarter_colour());
}

TEST(JpegWriter, AProfileComesAlong) {
  const std::string profile(70000, 'p');
  const std::string jpeg = written({.width = 16, .height = 16, .profile = profile}, gradient(16, 16, 3));
  EXPECT_TRUE(test::decode(Bytes::copy(jpeg)).profile);
}

TEST(JpegReader, QuarterColourComesWithItsNeighbours) {
  for (const auto& [width, height] : sizes) {
    const std::string jpeg = written({.width = width, .height = height, .quality = 80}, gradient(width, height, 3));
    const auto reader = Reader::open(jpeg);
    ASSERT_TRUE((*reader)->has_quarter_colour());
    Samples above_of_last, here_of_last, below_of_last;
    int rows = 0;
    const int colours = (width + 1) / 2;
    const auto copy = [&](const std::uint8_t* row) { return Samples(row, row + colours); };
    ASSERT_TRUE((*reader)->read_quarter_colour([&](const QuarterColourRow& row) {
      const Samples above = copy(row.blue[0]), here = copy(row.blue[1]);
      if (rows == 0) {
        EXPECT_EQ(above, here) << "the border stands for what is beyond";
      } else {
        EXPECT_EQ(above, here_of_last) << width << "x" << height << " at " << rows;
        EXPECT_EQ(here, below_of_last) << width << "x" << height << " at " << rows;
      }
      here_of_last = here;
      below_of_last = copy(row.blue[2]);
      ++rows;
      if (width % 2 != 0) {
        EXPECT_EQ(row.brightness[0][width], row.brightness[0][width - 1]);
      }
    }));
    EXPECT_EQ(rows, (height + 1) / 2);
    EXPECT_EQ(here_of_last, below_of_last);
  }
}

TEST(JpegReader, GivesWhatThereIsOfATruncatedPicture) {
  const Bytes jpeg = test::truncated_jpeg();
  const test::Decoded decoded = test::decode(jpeg);
  EXPECT_EQ(rows_of(jpeg.view()), Samples(decoded.pixels.begin(), decoded.pixels.end()));
}

TEST(JpegReader, WhatIsNoJpegIsAnError) {
  for (const std::string_view bytes : {"", "\xff\xd8", "\xff\xd8\xff\xe0", "no picture at all"}) {
    const auto reader = Reader::open(bytes);
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().status, 400);
    EXPECT_FALSE(reader.error().message.empty());
  }
}

TEST(JpegReader, InksAreLeftToOthers) {
  const Bytes jpeg = test::picture({.cmyk = true});
  EXPECT_EQ((*Reader::open(jpeg.view()))->bands(), 0);
}

TEST(JpegReader, EndlessScansAreRefused) {
  // A progressive JPEG whose last scan comes again and again.
  const std::string jpeg = written({.width = 64, .height = 64, .progressive = true}, gradient(64, 64, 3));
  const std::size_t last_scan = jpeg.rfind("\xff\xda");
  std::string endless = jpeg.substr(0, jpeg.size() - 2);
  const std::string again = jpeg.substr(last_scan, jpeg.size() - 2 - last_scan);
  for (int i = 0; i < 200; ++i) endless += again;
  endless += "\xff\xd9";
  const auto reader = Reader::open(endless);
  ASSERT_TRUE(reader);
  const auto read = (*reader)->read_rows([](const std::uint8_t*) {});
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, testing::HasSubstr("more than 100 scans"));
}

/// Mean differences in brightness, and in what is left of the colours without it.
struct Differences {
  double brightness = 0, colour = 0;
};
Differences differences(const Samples& a, const Samples& b) {
  Differences out;
  const auto light = [](const std::uint8_t* p) { return 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]; };
  for (std::size_t i = 0; i < a.size(); i += 3) {
    const double of_a = light(&a[i]), of_b = light(&b[i]);
    out.brightness += std::abs(of_a - of_b);
    out.colour += std::abs((a[i] - of_a) - (b[i] - of_b)) + std::abs((a[i + 2] - of_a) - (b[i + 2] - of_b));
  }
  out.brightness /= static_cast<double>(a.size()) / 3;
  out.colour /= static_cast<double>(a.size()) / 3;
  return out;
}

TEST(Recolour, TakesBrightnessFromOneAndColourFromTheOther) {
  for (const bool progressive : {true, false}) {
    Writing fine{.width = 67, .height = 45, .quality = 88, .progressive = progressive}, coarse = fine;
    coarse.quality = 12;
    const Samples samples = gradient(67, 45, 3);
    const std::string good = written(fine, samples), poor = written(coarse, samples);
    const auto mixed = recoloured(good, poor);
    ASSERT_TRUE(mixed) << mixed.error().message;
    EXPECT_LT(mixed->size(), good.size());
    EXPECT_GT(mixed->size(), poor.size());
    const Samples of_mixed = rows_of(*mixed);
    EXPECT_LT(differences(of_mixed, rows_of(good)).brightness, 0.7) << "but for what rounding to RGB costs";
    EXPECT_LT(differences(of_mixed, rows_of(poor)).colour, 1.5);
    EXPECT_GT(differences(of_mixed, rows_of(good)).colour, 3);
  }
}

TEST(Recolour, OfTheSameTwiceNothingChanges) {
  const std::string profile(70'000, 'p');  // which takes two markers
  for (const bool whole_colour : {true, false}) {
    Writing writing{.width = 40, .height = 31, .whole_colour = whole_colour, .profile = profile};
    const std::string jpeg = written(writing, gradient(40, 31, 3));
    const auto same = recoloured(jpeg, jpeg);
    ASSERT_TRUE(same);
    EXPECT_EQ(*same, jpeg);
  }
}

TEST(Recolour, OnlyWhatFitsTogether) {
  const Writing writing{.width = 40, .height = 31};
  const std::string jpeg = written(writing, gradient(40, 31, 3));
  Writing other = writing;
  other.width = 41;
  EXPECT_FALSE(recoloured(jpeg, written(other, gradient(41, 31, 3))));
  other = writing;
  other.whole_colour = true;
  EXPECT_FALSE(recoloured(jpeg, written(other, gradient(40, 31, 3))));
  other = writing;
  other.bands = 1;
  const std::string grey = written(other, gradient(40, 31, 1));
  EXPECT_FALSE(recoloured(jpeg, grey));
  EXPECT_FALSE(recoloured(grey, jpeg));
  EXPECT_FALSE(recoloured("", jpeg));
  for (std::size_t length = 0; length < jpeg.size() / 2; length += 7)
    EXPECT_FALSE(recoloured(jpeg, std::string_view(jpeg).substr(0, length))) << length;
}

}  // namespace
}  // namespace imcaxy::jpeg
