// The version of this program.
#pragma once

#include <string_view>

namespace imcaxy {

inline constexpr std::string_view version_text = IMCAXY_VERSION;

}  // namespace imcaxy
