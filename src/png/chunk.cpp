#include "png/chunk.hpp"

#include <libdeflate.h>

namespace imcaxy::png {

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

std::uint32_t from_big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::uint32_t checksum(std::string_view type_and_data) {
  return libdeflate_crc32(0, type_and_data.data(), type_and_data.size());
}

void append_chunk(std::string& png, std::string_view type, std::string_view data) {
  png += big_endian(static_cast<std::uint32_t>(data.size()));
  const std::size_t begin = png.size();
  png.append(type).append(data);
  png += big_endian(checksum(std::string_view(png).substr(begin)));
}

}  // namespace imcaxy::png
