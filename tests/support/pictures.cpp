#include "support/pictures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include <vips/vips8>

#include "image/library.hpp"

namespace imcaxy::test {
namespace {

using image::Format;
using vips::VImage;

void start_library() {
  if (const auto started = image::start(); !started) throw std::runtime_error(started.error().message);
}

/// The upright picture's colour at a place.
Rgb colour_at(int x, int y, int width, int height, int frame) {
  const int corner_width = std::max(1, width / 4), corner_height = std::max(1, height / 4);
  const bool left = x < corner_width, right = x >= width - corner_width;
  const bool top = y < corner_height, bottom = y >= height - corner_height;
  if (left && top) return red;
  if (right && top) return green;
  if (left && bottom) return blue;
  if (right && bottom) return white;
  return {64 + 128 * x / std::max(1, width - 1), 64 + 128 * y / std::max(1, height - 1), (128 + 97 * frame) % 256};
}

struct Place {
  int x, y;
};

/// Where the pixel stored in this row and column is in the upright picture: EXIF says which of its sides the stored row
/// 0 and column 0 are.
Place upright_place(int orientation, int row, int column, int width, int height) {
  switch (orientation) {
    case 2:
      return {width - 1 - column, row};
    case 3:
      return {width - 1 - column, height - 1 - row};
    case 4:
      return {column, height - 1 - row};
    case 5:
      return {row, column};
    case 6:
      return {width - 1 - row, column};
    case 7:
      return {width - 1 - row, height - 1 - column};
    case 8:
      return {row, height - 1 - column};
    default:
      return {column, row};
  }
}

std::string pixels_of(const PictureOptions& options, int stored_width, int stored_height) {
  std::string out;
  const auto put = [&](int value) {
    out += static_cast<char>(value);
    if (options.sixteen_bit) out += static_cast<char>(value);  // times 257, whatever the byte order
  };
  for (int frame = 0; frame < options.frames; ++frame)
    for (int row = 0; row < stored_height; ++row)
      for (int column = 0; column < stored_width; ++column) {
        const Place place = upright_place(options.orientation, row, column, options.width, options.height);
        const Rgb c = colour_at(place.x, place.y, options.width, options.height, frame);
        if (options.grey) {
          put((2126 * c[0] + 7152 * c[1] + 722 * c[2]) / 10000);
        } else {
          for (int value : c) put(options.cmyk ? 255 - value : value);
          if (options.cmyk) put(0);
        }
        const bool middle = std::abs(2 * place.x - options.width) < options.width / 4 &&
                            std::abs(2 * place.y - options.height) < options.height / 4;
        if (options.alpha) put(middle ? 0 : 255);
      }
  return out;
}

VipsInterpretation interpretation_of(const PictureOptions& options) {
  if (options.cmyk) return VIPS_INTERPRETATION_CMYK;
  if (options.grey) return options.sixteen_bit ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
  return options.sixteen_bit ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
}

Bytes saved(const VImage& image, const char* suffix, vips::VOption* options) {
  void* data = nullptr;
  std::size_t size = 0;
  image.write_to_buffer(suffix, &data, &size, options);
  Bytes out = Bytes::copy({static_cast<const char*>(data), size});
  g_free(data);
  return out;
}

Bytes svg(int width, int height) {
  const auto box = [](int x, int y, int w, int h, const char* colour) {
    return "<rect x='" + std::to_string(x) + "' y='" + std::to_string(y) + "' width='" + std::to_string(w) +
           "' height='" + std::to_string(h) + "' fill='" + colour + "'/>";
  };
  const int w = width / 4, h = height / 4;
  return Bytes::adopt("<svg xmlns='http://www.w3.org/2000/svg' width='" + std::to_string(width) + "' height='" +
                      std::to_string(height) + "'>" + box(0, 0, width, height, "#808080") + box(0, 0, w, h, "#f00") +
                      box(width - w, 0, w, h, "#0f0") + box(0, height - h, w, h, "#00f") +
                      box(width - w, height - h, w, h, "#fff") + "</svg>");
}

Bytes png_of(int width, int height, int bands, const std::vector<std::uint8_t>& pixels) {
  start_library();
  const VImage image =
      VImage::new_from_memory_copy(pixels.data(), pixels.size(), width, height, bands, VIPS_FORMAT_UCHAR);
  return saved(image.copy(VImage::option()->set("interpretation",
                                                bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB)),
               ".png", VImage::option()->set("strip", true));
}

std::uint32_t crc32_of(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

std::string big_endian(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}

std::string png_chunk(const std::string& type, const std::string& content) {
  return big_endian(static_cast<std::uint32_t>(content.size())) + type + content + big_endian(crc32_of(type + content));
}

}  // namespace

Bytes picture(const PictureOptions& options) {
  start_library();
  if (options.format == Format::svg) return svg(options.width, options.height);
  const bool sideways = options.orientation >= 5;
  const int width = sideways ? options.height : options.width, height = sideways ? options.width : options.height;
  const std::string pixels = pixels_of(options, width, height);
  const int bands = (options.grey ? 1 : options.cmyk ? 4 : 3) + options.alpha;
  VImage image = VImage::new_from_memory_copy(pixels.data(), pixels.size(), width, height * options.frames, bands,
                                              options.sixteen_bit ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR)
                     .copy(VImage::option()->set("interpretation", interpretation_of(options)));
  if (options.p3) {
    image = image.icc_transform(
        "p3", VImage::option()->set("input_profile", "srgb")->set("depth", options.sixteen_bit ? 16 : 8));
    // Made of lazy steps: a copy that is only pixels can be given its metadata.
    image = image.copy_memory();
  }
  image = image.copy();
  if (options.orientation != 0) image.set(VIPS_META_ORIENTATION, options.orientation);
  if (options.frames > 1) {
    image.set(VIPS_META_PAGE_HEIGHT, height);
    image.set("loop", options.loop);
    if (!options.delays.empty()) image.set("delay", options.delays);
  }

  auto* how = VImage::option();
  // Or else libvips writes EXIF that says orientation 1.
  if (options.orientation == 0 && !options.p3 && options.frames == 1) how->set("strip", true);
#if VIPS_MAJOR_VERSION > 8 || VIPS_MINOR_VERSION >= 15
  if (options.orientation == 0 && options.p3) how->set("keep", VIPS_FOREIGN_KEEP_ICC);
#endif
  switch (options.format) {
    case Format::png:
      return saved(image, ".png", how->set("interlace", options.progressive)->set("palette", options.palette));
    case Format::webp:
      return saved(image, ".webp", how->set("Q", 95)->set("lossless", options.lossless));
    case Format::gif:
      return saved(image, ".gif", how->set("interlace", options.progressive));
    case Format::tiff:
      if (!options.compression.empty()) how->set("compression", options.compression.c_str());
      if (options.tiles) how->set("tile", true)->set("tile_width", 16)->set("tile_height", 16);
      return saved(image, ".tiff", how);
    case Format::avif:
      return saved(image, ".avif", how->set("Q", 90)->set("effort", 0)->set("lossless", options.lossless));
    case Format::jpeg:
      return saved(
          image, ".jpg",
          how->set("Q", 95)->set("interlace", options.progressive)->set("subsample_mode", VIPS_FOREIGN_SUBSAMPLE_OFF));
    default:
      throw std::invalid_argument("no test picture has this format");
  }
}

Bytes plain_png(int width, int height, const std::vector<double>& colour) {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < width * height; ++i)
    for (const double value : colour) pixels.push_back(static_cast<std::uint8_t>(value));
  return png_of(width, height, static_cast<int>(colour.size()), pixels);
}

Bytes grey_png(int width, int height, const std::vector<std::uint8_t>& pixels) {
  return png_of(width, height, 1, pixels);
}

Bytes rgba_png(int width, int height, const std::vector<std::uint8_t>& pixels) {
  return png_of(width, height, 4, pixels);
}

Bytes rgb_frames(image::Format format, int width, int height, const std::vector<std::vector<std::uint8_t>>& frames,
                 const std::vector<int>& delays) {
  start_library();
  std::vector<std::uint8_t> pixels;
  for (const auto& frame : frames) pixels.insert(pixels.end(), frame.begin(), frame.end());
  const int bands = static_cast<int>(frames.front().size()) / (width * height);
  VImage image = VImage::new_from_memory_copy(pixels.data(), pixels.size(), width,
                                              height * static_cast<int>(frames.size()), bands, VIPS_FORMAT_UCHAR)
                     .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
  image.set(VIPS_META_PAGE_HEIGHT, height);
  image.set("delay", delays.empty() ? std::vector<int>(frames.size(), 100) : delays);
  auto* how = VImage::option();
#if VIPS_MAJOR_VERSION > 8 || VIPS_MINOR_VERSION >= 17
  if (format == Format::gif) how->set("keep_duplicate_frames", true);
#endif
  const std::string suffix = "." + std::string(image::name(format));
  if (format == Format::webp || format == Format::avif) how->set("lossless", true);
  return saved(image, suffix.c_str(), how);
}

Bytes plain_frames(image::Format format, int width, int height, const std::vector<Rgb>& colours,
                   const std::vector<int>& delays) {
  std::vector<std::vector<std::uint8_t>> frames;
  for (const Rgb& colour : colours) {
    auto& frame = frames.emplace_back();
    for (int i = 0; i < width * height; ++i)
      for (const int value : colour) frame.push_back(static_cast<std::uint8_t>(value));
  }
  return rgb_frames(format, width, height, frames, delays);
}

Bytes uneven_tiff() {
  std::string out("II*\0", 4);  // little endian
  const auto number = [&](std::size_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
  };
  number(8, 4);  // where the first page begins
  const auto page = [&](std::size_t width, std::size_t height, char value, bool last) {
    using Entry = std::array<std::size_t, 3>;  // tag, kind (3: two bytes, 4: four), content
    constexpr std::size_t entries = 9;
    const std::size_t strip = out.size() + 2 + 12 * entries + 4;
    number(entries, 2);
    for (const auto& [tag, kind, content] : std::array<Entry, entries>{{{256, 4, width},
                                                                        {257, 4, height},
                                                                        {258, 3, 8},
                                                                        {259, 3, 1},
                                                                        {262, 3, 1},
                                                                        {273, 4, strip},
                                                                        {277, 3, 1},
                                                                        {278, 4, height},
                                                                        {279, 4, width * height}}}) {
      number(tag, 2);
      number(kind, 2);
      number(1, 4);
      number(content, 4);
    }
    number(last ? 0 : strip + width * height, 4);  // where the next page begins
    out.append(width * height, value);
  };
  page(32, 32, '\x80', false);
  page(48, 16, '\0', true);
  return Bytes::adopt(std::move(out));
}

Bytes png_bomb(int width, int height) {
  using namespace std::string_literals;
  const std::string header = big_endian(static_cast<std::uint32_t>(width)) +
                             big_endian(static_cast<std::uint32_t>(height)) + "\x08\x02\0\0\0"s;
  return Bytes::adopt("\x89PNG\r\n\x1a\n"s + png_chunk("IHDR", header) +
                      png_chunk("IDAT", "\x78\x9c\x03\x00\x00\x00\x00\x01"s) + png_chunk("IEND", ""));
}

Bytes truncated_jpeg() {
  const Bytes whole = picture({.width = 400, .height = 300});
  return whole.slice(0, whole.size() / 2);
}

Bytes no_picture() {
  return Bytes::copy("<!doctype html><html><body>The picture has moved.</body></html>");
}

std::vector<double> Decoded::at(int x, int y) const {
  if (x < 0 || y < 0 || x >= width || y >= height) throw std::out_of_range("no such pixel");
  const auto first = pixels.begin() + (static_cast<std::ptrdiff_t>(y) * width + x) * bands;
  return {first, first + bands};
}

Rgb Decoded::rgb(int x, int y) const {
  const std::vector<double> values = at(x, y);
  const auto value = [&](std::size_t band) {
    return static_cast<int>(std::lround(values[values.size() < 3 ? 0 : band]));
  };
  return {value(0), value(1), value(2)};
}

Rgb Decoded::corner(int which) const {
  const int x = width / 10, y = height / 10;
  return rgb(which % 2 == 0 ? x : width - 1 - x, which < 2 ? y : height - 1 - y);
}

namespace {

Decoded decoded(const VImage& image, image::Format format) {
  Decoded out;
  out.format = format;
  out.width = image.width();
  out.height = image.height();
  out.bands = image.bands();
  out.frames = vips_image_get_n_pages(image.get_image());
  out.orientation = image.get_typeof(VIPS_META_ORIENTATION) != 0 ? image.get_int(VIPS_META_ORIENTATION) : 0;
  out.exif = image.get_typeof(VIPS_META_EXIF_NAME) != 0;
  out.profile = image.get_typeof(VIPS_META_ICC_NAME) != 0;
  out.progressive = image.get_typeof("interlaced") != 0 && image.get_int("interlaced") != 0;
  out.palette = image.get_typeof("palette") != 0 && image.get_int("palette") != 0;
  out.eight_bit = image.format() == VIPS_FORMAT_UCHAR;
  out.space = vips_enum_nick(VIPS_TYPE_INTERPRETATION, image.interpretation());
  const VImage doubles = image.cast(VIPS_FORMAT_DOUBLE);
  std::size_t size = 0;
  void* data = doubles.write_to_memory(&size);
  const auto* values = static_cast<const double*>(data);
  out.pixels.assign(values, values + size / sizeof(double));
  g_free(data);
  return out;
}

}  // namespace

Decoded decode(const Bytes& bytes) {
  start_library();
  return decoded(VImage::new_from_buffer(bytes.data(), bytes.size(), ""), image::sniff(bytes.view()));
}

Moving decode_moving(const Bytes& bytes) {
  start_library();
  const VImage tall = VImage::new_from_buffer(bytes.data(), bytes.size(), "", VImage::option()->set("n", -1));
  Moving out;
  out.format = image::sniff(bytes.view());
  const int height = vips_image_get_page_height(tall.get_image());
  for (int top = 0; top < tall.height(); top += height)
    out.frames.push_back(decoded(tall.extract_area(0, top, tall.width(), height), out.format));
  if (tall.get_typeof("delay") != 0) out.delays = tall.get_array_int("delay");
  if (tall.get_typeof("loop") != 0) out.loop = tall.get_int("loop");
  return out;
}

int distance(const Rgb& a, const Rgb& b) {
  int worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

}  // namespace imcaxy::test
