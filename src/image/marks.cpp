#include "image/marks.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "image/colour.hpp"
#include "image/foreign.hpp"
#include "image/foreign_picture.hpp"
#include "image/frames.hpp"
#include "image/rows.hpp"

namespace imcaxy::image {
namespace {

using vips::VImage;

/// How far the first text lies from the top left corner, as in bimg.
constexpr int text_offset = 100;

/// Where a line wraps at the latest: no picture of text can be wider.
constexpr int widest_text = 32767;

/// `color` in the image's colour bands.
std::vector<double> colour_bands(const VImage& image, const Color& color) {
  const int bands = image.bands() - (image.has_alpha() ? 1 : 0);
  if (bands == 1) return {0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]};
  return {color.begin(), color.end()};
}

/// Paints `colours` (without alpha) where `mask` (0 to 255) says; a transparent picture becomes opaque there.
VImage painted(const VImage& image, const VImage& colours, const VImage& mask) {
  const auto blend = [&] { return VImage::option()->set("blend", true); };
  if (!image.has_alpha()) return mask.ifthenelse(colours, image, blend());
  const int last = image.bands() - 1;
  const VImage below = image.extract_band(0, VImage::option()->set("n", last));
  const VImage alpha = image.extract_band(last);
  const VImage above_colours = mask.ifthenelse(colours, below, blend());
  const VImage above_alpha = mask.ifthenelse(255, alpha, blend()).cast(VIPS_FORMAT_UCHAR);
  return above_colours.bandjoin(above_alpha);
}

/// `part` moved to (left, top) on a canvas of the image's size, in every frame; what lies outside is cut.
VImage placed(const VImage& part, const VImage& image, int left, int top) {
  const int frame = frame_height(image);
  const int width = std::min(part.width(), image.width() - left), height = std::min(part.height(), frame - top);
  return over_all_frames(part.extract_area(0, 0, width, height).embed(left, top, image.width(), frame), image);
}

VImage with_colour_and_alpha(VImage image) {
  image = image.colourspace(VIPS_INTERPRETATION_sRGB);
  return image.has_alpha() ? image : image.bandjoin_const({255});
}

/// Its size was checked before.
VImage opened(const Bytes& picture) {
  const Format format = sniff(picture.view());
  if (!is_foreign(format)) return VImage::new_from_buffer(picture.data(), picture.size(), "");
  const Header header = read_foreign_header(picture, format, {});
  return decode_foreign(picture, header, Scale{header.size});
}

}  // namespace

VImage with_text(const VImage& image, const TextMark& mark) {
  const int width = std::min(mark.width > 0 ? mark.width : std::max(1, image.width() / 6), widest_text);
  const std::int64_t margin = mark.margin > 0 ? mark.margin : width;
  auto* options = VImage::option()->set("width", width)->set("dpi", mark.dpi > 0 ? mark.dpi : 150);
  options->set("font", mark.font.empty() ? "sans 10" : mark.font.c_str());
  const VImage text =
      VImage::text(mark.text.c_str(), options).linear(std::clamp(mark.opacity, 0.0, 1.0), 0).cast(VIPS_FORMAT_UCHAR);
  // The text stands at the offset, and the tile ends a margin after the text's own size: what sticks out is cut. Of a
  // tile that is larger than the picture only that much is seen.
  const int tile_width = static_cast<int>(std::min<std::int64_t>(text.width() + margin, image.width())),
            tile_height = static_cast<int>(std::min<std::int64_t>(text.height() + margin, image.height()));
  VImage tile = text.embed(text_offset, text_offset, std::max(tile_width, text_offset + 1),
                           std::max(tile_height, text_offset + 1))
                    .extract_area(0, 0, tile_width, tile_height);
  if (mark.replicate) {
    tile = in_memory(tile).replicate(1 + image.width() / tile_width, 1 + frame_height(image) / tile_height);
  }
  const VImage mask = placed(tile, image, 0, 0);
  const VImage colours = image.new_from_image(colour_bands(image, mark.color)).cast(VIPS_FORMAT_UCHAR);
  return painted(image, colours, mask);
}

VImage with_picture(const VImage& image, const PictureMark& mark) {
  if (mark.left >= image.width() || mark.top >= frame_height(image)) return image;
  const VImage picture = in_memory(with_colour_and_alpha(in_srgb(opened(mark.picture))));
  const int last = picture.bands() - 1;
  const VImage alpha = picture.extract_band(last).linear(std::clamp(mark.opacity, 0.0, 1.0), 0).cast(VIPS_FORMAT_UCHAR);
  const VImage mask = placed(alpha, image, mark.left, mark.top);
  const VImage below = with_colour_and_alpha(image);
  const VImage colours = placed(picture.extract_band(0, VImage::option()->set("n", last)), below, mark.left, mark.top);
  return painted(below, colours, mask);
}

}  // namespace imcaxy::image
