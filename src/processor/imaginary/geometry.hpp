// From a request's sizes to what is done to a picture of a certain size: bimg's rules, as a pure function.
#pragma once

#include <optional>

#include "base/error.hpp"
#include "image/edit.hpp"
#include "processor/imaginary/params.hpp"

namespace imcaxy::processor::imaginary {

/// What an operation asks of the geometry, besides the sizes.
struct Shape {
  int width = 0, height = 0;  ///< 0: not given
  bool crop = false;          ///< fill the box and cut what is beyond
  bool embed = false;         ///< fit into the box and fill the rest
  bool force = false;         ///< exactly the box, whatever it does to the proportions
  bool enlarge = false;       ///< also beyond the picture's own size
  bool turned = false;        ///< the request rotates, which keeps a lone size from distorting
  int zoom = 1;               ///< the picture was enlarged so many times before
  Gravity gravity = Gravity::centre;
  std::optional<FocalPoint>
      focal{};            ///< instead of the gravity: the middle of what stays, or as near as the border allows
  image::Rect extract{};  ///< an area of the result, empty for all of it
};

/// Sets scale, canvas and area of `edit`. `source`: the size of the picture after its turns.
void plan_geometry(Shape shape, image::Size source, image::Edit& edit);

}  // namespace imcaxy::processor::imaginary
