// What can be done to a picture, as a plan, and doing it.
#pragma once

#include <array>
#include <optional>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "image/header.hpp"

namespace imcaxy::image {

struct Rect {
  int left = 0, top = 0, width = 0, height = 0;

  bool operator==(const Rect&) const = default;
};

using Color = std::array<double, 3>;  ///< red, green, blue, 0 to 255

/// How the border of a larger canvas is filled.
enum class Extend { black, copy, repeat, mirror, white, background };

/// Done in this order: turn, scale, cut or extend, blur, flatten, encode. Sizes are those of the turned picture.
struct Edit {
  bool upright = true;  ///< turn as EXIF's orientation says
  int rotate = 0;       ///< further, clockwise: 0, 90, 180, 270
  bool flip = false;    ///< left becomes right
  bool flop = false;    ///< top becomes bottom

  std::optional<Scale> scale;

  enum class Canvas { keep, crop, smart_crop, extend } canvas = Canvas::keep;
  Rect area;  ///< of crop; for smart_crop its size; for extend the new canvas, the picture at (-left, -top)
  Extend fill = Extend::copy;
  Color background{0, 0, 0};

  double blur_sigma = 0;
  bool flatten = false;  ///< alpha onto the background

  struct Encoding {
    Format format = Format::jpeg;
    int quality = 75;
    int compression = 6;  ///< of PNG, 1 to 9
    bool interlace = false;
    bool strip = false;  ///< EXIF and the like, profile included
    bool keep_profile = true;
    bool grey = false;
    bool palette = false;  ///< of PNG
    int palette_effort = 7;
  } encoding;
};

struct Picture {
  Bytes bytes;
  Size size;
};

/// 400 when what the plan would make is beyond the limits.
Result<void> check_size(const Edit& plan, const Limits& limits);

/// Carries the plan out. 400 with libvips' own message for what can't be done.
Result<Picture> edit(const Bytes& source, const Header& header, const Edit& plan);

/// The picture's size after the plan's turns.
Size turned_size(const Header& header, const Edit& plan);

}  // namespace imcaxy::image
