#include "image/edit.hpp"

#include <fmt/format.h>

#include "image/text_size.hpp"

namespace imcaxy::image {

bool is_sideways(const Header& header, const Edit& plan) {
  return (plan.upright && header.lies_on_its_side()) != (plan.rotate % 180 != 0);
}

Size turned_size(const Header& header, const Edit& plan) {
  return is_sideways(header, plan) ? Size{header.size.height, header.size.width} : header.size;
}

int frames_made(const Header& header, const Edit& plan) {
  return can_animate(plan.encoding.format) ? header.frames : 1;
}

Result<void> check_size(const Header& header, const Edit& plan, const Limits& limits) {
  struct Made {
    std::int64_t width, height;
  };
  const std::int64_t zoom = plan.zoom;
  const int frames = frames_made(header, plan);
  for (const Made& made :
       {Made{plan.scale.value_or(Scale{}).size.width, plan.scale.value_or(Scale{}).size.height},
        Made{plan.area.width, plan.area.height}, Made{header.size.width * zoom, header.size.height * zoom}}) {
    const double pixels = static_cast<double>(made.width) * static_cast<double>(made.height) * frames;
    if (pixels > static_cast<double>(limits.max_pixels))
      return fail(
          400, fmt::format("a picture of {}x{}{} is more than the allowed {} megapixels "
                           "(IMCAXY_MAX_SOURCE_MEGAPIXELS)",
                           made.width, made.height, frames > 1 ? fmt::format(" with {} frames", frames) : std::string(),
                           static_cast<double>(limits.max_pixels) / 1e6));
  }
  if (!plan.text) return {};
  const int turned = turned_size(header, plan).width * plan.zoom;  // within the limit, as was seen above
  const int scaled = plan.scale ? plan.scale->size.width : turned;
  return check_text(*plan.text, plan.canvas == Edit::Canvas::keep ? scaled : plan.area.width, limits.max_pixels);
}

}  // namespace imcaxy::image
