// How large a line of text can become, told before it is drawn: it is drawn whole, even where most of it is cut.
#pragma once

#include <cstdint>

#include "base/error.hpp"
#include "image/edit.hpp"

namespace imcaxy::image {

/// 400 when the text could take more pixels than are allowed, or its markup sets sizes of its own: those nest and
/// multiply, and only `font` and `dpi` can be checked. `picture_width`: of the picture below.
Result<void> check_text(const TextMark& mark, int picture_width, std::uint64_t max_pixels);

}  // namespace imcaxy::image
