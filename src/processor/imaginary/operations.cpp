#include "processor/imaginary/operations.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/text.hpp"
#include "processor/imaginary/geometry.hpp"

namespace imcaxy::processor::imaginary {
namespace {

using image::Edit;
using image::Format;
using image::Header;
using image::Size;

/// 0, 90, 180 or 270, rounded down; beyond it stays at 270, as bimg does.
int quarter_turns(int degrees) {
  return std::min(degrees / 90 * 90, 270);
}

/// `16:9` with one side given sets the other.
Result<void> apply_aspect_ratio(const std::string& text, int& width, int& height) {
  if (text.empty() || (width != 0) == (height != 0)) return {};
  const std::size_t colon = text.find(':');
  int across = 0, down = 0;
  if (colon != text.npos) {
    std::from_chars(text.data(), text.data() + colon, across);
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), down);
  }
  if (across <= 0 || down <= 0) return fail(400, "aspectratio has to be two numbers, as in 16:9");
  const auto times = [](int units, int length) {
    constexpr std::int64_t most = std::numeric_limits<int>::max();
    return static_cast<int>(std::min(static_cast<std::int64_t>(units) * length, most));
  };
  if (width != 0) {
    height = times(width / across, down);
  } else {
    width = times(height / down, across);
  }
  return {};
}

/// What all operations have in common: turns, colours and how the result is written.
struct Draft {
  Edit edit;
  Shape shape;
  Size source;  ///< after the turns
  bool never_larger = false;
};

Result<Draft> draft(const Params& p, const Header& header) {
  Draft d;
  d.edit.rotate = quarter_turns(p.rotate);
  d.edit.upright = !p.no_rotation && p.rotate == 0;
  d.edit.flip = p.flip;
  d.edit.flop = p.flop;
  d.edit.fill = p.extend;
  if (p.background.size() >= 3) std::copy_n(p.background.begin(), 3, d.edit.background.begin());
  d.edit.flatten = d.edit.background != image::Color{0, 0, 0};
  if (p.sigma > 1000) return fail(400, "sigma has to be at most 1000");
  if (p.sigma > 0) d.edit.blur_sigma = p.sigma;

  image::Encoding& encoding = d.edit.encoding;
  // In a pipeline Imaginary takes a name that is none, such as jpg, for nothing said.
  const Format named = image::from_name(p.type);
  encoding.format = named == Format::unknown ? header.format : named;
  if (!image::is_writable(encoding.format)) return fail(400, "Unsupported image output type");
  if (p.quality > 0) encoding.quality = std::min(p.quality, 100);
  if (p.compression > 9) return fail(400, "compression has to be between 1 and 9");
  if (p.compression > 0) encoding.compression = p.compression;
  encoding.interlace = p.interlace;
  encoding.strip = p.strip_meta;
  // Pixels that lose the profile they are described by have to be in sRGB.
  if (!p.no_profile && !p.strip_meta) d.edit.colours = p.colours;
  d.edit.grey = p.grey;
  encoding.palette = p.palette;

  d.shape.width = p.width;
  d.shape.height = p.height;
  if (auto ok = apply_aspect_ratio(p.aspect_ratio, d.shape.width, d.shape.height); !ok)
    return std::unexpected(std::move(ok.error()));
  d.shape.force = p.force;
  d.shape.embed = p.embed;
  d.shape.gravity = p.gravity;
  d.shape.focal = p.focal;
  d.shape.turned = p.rotate != 0;
  d.source = image::turned_size(header, d.edit);
  // A drawing has as many pixels as it is asked for.
  d.never_larger = p.never_larger && image::is_raster(header.format);
  return d;
}

/// How many times larger than the source a picture of this size is, in the direction in which it is more so.
double times_larger(Size size, Size source) {
  return std::max(static_cast<double>(size.width) / source.width, static_cast<double>(size.height) / source.height);
}

/// By how much the box has to shrink so that the source has all the pixels that the plan wants, beyond its whole
/// factors.
double excess(const Draft& d, const Edit& plan) {
  const Shape& shape = d.shape;
  if (shape.crop && shape.width > 0 && shape.height > 0) return times_larger({shape.width, shape.height}, d.source);
  return plan.scale ? times_larger(plan.scale->size, d.source) / plan.zoom : 1;
}

/// The same proportions in fewer pixels; 0 stays what is not given.
int reduced(int side, double factor) {
  return side == 0 ? 0 : std::max(1, static_cast<int>(std::round(side / factor)));
}

Edit finish(Draft d) {
  Edit edit = d.edit;
  plan_geometry(d.shape, d.source, edit);
  const double factor = excess(d, edit);
  if (!d.never_larger || factor <= 1) return edit;
  d.shape.width = reduced(d.shape.width, factor);
  d.shape.height = reduced(d.shape.height, factor);
  edit = d.edit;
  plan_geometry(d.shape, d.source, edit);
  return edit;
}

/// For operations that only set the shape: `change(Draft&)` is what is special about them.
template <class Change>
Result<Edit> with(const Params& params, const Header& header, Change change) {
  auto d = draft(params, header);
  if (!d) return std::unexpected(std::move(d.error()));
  change(*d);
  return finish(std::move(*d));
}

bool no_side(const Params& p) {
  return p.width == 0 && p.height == 0;
}
bool not_both_sides(const Params& p) {
  return p.width == 0 || p.height == 0;
}

Result<Edit> resize(const Params& p, const Header& header) {
  if (no_side(p)) return fail(400, "Missing required param: height or width");
  return with(p, header, [&](Draft& d) {
    d.shape.embed = true;
    if (p.no_crop) d.shape.crop = !*p.no_crop;
  });
}

Result<Edit> fit(const Params& p, const Header& header) {
  if (not_both_sides(p)) return fail(400, "Missing required params: height, width");
  return with(p, header, [&](Draft& d) {
    d.shape.embed = true;
    Shape& box = d.shape;
    const double source_ratio = static_cast<double>(d.source.width) / d.source.height;
    if (static_cast<std::int64_t>(d.source.width) * box.height >
        static_cast<std::int64_t>(box.width) * d.source.height) {
      box.height = std::max(1, static_cast<int>(std::round(box.width / source_ratio)));
    } else {
      box.width = std::max(1, static_cast<int>(std::round(box.height * source_ratio)));
    }
  });
}

Result<Edit> enlarge(const Params& p, const Header& header) {
  if (not_both_sides(p)) return fail(400, "Missing required params: height, width");
  return with(p, header, [&](Draft& d) {
    d.shape.enlarge = true;
    d.shape.crop = !p.no_crop.value_or(false);
  });
}

Result<Edit> crop(const Params& p, const Header& header) {
  if (no_side(p)) return fail(400, "Missing required param: height or width");
  return with(p, header, [](Draft& d) { d.shape.crop = true; });
}

Result<Edit> thumbnail(const Params& p, const Header& header) {
  if (no_side(p)) return fail(400, "Missing required params: width or height");
  return with(p, header, [](Draft&) {});
}

Result<Edit> convert(const Params& p, const Header& header) {
  if (p.type.empty()) return fail(400, "Missing required param: type");
  if (image::from_name(p.type) == Format::unknown) return fail(400, "Invalid image type: " + p.type);
  return with(p, header, [](Draft&) {});
}

/// Ignores all parameters, as Imaginary's does.
Result<Edit> autorotate(const Params&, const Header& header) {
  return with(Params{}, header, [](Draft&) {});
}

Result<Edit> smart_crop(const Params& p, const Header& header) {
  if (no_side(p)) return fail(400, "Missing required param: height or width");
  return with(p, header, [](Draft& d) {
    d.shape.crop = true;
    d.shape.gravity = Gravity::smart;
  });
}

Result<Edit> extract(const Params& p, const Header& header) {
  if (p.area_width == 0 || p.area_height == 0) return fail(400, "Missing required params: areawidth or areaheight");
  return with(p, header, [&](Draft& d) { d.shape.extract = {p.left, p.top, p.area_width, p.area_height}; });
}

Result<Edit> rotate(const Params& p, const Header& header) {
  if (p.rotate == 0) return fail(400, "Missing required param: rotate");
  return with(p, header, [](Draft&) {});
}

Result<Edit> flip(const Params& p, const Header& header) {
  return with(p, header, [](Draft& d) { d.edit.flip = true; });
}

Result<Edit> flop(const Params& p, const Header& header) {
  return with(p, header, [](Draft& d) { d.edit.flop = true; });
}

Result<Edit> blur(const Params& p, const Header& header) {
  if (p.sigma == 0 && p.min_ampl == 0) return fail(400, "Missing required param: sigma or minampl");
  return with(p, header, [](Draft&) {});
}

Result<Edit> zoom(const Params& p, const Header& header) {
  if (p.factor == 0) return fail(400, "Missing required param: factor");
  if (p.factor > 100) return fail(400, "factor has to be at most 100");
  const bool offset = p.top > 0 || p.left > 0;
  if (offset && p.area_width == 0 && p.area_height == 0)
    return fail(400, "Missing required params: areawidth, areaheight");
  return with(p, header, [&](Draft& d) {
    d.edit.zoom = d.shape.zoom = p.factor + 1;
    if (!offset) return;
    d.shape.extract = {p.left, p.top, p.area_width, p.area_height};
    if (p.no_crop) d.shape.crop = !*p.no_crop;
  });
}

Result<Edit> watermark(const Params& p, const Header& header) {
  if (p.text.empty()) return fail(400, "Missing required param: text");
  return with(p, header, [&](Draft& d) {
    image::TextMark mark{.text = p.text,
                         .font = p.font,
                         .width = p.text_width,
                         .dpi = p.dpi,
                         .margin = p.margin,
                         .replicate = !p.no_replicate};
    if (p.opacity > 0) mark.opacity = p.opacity;
    mark.color = {0, 0, 0};
    if (p.color.size() >= 3) std::copy_n(p.color.begin(), 3, mark.color.begin());
    d.edit.text = std::move(mark);
  });
}

Result<Edit> watermark_image(const Params& p, const Header& header) {
  if (p.image.empty()) return fail(400, "Missing required param: image");
  return with(p, header, [&](Draft& d) {
    d.edit.mark = image::PictureMark{.left = p.left, .top = p.top, .opacity = p.opacity > 0 ? p.opacity : 1};
  });
}

using Kind = Operation::Kind;
constexpr std::array operations{
    Operation{"info", Kind::info, nullptr, ""},
    Operation{"pipeline", Kind::pipeline, nullptr, ""},
    Operation{"resize", Kind::edit, resize},
    Operation{"crop", Kind::edit, crop},
    Operation{"smartcrop", Kind::edit, smart_crop},
    Operation{"fit", Kind::edit, fit},
    Operation{"enlarge", Kind::edit, enlarge},
    Operation{"thumbnail", Kind::edit, thumbnail},
    Operation{"extract", Kind::edit, extract},
    Operation{"zoom", Kind::edit, zoom},
    Operation{"rotate", Kind::edit, rotate},
    Operation{"autorotate", Kind::edit, autorotate},
    Operation{"flip", Kind::edit, flip},
    Operation{"flop", Kind::edit, flop},
    Operation{"blur", Kind::edit, blur},
    Operation{"convert", Kind::edit, convert},
    Operation{"watermark", Kind::edit, watermark},
    Operation{"watermarkimage", Kind::edit, watermark_image, "watermarkImage"},
};

}  // namespace

const Operation* find_operation(std::string_view name) {
  const auto found = std::ranges::find(operations, name, &Operation::name);
  return found == operations.end() ? nullptr : &*found;
}

std::span<const Operation> all_operations() {
  return operations;
}

const Operation* find_in_pipelines(std::string_view name) {
  const auto found = std::ranges::find(operations, name, &Operation::name_in_pipelines);
  return found == operations.end() || name.empty() ? nullptr : &*found;
}

}  // namespace imcaxy::processor::imaginary
