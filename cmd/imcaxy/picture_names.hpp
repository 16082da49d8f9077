// What names of pictures end in.
#pragma once

namespace imcaxy::command {

/// Those that the server can read, as an expression of RE2.
inline constexpr const char* picture_names = R"((?i)\.(jpe?g|png|webp|avif|gif|svg|tiff?|hei[cf]|jxl|jp2|pdf)$)";

}  // namespace imcaxy::command
