// Brightness and colour of a JPEG at different qualities.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace imcaxy::jpeg {

/// The brightness of one JPEG with the colours of another: both are of the same picture, in brightness and colour
/// (YCbCr), and differ in their tables. Coefficients stay as they are, and so do the scans and markers of `brightness`.
/// 400 for JPEGs that do not fit together.
Result<std::string> recoloured(std::string_view brightness, std::string_view colours);

}  // namespace imcaxy::jpeg
