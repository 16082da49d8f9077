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

  Edit::Encoding& encoding = d.edit.encoding;
  encoding.format = p.type.empty() ? header.format : image::from_name(p.type);
  if (!image::is_writable(encoding.format)) return fail(400, "Unsupported image output type");
  if (p.quality > 0) encoding.quality = std::min(p.quality, 100);
  if (p.compression > 9) return fail(400, "compression has to be between 1 and 9");
  if (p.compression > 0) encoding.compression = p.compression;
  encoding.interlace = p.interlace;
  encoding.strip = p.strip_meta;
  encoding.keep_profile = !p.no_profile;
  encoding.grey = p.grey;
  encoding.palette = p.palette;

  d.shape.width = p.width;
  d.shape.height = p.height;
  if (auto ok = apply_aspect_ratio(p.aspect_ratio, d.shape.width, d.shape.height); !ok)
    return std::unexpected(std::move(ok.error()));
  d.shape.force = p.force;
  d.shape.embed = p.embed;
  d.shape.gravity = p.gravity;
  d.shape.turned = p.rotate != 0;
  d.source = image::turned_size(header, d.edit);
  return d;
}

Edit finish(Draft d) {
  plan_geometry(d.shape, d.source, d.edit);
  return d.edit;
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

constexpr std::array operations{
    Operation{"info", nullptr},    Operation{"resize", resize},         Operation{"crop", crop},
    Operation{"fit", fit},         Operation{"enlarge", enlarge},       Operation{"thumbnail", thumbnail},
    Operation{"convert", convert}, Operation{"autorotate", autorotate},
};

}  // namespace

const Operation* find_operation(std::string_view name) {
  const auto found = std::ranges::find(operations, name, &Operation::name);
  return found == operations.end() ? nullptr : &*found;
}

}  // namespace imcaxy::processor::imaginary
