#include "processor/imaginary/geometry.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace imcaxy::processor::imaginary {
namespace {

using image::Edit;
using image::Rect;
using image::Scale;
using image::Size;

/// At least one pixel, and at most what an int holds: far beyond every limit on sizes.
int rounded(double value) {
  constexpr double most = std::numeric_limits<int>::max();
  return static_cast<int>(std::clamp(std::floor(value + 0.5), 1.0, most));
}

/// How many times larger the source is than the result, and the side that says so.
struct Factor {
  double value = 1;
  Scale::Lead lead = Scale::Lead::both;
};

/// Sets the side that was not given, too.
Factor shrink_factor(Shape& shape, Size source) {
  const Factor x{static_cast<double>(source.width) / shape.width, Scale::Lead::width};
  const Factor y{static_cast<double>(source.height) / shape.height, Scale::Lead::height};
  if (shape.width > 0 && shape.height > 0) return (x.value < y.value) == shape.crop ? x : y;
  if (shape.width > 0) {
    shape.height = shape.crop ? source.height : rounded(source.height / x.value);
    return shape.crop ? Factor{} : x;
  }
  if (shape.height > 0) {
    shape.width = shape.crop ? source.width : rounded(source.width / y.value);
    return shape.crop ? Factor{} : y;
  }
  shape.width = source.width;
  shape.height = source.height;
  return {};
}

/// Where a length begins whose middle is as near to that share of the whole as its ends allow.
int begin_around(double share, int whole, int wanted) {
  const double begin = std::floor(share * whole - wanted / 2.0 + 0.5);
  return static_cast<int>(std::clamp(begin, 0.0, std::max(0.0, static_cast<double>(whole) - wanted)));
}

/// Where a box of `wanted` lies in `whole`.
Rect cut(Size whole, Size wanted, const Shape& shape) {
  const Gravity gravity = shape.gravity;
  const Size size{std::min(whole.width, wanted.width), std::min(whole.height, wanted.height)};
  const int spare_x = whole.width - wanted.width, spare_y = whole.height - wanted.height;
  int left = (spare_x + 1) / 2, top = (spare_y + 1) / 2;
  if (gravity == Gravity::north) top = 0;
  if (gravity == Gravity::south) top = spare_y;
  if (gravity == Gravity::west) left = 0;
  if (gravity == Gravity::east) left = spare_x;
  if (shape.focal) {
    left = begin_around(shape.focal->x, whole.width, wanted.width);
    top = begin_around(shape.focal->y, whole.height, wanted.height);
  }
  return {std::max(left, 0), std::max(top, 0), size.width, size.height};
}

}  // namespace

void plan_geometry(Shape shape, Size source, Edit& edit) {
  const bool sized = shape.width > 0 || shape.height > 0;
  if (!shape.force && !shape.crop && !shape.embed && !shape.enlarge && !shape.turned && sized) shape.force = true;
  Factor factor = shrink_factor(shape, source);
  if (!shape.enlarge && !shape.force && source.width < shape.width && source.height < shape.height) {
    factor = {};
    shape.width = source.width;
    shape.height = source.height;
  }
  const Size box{shape.width, shape.height};
  const Rect& extract = shape.extract;
  const bool extracts = extract.left != 0 || extract.top != 0 || extract.width != 0 || extract.height != 0;
  if (!shape.force && box == source && extract.width == 0 && extract.height == 0 && !(shape.crop && shape.zoom > 1))
    return;

  const Size fitted{rounded(source.width / factor.value * shape.zoom),
                    rounded(source.height / factor.value * shape.zoom)};
  const Size scaled = shape.force ? box : fitted;
  const std::int64_t zoom = shape.zoom;  // of a long picture the product is more than an int holds
  if (scaled.width != source.width * zoom || scaled.height != source.height * zoom)
    edit.scale = {scaled, shape.force ? Scale::Lead::both : factor.lead};
  if (shape.force) {
    shape.crop = shape.embed = false;
  }
  const bool smart = shape.gravity == Gravity::smart && !shape.focal;
  if (smart || shape.crop) {
    if (scaled.width <= box.width && scaled.height <= box.height) return;
    edit.canvas = smart ? Edit::Canvas::smart_crop : Edit::Canvas::crop;
    edit.area = cut(scaled, box, shape);
  } else if (shape.embed) {
    if (scaled == box) return;
    edit.canvas = Edit::Canvas::extend;
    edit.area = {-((box.width - scaled.width) / 2), -((box.height - scaled.height) / 2), box.width, box.height};
  } else if (extracts) {
    edit.canvas = Edit::Canvas::crop;
    edit.area = extract;
    if (edit.area.width == 0) edit.area.width = box.width;
    if (edit.area.height == 0) edit.area.height = box.height;
  }
}

}  // namespace imcaxy::processor::imaginary
