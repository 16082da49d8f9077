// Whether a picture's file ends where it says that it ends.
#pragma once

#include <string_view>

#include "image/format.hpp"

namespace imcaxy::image {

/// False for a JPEG, PNG, GIF or WebP that was cut off: decoders fill in what is missing, which nobody asked for who
/// wants the picture or an error. True for other formats, whose decoders refuse such files themselves. Walks over the
/// file's parts without decoding any; about a millisecond for ten megabytes of JPEG.
bool is_complete(Format format, std::string_view file);

}  // namespace imcaxy::image
