// ThumbHash, the published algorithm of Evan Wallace: https://evanw.github.io/thumbhash/
#pragma once

#include <string>
#include <string_view>

#include "image/placeholder/small.hpp"

namespace imcaxy::image::placeholder {

/// About 25 bytes. Opacity is part of it.
std::string thumbhash(const Small& picture);

/// The picture that a hash of thumbhash() stands for.
Small of_thumbhash(std::string_view hash, Size size);

}  // namespace imcaxy::image::placeholder
