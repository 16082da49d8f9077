#include "image/workpiece.hpp"

#include <algorithm>
#include <cmath>

#include "image/marks.hpp"
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

Bytes encoded(const VImage& image, const Encoding& how) {
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

bool can_have_alpha(Format format) {
  return format != Format::jpeg;
}

VImage flattened(const VImage& image, const Color& background) {
  std::vector<double> bands = in_bands(image, background, 0);
  bands.pop_back();
  return image.flatten(VImage::option()->set("background", bands));
}

}  // namespace

struct Workpiece::Pixels {
  VImage image;
};

Workpiece::Workpiece(Bytes source, Header header) : source_(std::move(source)), header_(std::move(header)) {}
Workpiece::~Workpiece() = default;

Result<void> Workpiece::apply(const Edit& plan, When when) {
  return vips_call([&]() -> Result<void> {
    std::optional<Scale> stored = plan.scale;
    if (stored && is_sideways(header_, plan)) stored = stored->sideways();
    if (plan.zoom > 1) stored = std::nullopt;
    VImage image = pixels_ ? resized(pixels_->image, header_, stored) : decode_resized(source_, header_, stored);
    image = turned(image, header_, plan);
    if (plan.zoom > 1) {
      image = image.copy_memory().zoom(plan.zoom, plan.zoom);
      if (plan.scale) image = resized_exactly(image, plan.scale->size);
    }
    image = on_canvas(image, plan);
    if (plan.blur_sigma > 0) image = image.gaussblur(plan.blur_sigma);
    if (plan.text || plan.mark) image = image.copy_memory();  // marks read it more than once
    if (plan.text) image = with_text(image, *plan.text);
    if (plan.mark) image = with_picture(image, *plan.mark);
    if (plan.flatten && image.has_alpha()) image = flattened(image, plan.background);
    if (plan.grey) image = image.colourspace(VIPS_INTERPRETATION_B_W);
    if (!plan.keep_profile) image = without_profile(image);
    if (when == When::now) image = image.copy_memory();
    header_.format = plan.encoding.format;
    header_.size = {image.width(), image.height()};
    header_.bands = image.bands();
    header_.alpha = image.has_alpha();
    if (plan.upright) header_.orientation = 0;
    pixels_ = std::make_unique<Pixels>(image);
    return {};
  });
}

Result<Picture> Workpiece::encode(const Encoding& encoding) {
  return vips_call([&]() -> Result<Picture> {
    VImage image = pixels_ ? pixels_->image : decode_resized(source_, header_, std::nullopt);
    if (image.has_alpha() && !can_have_alpha(encoding.format)) image = flattened(image, {0, 0, 0});
    return Picture{encoded(image, encoding), {image.width(), image.height()}};
  });
}

Result<Picture> edit(const Bytes& source, const Header& header, const Edit& plan) {
  Workpiece work(source, header);
  if (auto done = work.apply(plan); !done) return std::unexpected(std::move(done.error()));
  return work.encode(plan.encoding);
}

}  // namespace imcaxy::image
