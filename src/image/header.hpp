// What a picture says of itself before any of it is decoded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "image/format.hpp"
#include "image/scale.hpp"

namespace imcaxy::image {

struct Limits {
  /// Of a source, all frames together that are worked on, and of what is made of them.
  std::uint64_t max_pixels = 50'000'000;
  int max_frames = 300;
};

/// Which of a picture's pages (frames of an animation, pages of a document) are worked on.
struct Pages {
  bool all = true;          ///< of an animation, if no page is named; otherwise one, the first unless it is named
  std::optional<int> page;  ///< from 0
};

struct Header {
  Format format = Format::unknown;
  Size size;                ///< of one frame, as it is stored: before any turn
  int pages = 1;            ///< that the file has
  int frames = 1;           ///< of an animation that are worked on; 1: a still picture
  std::optional<int> page;  ///< that this tells of, if it was named
  int bands = 0;
  int orientation = 0;  ///< 1 to 8, as EXIF counts; 0 when the picture does not say
  bool alpha = false;
  bool profile = false;                       ///< an ICC profile, usable or not
  std::string space;                          ///< libvips' name of the colour space: "srgb", "b-w", "cmyk", "rgb16"
  bool floating = false;                      ///< bands are floating point
  double per_mm_across = 1, per_mm_down = 1;  ///< pixels that a print should have

  bool lies_on_its_side() const { return orientation >= 5; }
};

/// Decodes no pixels. The error's message is libvips' own; 422 beyond the limits; 404 for a page that is not there.
Result<Header> read_header(const Bytes& picture, const Limits& limits, const Pages& pages = {});

}  // namespace imcaxy::image
