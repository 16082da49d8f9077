// BlurHash, the published algorithm of Dag Ågren (Wolt): https://github.com/woltapp/blurhash/blob/master/Algorithm.md
#pragma once

#include <string>
#include <string_view>

#include "image/placeholder/small.hpp"

namespace imcaxy::image::placeholder {

/// Waves across and down, 1 to 9 each.
struct Components {
  int across = 4, down = 3;
};

/// Four along the longer side, and as many to a pixel along the other.
Components components_for(Size size);

/// What is transparent counts as the mean of what is not. The largest wave is taken by its size, as the algorithm and
/// most implementations say; the npm package takes it by its sign, and cuts off larger troughs.
std::string blurhash(const Small& picture, Components components);

/// The picture that a hash of blurhash() stands for; opaque.
Small of_blurhash(std::string_view hash, Size size);

}  // namespace imcaxy::image::placeholder
