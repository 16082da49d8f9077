// What a picture says of itself before any of it is decoded.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "image/format.hpp"
#include "image/scale.hpp"

namespace imcaxy::image {

struct Limits {
  std::uint64_t max_pixels = 50'000'000;  ///< of a source, all frames together, and of what is made of it
  int max_frames = 300;
};

struct Header {
  Format format = Format::unknown;
  Size size;  ///< of one frame, as it is stored: before any turn
  int frames = 1;
  int bands = 0;
  int orientation = 0;  ///< 1 to 8, as EXIF counts; 0 when the picture does not say
  bool alpha = false;
  bool profile = false;  ///< an ICC profile
  std::string space;     ///< libvips' name of the colour space: "srgb", "b-w", "cmyk", "rgb16"

  bool lies_on_its_side() const { return orientation >= 5; }
};

/// Decodes no pixels. The error's message is libvips' own; 422 beyond the limits.
Result<Header> read_header(const Bytes& picture, const Limits& limits);

}  // namespace imcaxy::image
