// Test pictures made by our own code, so that no test needs a file, and answers looked at pixel by pixel.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "image/format.hpp"

namespace imcaxy::test {

using Rgb = std::array<int, 3>;

/// The corners of picture(), each a quarter of the side long: a turn or a mirror can't go unseen.
inline constexpr Rgb red{255, 0, 0}, green{0, 255, 0}, blue{0, 0, 255}, white{255, 255, 255};

struct PictureOptions {
  image::Format format = image::Format::jpeg;
  int width = 64, height = 48;  ///< of the upright picture
  bool alpha = false;           ///< with a band of opacity: 255, but 0 in the middle
  bool sixteen_bit = false;     ///< of PNG and TIFF
  bool grey = false;
  bool cmyk = false;    ///< of JPEG
  int orientation = 0;  ///< 1 to 8: the pixels are stored so that EXIF's turn makes the picture upright; 0: no EXIF
  bool p3 = false;      ///< the same colours in Display P3, with its profile
  int frames = 1;       ///< of GIF, WebP, TIFF and AVIF; each has another blue
  std::vector<int> delays{};  ///< of the frames, in milliseconds
  int loop = 0;               ///< 0: for ever
  bool progressive = false;
  bool palette = false;          ///< of PNG
  bool lossless = false;         ///< of WebP and AVIF
  std::string compression = {};  ///< of TIFF, as libvips names them: "lzw"; empty: none
  bool tiles = false;            ///< of TIFF
};

/// A gradient (red grows to the right, green downwards, blue is 128) with corners of red, green, blue and white: top
/// left, top right, bottom left, bottom right.
Bytes picture(const PictureOptions& options = {});
/// One colour (one, three or four bands) all over, as PNG.
Bytes plain_png(int width, int height, const std::vector<double>& colour);
/// A grey PNG out of its rows' bytes.
Bytes grey_png(int width, int height, const std::vector<std::uint8_t>& pixels);
/// An RGBA PNG out of its rows' bytes.
Bytes rgba_png(int width, int height, const std::vector<std::uint8_t>& pixels);
/// Frames (or pages) of one colour each, without loss where the format can: 100 ms each unless delays say otherwise.
Bytes plain_frames(image::Format format, int width, int height, const std::vector<Rgb>& colours,
                   const std::vector<int>& delays = {});
/// Frames out of their rows' bytes, three or four a pixel.
Bytes rgb_frames(image::Format format, int width, int height, const std::vector<std::vector<std::uint8_t>>& frames,
                 const std::vector<int>& delays = {});
/// A TIFF whose first page is 32x32 and grey, its second 48x16 and black.
Bytes uneven_tiff();
/// A few bytes that are a PNG of this size by what its header says.
Bytes png_bomb(int width = 30000, int height = 30000);
/// The first half of a JPEG's bytes.
Bytes truncated_jpeg();
Bytes no_picture();

/// A picture from outside, decoded as it is stored.
struct Decoded {
  image::Format format = image::Format::unknown;
  int width = 0, height = 0, bands = 0;
  int frames = 1;
  int orientation = 0;  ///< 0 when there is no such field
  bool exif = false, profile = false, progressive = false, palette = false;
  bool eight_bit = false;
  std::string space;
  std::vector<double> pixels;

  std::vector<double> at(int x, int y) const;
  /// The first three bands, rounded; a grey one three times.
  Rgb rgb(int x, int y) const;
  /// Of one of four corners: 0 top left, 1 top right, 2 bottom left, 3 bottom right; a pixel inside of picture()'s
  /// corner.
  Rgb corner(int which) const;
};

/// Throws what libvips throws when the bytes can't be decoded, which fails the test.
Decoded decode(const Bytes& bytes);

/// An animation from outside.
struct Moving {
  image::Format format = image::Format::unknown;
  std::vector<Decoded> frames;
  std::vector<int> delays;  ///< milliseconds
  int loop = -1;            ///< -1 when it does not say
};

Moving decode_moving(const Bytes& bytes);

/// The largest difference in a band.
int distance(const Rgb& a, const Rgb& b);

}  // namespace imcaxy::test
