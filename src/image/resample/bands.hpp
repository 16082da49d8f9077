// Loops that are compiled for each number of bands.
#pragma once

#include <type_traits>

namespace imcaxy::image::resample {

/// Calls `what` with the number of bands, 1 to 4, as a constant.
template <class What>
auto with_bands(int bands, What what) {
  switch (bands) {
    case 1:
      return what(std::integral_constant<int, 1>());
    case 2:
      return what(std::integral_constant<int, 2>());
    case 3:
      return what(std::integral_constant<int, 3>());
    default:
      return what(std::integral_constant<int, 4>());
  }
}

}  // namespace imcaxy::image::resample
