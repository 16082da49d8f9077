#include "image/edit.hpp"

#include <fmt/format.h>

#include "image/resize.hpp"
#include "image/vips_call.hpp"

namespace imcaxy::image {
namespace {

using vips::VImage;

/// The turn and mirror that EXIF's orientation asks for: first clockwise, then left to right.
struct Turn {
  int rotate = 0;
  bool mirror = false;
};

Turn turn_of(int orientation) {
  switch (orientation) {
    case 2:
      return {0, true};
    case 3:
      return {180, false};
    case 4:
      return {180, true};
    case 5:
      return {90, true};
    case 6:
      return {90, false};
    case 7:
      return {270, true};
    case 8:
      return {270, false};
    default:
      return {};
  }
}

VImage rotated(VImage image, int degrees) {
  switch (degrees) {
    case 90:
      return image.rot(VIPS_ANGLE_D90);
    case 180:
      return image.rot(VIPS_ANGLE_D180);
    case 270:
      return image.rot(VIPS_ANGLE_D270);
    default:
      return image;
  }
}

VImage turned(VImage image, const Header& header, const Edit& edit) {
  const Turn exif = edit.upright ? turn_of(header.orientation) : Turn{};
  const bool turns = exif.rotate != 0 || exif.mirror || edit.rotate != 0 || edit.flip || edit.flop;
  if (!turns) return image;
  // Other than top to bottom: all rows have to be there.
  image = rotated(image.copy_memory(), exif.rotate);
  if (exif.mirror) image = image.fliphor();
  image = rotated(image, edit.rotate);
  if (edit.flip) image = image.fliphor();
  if (edit.flop) image = image.flipver();
  if (edit.upright && exif.rotate + exif.mirror != 0) {
    image = image.copy();
    image.remove(VIPS_META_ORIENTATION);
    if (image.get_typeof("exif-ifd0-Orientation") != 0) image.remove("exif-ifd0-Orientation");
  }
  return image;
}

VipsExtend to_vips(Extend extend) {
  switch (extend) {
    case Extend::black:
      return VIPS_EXTEND_BLACK;
    case Extend::repeat:
      return VIPS_EXTEND_REPEAT;
    case Extend::mirror:
      return VIPS_EXTEND_MIRROR;
    case Extend::white:
      return VIPS_EXTEND_WHITE;
    case Extend::background:
      return VIPS_EXTEND_BACKGROUND;
    case Extend::copy:
      break;
  }
  return VIPS_EXTEND_COPY;
}

/// The background in the image's own bands; `alpha` fills the alpha band.
std::vector<double> in_bands(const VImage& image, const Color& color, double alpha) {
  std::vector<double> out;
  const int colours = image.bands() - (image.has_alpha() ? 1 : 0);
  if (colours == 1) {
    out.push_back(0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]);
  } else {
    out.assign(color.begin(), color.end());
  }
  if (image.has_alpha()) out.push_back(alpha);
  return out;
}

VImage on_canvas(VImage image, const Edit& edit) {
  const Rect& area = edit.area;
  switch (edit.canvas) {
    case Edit::Canvas::keep:
      return image;
    case Edit::Canvas::crop:
      return image.extract_area(area.left, area.top, area.width, area.height);
    case Edit::Canvas::smart_crop:
      return image.copy_memory().smartcrop(area.width, area.height);
    case Edit::Canvas::extend:
      break;
  }
  // What these put above the picture is further down in it: all rows have to be there.
  if (edit.fill == Extend::mirror || edit.fill == Extend::repeat) image = image.copy_memory();
  return image.embed(
      -area.left, -area.top, area.width, area.height,
      VImage::option()->set("extend", to_vips(edit.fill))->set("background", in_bands(image, edit.background, 0)));
}

Bytes adopt(VipsBlob* blob) {
  std::size_t size = 0;
  const auto* data = static_cast<const char*>(vips_blob_get(blob, &size));
  return Bytes::wrap({data, size}, std::shared_ptr<VipsBlob>(blob, [](VipsBlob* b) { vips_area_unref(VIPS_AREA(b)); }));
}

Bytes encode(const VImage& image, const Edit::Encoding& how) {
  auto* options = VImage::option()->set("strip", how.strip);
  switch (how.format) {
    case Format::png:
      options->set("compression", how.compression)
          ->set("interlace", how.interlace)
          ->set("filter", VIPS_FOREIGN_PNG_FILTER_ALL);
      if (how.palette) options->set("palette", true)->set("Q", how.quality)->set("effort", how.palette_effort);
      return adopt(image.pngsave_buffer(options));
    case Format::webp:
      return adopt(image.webpsave_buffer(options->set("Q", how.quality)));
    case Format::gif:
      return adopt(image.gifsave_buffer(options));
    case Format::tiff:
      return adopt(image.tiffsave_buffer(options));
    case Format::avif:
      return adopt(image.heifsave_buffer(
          options->set("Q", how.quality)->set("compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1)->set("effort", 2)));
    default:
      return adopt(image.jpegsave_buffer(
          options->set("Q", how.quality)->set("optimize_coding", true)->set("interlace", how.interlace)));
  }
}

bool is_sideways(const Header& header, const Edit& plan) {
  return (plan.upright && header.lies_on_its_side()) != (plan.rotate % 180 != 0);
}

bool too_many_pixels(const Size& size, const Limits& limits) {
  return static_cast<std::uint64_t>(size.width) * static_cast<std::uint64_t>(size.height) > limits.max_pixels;
}

}  // namespace

Size turned_size(const Header& header, const Edit& plan) {
  return is_sideways(header, plan) ? Size{header.size.height, header.size.width} : header.size;
}

Result<void> check_size(const Edit& plan, const Limits& limits) {
  for (const Size& made : {plan.scale.value_or(Scale{}).size, Size{plan.area.width, plan.area.height}})
    if (too_many_pixels(made, limits))
      return fail(
          400, fmt::format("a picture of {}x{} is more than the allowed {} megapixels (IMCAXY_MAX_SOURCE_MEGAPIXELS)",
                           made.width, made.height, static_cast<double>(limits.max_pixels) / 1e6));
  return {};
}

Result<Picture> edit(const Bytes& source, const Header& header, const Edit& plan) {
  return vips_call([&]() -> Result<Picture> {
    std::optional<Scale> stored = plan.scale;
    if (stored && is_sideways(header, plan)) stored = stored->sideways();
    VImage image = decode_resized(source, header, stored);
    image = on_canvas(turned(image, header, plan), plan);
    if (plan.blur_sigma > 0) image = image.gaussblur(plan.blur_sigma);
    if (plan.flatten && image.has_alpha()) {
      std::vector<double> background = in_bands(image, plan.background, 0);
      background.pop_back();
      image = image.flatten(VImage::option()->set("background", background));
    }
    if (plan.encoding.grey) image = image.colourspace(VIPS_INTERPRETATION_B_W);
    if (!plan.encoding.keep_profile && image.get_typeof(VIPS_META_ICC_NAME) != 0) {
      image = image.copy();
      image.remove(VIPS_META_ICC_NAME);
    }
    const Bytes bytes = encode(image, plan.encoding);
    return Picture{bytes, {image.width(), image.height()}};
  });
}

}  // namespace imcaxy::image
