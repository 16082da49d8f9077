// The formats of pictures, told by their first bytes.
#pragma once

#include <optional>
#include <string_view>

namespace imcaxy::image {

enum class Format { unknown, jpeg, png, webp, gif, tiff, svg, avif, heif, jxl, jp2k, pdf };

/// By the bytes alone; names and Content-Types lie.
Format sniff(std::string_view bytes);

std::string_view mime_type(Format format);  ///< application/octet-stream for unknown
std::string_view name(Format format);       ///< as Imaginary spells it: "jpeg", "heif"; empty for unknown
Format from_name(std::string_view name);    ///< without case; unknown for what is none

bool is_readable(Format format);  ///< by this build, or by the process for foreign formats where it is there
bool is_writable(Format format);
bool has_pages(Format format);    ///< one file can hold several pictures
bool can_animate(Format format);  ///< and they are an animation, which this build reads and writes

bool is_lossy(Format format);         ///< what it holds has lost detail already; unknown of WebP
bool is_for_browsers(Format format);  ///< all of them, or nearly, show it

/// True for pictures made of pixels: what a browser can be given as it is.
bool is_raster(Format format);

}  // namespace imcaxy::image
