// What can be done to a picture, as a plan, and doing it.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

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

/// What becomes of colours that are described by a profile: they are converted to sRGB, or stay and keep the profile.
enum class Colours { srgb, own };

/// A line of text over the picture.
struct TextMark {
  std::string text;  ///< may hold Pango's markup, but for sizes and fonts
  std::string font;  ///< as Pango names fonts: "sans bold 12"
  int width = 0;     ///< pixels after which the text wraps; 0: a sixth of the picture's width
  int dpi = 0;       ///< 0: 150
  int margin = 0;    ///< pixels to the next copy; 0: the width
  double opacity = 0.25;
  bool replicate = true;  ///< all over the picture
  Color color{255, 255, 255};
};

/// Another picture over the picture, which gets an alpha band for it. Parts that lie outside are cut.
struct PictureMark {
  Bytes picture;
  int left = 0, top = 0;
  double opacity = 1;
};

/// How a result is written.
struct Encoding {
  Format format = Format::jpeg;
  int quality = 75;
  /// Of a still JPEG, WebP or AVIF: the score by SSIMULACRA 2 that `quality` is chosen for (image/prediction). It stays
  /// as it is where nothing can be predicted: of animations, inks, and pictures too small or too large. 0: none.
  double target = 0;
  int compression = 6;  ///< of PNG, 1 to 9
  bool interlace = false;
  bool strip = false;      ///< also what is kept otherwise: a profile, the orientation of what was not turned
  bool palette = false;    ///< of PNG
  int palette_effort = 7;  ///< 1 to 10
  bool lossless = false;   ///< of WebP
  /// Of JPEG and AVIF: whether colour is kept at every pixel, not of 2x2 pixels; nothing: from quality 90 on.
  std::optional<bool> whole_colour = {};
  /// Of JPEG: more pixels than that are written in one pass. It takes a quarter less time, and a fiftieth more bytes.
  std::int64_t most_progressive = std::numeric_limits<std::int64_t>::max();
  /// Quick: what is fastest and still smaller than older codecs, for an answer that somebody waits for. Thorough: the
  /// fewest bytes for which a second is not too long.
  enum class Effort { normal, quick, thorough } effort = Effort::normal;
  int way = 0;  ///< of a thorough encoder: which of `thorough_ways`
  /// JPEG, PNG and WebP as libvips writes them by itself: to know what that costs, not to send it.
  bool plain = false;

  bool operator==(const Encoding&) const = default;
};

/// An animation keeps its frames if the encoding's format can hold them, or else only its first; all are treated alike.
/// Done in this order: turn, enlarge by whole factors, scale, cut or extend, blur, marks, flatten, colours. Sizes are
/// those of the turned picture.
struct Edit {
  bool upright = true;  ///< turn as EXIF's orientation says
  int rotate = 0;       ///< further, clockwise: 0, 90, 180, 270
  bool flip = false;    ///< left becomes right
  bool flop = false;    ///< top becomes bottom

  int zoom = 1;  ///< each pixel becomes so many across and down

  std::optional<Scale> scale;

  enum class Canvas { keep, crop, smart_crop, extend } canvas = Canvas::keep;
  Rect area;  ///< of crop; for smart_crop its size; for extend the new canvas, the picture at (-left, -top)
  Extend fill = Extend::copy;
  Color background{0, 0, 0};

  double blur_sigma = 0;
  bool flatten = false;  ///< alpha onto the background

  std::optional<TextMark> text;
  std::optional<PictureMark> mark;

  bool grey = false;
  Colours colours = Colours::srgb;  ///< of the first step; `own` holds as far as the format can

  Encoding encoding;  ///< of the result; between the steps of a pipeline only its format counts
};

/// How many frames the plan makes of such a picture.
int frames_made(const Header& header, const Edit& plan);

/// 400 when what the plan would make of such a picture, all frames together, is beyond the limits.
Result<void> check_size(const Header& header, const Edit& plan, const Limits& limits);

/// Whether the plan's turns exchange width and height.
bool is_sideways(const Header& header, const Edit& plan);

/// The picture's size after the plan's turns.
Size turned_size(const Header& header, const Edit& plan);

}  // namespace imcaxy::image
