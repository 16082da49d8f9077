// The gain map of an Ultra HDR JPEG (ISO 21496-1): a second, small picture behind the first that says how much brighter
// each part may be on a display that can. Only bytes here; its pixels are worked on as any picture's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace imcaxy::image {

struct GainMap {
  std::string_view jpeg;  ///< within the picture that it was found in
  std::string meaning;    ///< the segments of its header that say what its values mean, as they came
  bool iso = false;       ///< among them that of ISO 21496-1
};

/// By the index of the Multi-Picture Format (CIPA DC-007). Nothing where there is none, or none that can be trusted.
std::optional<GainMap> find_gain_map(std::string_view jpeg);

/// The picture with a gain map behind it. `map` is a JPEG of any size, its values as `from` has them. Both have to be
/// JPEGs as libvips writes them.
Bytes with_gain_map(std::string_view picture, std::string_view map, const GainMap& from);

}  // namespace imcaxy::image
