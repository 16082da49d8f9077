// Promises about parameters and the plans that are made of them, for the targets that make some.
#pragma once

#include <array>
#include <cmath>

#include <nlohmann/json.hpp>

#include "image/edit.hpp"
#include "processor/imaginary/operations.hpp"
#include "processor/imaginary/params.hpp"
#include "processor/imaginary/request.hpp"
#include "target.hpp"

namespace imcaxy::fuzz {

inline void require_refusal(const Error& error) {
  require(error.status >= 400 && error.status < 500, "a mistake is the client's");
  require(!error.message.empty(), "a mistake is told");
  const std::string body = processor::imaginary::error_json(error);
  require(nlohmann::json::accept(body), "an error can be answered as JSON");
}

inline void require_sane(const processor::imaginary::Params& p) {
  for (const int value : {p.width, p.height, p.top, p.left, p.area_width, p.area_height, p.quality, p.compression,
                          p.rotate, p.speed, p.factor, p.margin, p.dpi, p.text_width})
    require(value >= 0, "whole numbers are not negative");
  for (const double value : {p.sigma, p.min_ampl, p.opacity})
    require(std::isfinite(value) && value >= 0, "numbers are finite and not negative");
  require(p.background.empty() || p.background.size() >= 3, "a background has three bands");
}

/// What libvips would be told to do lies within the limits.
inline void require_within(const image::Header& header, const image::Edit& plan, const image::Limits& limits) {
  const auto fits = [&](const image::Size& size) {
    require(size.width > 0 && size.height > 0, "what is made has pixels");
    require(static_cast<double>(size.width) * size.height <= static_cast<double>(limits.max_pixels),
            "what is made has few enough pixels");
  };
  if (plan.scale) fits(plan.scale->size);
  if (plan.canvas != image::Edit::Canvas::keep) fits({plan.area.width, plan.area.height});
  if (plan.canvas == image::Edit::Canvas::crop)
    require(plan.area.left >= 0 && plan.area.top >= 0, "a cut lies in the picture");
  require(plan.zoom >= 1, "enlarging is not shrinking");
  require(plan.rotate == 0 || plan.rotate == 90 || plan.rotate == 180 || plan.rotate == 270, "turns are quarters");
  require(plan.blur_sigma >= 0 && plan.blur_sigma <= 1000, "blurs are bounded");
  const image::Encoding& encoding = plan.encoding;
  require(image::is_writable(encoding.format), "the output can be written");
  require(encoding.quality >= 1 && encoding.quality <= 100, "the quality is one");
  require(encoding.compression >= 1 && encoding.compression <= 9, "the compression is one");
  fits(image::turned_size(header, plan));
}

/// Plans of each operation for pictures of extreme sizes.
inline void try_plans(const processor::imaginary::Params& params) {
  struct Case {
    image::Size size;
    int orientation;
  };
  static constexpr std::array<Case, 4> cases{
      {{{64, 48}, 0}, {{50'000'000, 1}, 0}, {{50'000'000, 1}, 6}, {{1, 40000}, 0}}};
  const image::Limits limits;
  for (const std::string_view name :
       {"resize", "crop", "smartcrop", "fit", "enlarge", "thumbnail", "extract", "zoom", "rotate", "autorotate", "flip",
        "flop", "blur", "convert", "watermark", "watermarkimage"})
    for (const Case& c : cases) {
      image::Header header;
      header.format = image::Format::tiff;
      header.size = c.size;
      header.orientation = c.orientation;
      const auto plan = processor::imaginary::find_operation(name)->plan(params, header);
      if (!plan) {
        require_refusal(plan.error());
      } else if (const auto ok = image::check_size(header, *plan, limits); !ok) {
        require_refusal(ok.error());
      } else {
        require_within(header, *plan, limits);
      }
    }
}

}  // namespace imcaxy::fuzz
