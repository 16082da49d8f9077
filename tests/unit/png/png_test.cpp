#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "png/filters.hpp"
#include "png/reader.hpp"
#include "png/writer.hpp"
#include "support/pictures.hpp"

namespace imcaxy::png {
namespace {

using Samples = std::vector<std::uint8_t>;

/// Gradients with noise.
Samples photograph(int width, int height, int bands) {
  std::mt19937 random(7);
  Samples out;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int band = 0; band < bands; ++band)
        out.push_back(static_cast<std::uint8_t>(x + 2 * y + 40 * band + static_cast<int>(random() % 9)));
  return out;
}

std::string written(const Writing& writing, const Samples& samples) {
  Writer writer(writing);
  for (int y = 0; y < writing.height; ++y)
    writer.push(samples.data() + static_cast<std::ptrdiff_t>(y) * writing.width * writing.bands);
  return writer.finish();
}

Samples samples_of(const Pixels& pixels) {
  Samples out;
  for (int y = 0; y < pixels.height(); ++y)
    out.insert(out.end(), pixels.row(y), pixels.row(y) + pixels.width() * pixels.bands());
  return out;
}

TEST(PngWriter, WritesWhatOthersRead) {
  for (int bands = 1; bands <= 4; ++bands)
    for (const auto& [width, height] : {std::pair{1, 1}, {2, 3}, {301, 200}, {17, 400}, {640, 480}}) {
      const Samples samples = photograph(width, height, bands);
      const test::Decoded decoded =
          test::decode(Bytes::adopt(written({.width = width, .height = height, .bands = bands}, samples)));
      ASSERT_EQ(decoded.width, width);
      ASSERT_EQ(decoded.height, height);
      ASSERT_EQ(decoded.bands, bands);
      EXPECT_EQ(Samples(decoded.pixels.begin(), decoded.pixels.end()), samples) << width << "x" << height;
    }
}

TEST(PngWriter, OneColourAllOverIsACodeOfOneBit) {
  const Samples flat(64 * 64 * 3, 200);
  const std::string png = written({.width = 64, .height = 64}, flat);
  EXPECT_EQ(Samples(test::decode(Bytes::copy(png)).pixels.size()).size(), flat.size());
  EXPECT_LT(png.size(), 64 * 64 * 3 / 8 + 300u);
}

TEST(PngWriter, RareBytesGetCodesThatAreNotTooLong) {
  // Counts as of Fibonacci's rabbits would make codes of 25 bits.
  Samples samples;
  std::size_t a = 1, b = 1;
  for (int value = 0; value < 25; ++value) {
    samples.insert(samples.end(), a, static_cast<std::uint8_t>(value * 10));
    a = std::exchange(b, a + b);
  }
  std::shuffle(samples.begin(), samples.end(), std::mt19937(3));
  samples.resize(500 * 390);
  EXPECT_EQ(samples_of(*read_plain(written({.width = 500, .height = 390, .bands = 1}, samples))), samples);
}

TEST(PngWriter, AProfileComesAlong) {
  const std::string profile(5000, 'p');
  const std::string png = written({.width = 2, .height = 1, .profile = profile}, {1, 2, 3, 4, 5, 6});
  EXPECT_NE(png.find("iCCPicc"), png.npos);
  EXPECT_TRUE(read_plain(png));
}

TEST(PngReader, ReadsWhatOthersWrite) {
  for (const bool alpha : {false, true}) {
    const Bytes png = test::picture({.format = image::Format::png, .width = 100, .height = 70, .alpha = alpha});
    const auto pixels = read_plain(png.view());
    ASSERT_TRUE(pixels);
    const test::Decoded decoded = test::decode(png);
    EXPECT_EQ(samples_of(*pixels), Samples(decoded.pixels.begin(), decoded.pixels.end()));
  }
}

/// The standard's own words (section 9.2), byte by byte.
std::uint8_t predicted(int filter, int left, int above, int corner) {
  if (filter == 1) return static_cast<std::uint8_t>(left);
  if (filter == 2) return static_cast<std::uint8_t>(above);
  if (filter == 3) return static_cast<std::uint8_t>((left + above) / 2);
  if (filter == 0) return 0;
  const int estimate = left + above - corner, to_left = std::abs(estimate - left),
            to_above = std::abs(estimate - above), to_corner = std::abs(estimate - corner);
  if (to_left <= to_above && to_left <= to_corner) return static_cast<std::uint8_t>(left);
  return static_cast<std::uint8_t>(to_above <= to_corner ? above : corner);
}

TEST(PngReader, UndoesEveryFilter) {
  std::mt19937 random(11);
  for (std::size_t step = 1; step <= 4; ++step)
    for (const std::size_t pixels : {1, 2, 5, 64})
      for (int filter = 0; filter <= 4; ++filter)
        for (int i = 0; i < 20; ++i) {
          const std::size_t size = step * pixels;
          Samples filtered(size + row_padding), above(size + row_padding);
          for (auto* row : {&filtered, &above})
            for (auto& byte : *row) byte = static_cast<std::uint8_t>(random());
          Samples wanted = filtered;
          for (std::size_t x = 0; x < size; ++x) {
            const int left = x < step ? 0 : wanted[x - step], corner = x < step ? 0 : above[x - step];
            wanted[x] = static_cast<std::uint8_t>(wanted[x] + predicted(filter, left, above[x], corner));
          }
          ASSERT_TRUE(unfilter_row(static_cast<std::uint8_t>(filter), filtered.data(), above.data(), size, step));
          ASSERT_EQ(filtered, wanted) << "filter " << filter << ", " << step << " bytes, " << pixels << " pixels";
        }
  Samples row(16);
  EXPECT_FALSE(unfilter_row(5, row.data(), row.data(), 3, 3));
}

TEST(PngReader, LeavesWhatIsNotPlainToOthers) {
  EXPECT_FALSE(read_plain(test::picture({.format = image::Format::png, .sixteen_bit = true}).view()));
  EXPECT_FALSE(read_plain(test::picture({.format = image::Format::png, .palette = true}).view()));
  EXPECT_FALSE(read_plain(test::picture({.format = image::Format::jpeg}).view()));
  EXPECT_FALSE(read_plain(test::png_bomb().view()));
  EXPECT_FALSE(read_plain(""));
}

TEST(PngReader, EveryDamageIsNoticed) {
  const std::string png = written({.width = 40, .height = 30}, photograph(40, 30, 3));
  ASSERT_TRUE(read_plain(png));
  for (std::size_t size = 0; size < png.size(); ++size) EXPECT_FALSE(read_plain(std::string_view(png).substr(0, size)));
  for (std::size_t i = 0; i < png.size(); ++i) {
    std::string damaged = png;
    damaged[i] = static_cast<char>(damaged[i] ^ 1 << i % 8);
    EXPECT_FALSE(read_plain(damaged)) << i;
  }
}

}  // namespace
}  // namespace imcaxy::png
