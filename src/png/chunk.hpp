// Chunks of a PNG file (W3C Portable Network Graphics, section 5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace imcaxy::png {

inline constexpr std::string_view signature = "\x89PNG\r\n\x1a\n";

/// The value as its four bytes, the highest first.
std::string big_endian(std::uint32_t value);
/// The other way; at least four bytes.
std::uint32_t from_big_endian(std::string_view bytes);

/// Of a chunk's type and data.
std::uint32_t checksum(std::string_view type_and_data);

void append_chunk(std::string& png, std::string_view type, std::string_view data);

}  // namespace imcaxy::png
