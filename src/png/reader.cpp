#include "png/reader.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "png/chunk.hpp"
#include "png/filters.hpp"

namespace imcaxy::png {
namespace {

constexpr std::size_t most_bytes = 16u << 20;
constexpr std::uint32_t most_pixels_of_side = 1u << 24;

struct Chunk {
  std::string_view type, data;
};

/// The chunk at the front of `rest`, which goes on behind it; nothing when it is not whole and sound.
std::optional<Chunk> take_chunk(std::string_view& rest) {
  constexpr std::size_t around = 12;
  if (rest.size() < around) return std::nullopt;
  const std::size_t size = from_big_endian(rest);
  if (size > rest.size() - around) return std::nullopt;
  const std::string_view type_and_data = rest.substr(4, 4 + size);
  if (from_big_endian(rest.substr(8 + size)) != checksum(type_and_data)) return std::nullopt;
  rest.remove_prefix(around + size);
  return Chunk{type_and_data.substr(0, 4), type_and_data.substr(4)};
}

/// 0 for a type that is not plain.
int bands_of(char colour_type) {
  switch (colour_type) {
    case 0:
      return 1;
    case 2:
      return 3;
    case 4:
      return 2;
    case 6:
      return 4;
    default:
      return 0;
  }
}

bool inflate(std::string_view deflated, std::uint8_t* bytes, std::size_t size) {
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decompressor(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  // Without a place for the size it is an error not to fill all bytes.
  return libdeflate_zlib_decompress(decompressor.get(), deflated.data(), deflated.size(), bytes, size, nullptr) ==
         LIBDEFLATE_SUCCESS;
}

}  // namespace

std::optional<Pixels> read_plain(std::string_view png) {
  if (!png.starts_with(signature)) return std::nullopt;
  png.remove_prefix(signature.size());
  const auto header = take_chunk(png);
  if (!header || header->type != "IHDR" || header->data.size() != 13) return std::nullopt;
  const std::uint32_t width = from_big_endian(header->data), height = from_big_endian(header->data.substr(4));
  const bool plain = header->data[8] == 8 && header->data.substr(10) == std::string_view("\0\0\0", 3);
  Pixels pixels;
  pixels.bands_ = plain ? bands_of(header->data[9]) : 0;
  if (pixels.bands_ == 0 || width == 0 || height == 0 || width > most_pixels_of_side || height > most_pixels_of_side)
    return std::nullopt;
  pixels.width_ = static_cast<int>(width);
  pixels.height_ = static_cast<int>(height);
  if (pixels.stride() * height > most_bytes) return std::nullopt;

  std::string joined;
  std::string_view first;  // most have one, which needs not be copied
  for (bool ended = false; !ended;) {
    const auto chunk = take_chunk(png);
    if (!chunk || chunk->type == "tRNS") return std::nullopt;
    if (chunk->type == "IDAT" && first.empty()) {
      first = chunk->data;
    } else if (chunk->type == "IDAT") {
      if (joined.empty()) {
        joined.reserve(first.size() + chunk->data.size() + png.size());
        joined = first;
      }
      joined += chunk->data;
    }
    ended = chunk->type == "IEND";
  }
  const std::size_t size = pixels.stride() * height;
  pixels.bytes_ = std::make_unique_for_overwrite<std::uint8_t[]>(size + row_padding);
  std::fill_n(pixels.bytes_.get() + size, row_padding, std::uint8_t{0});
  if (!inflate(joined.empty() ? first : std::string_view(joined), pixels.bytes_.get(), size)) return std::nullopt;
  const std::vector<std::uint8_t> nothing(pixels.stride() + row_padding);
  const std::uint8_t* above = nothing.data();
  for (int y = 0; y < pixels.height_; ++y) {
    std::uint8_t* const row = pixels.bytes_.get() + static_cast<std::size_t>(y) * pixels.stride();
    if (!unfilter_row(row[0], row + 1, above, pixels.stride() - 1, static_cast<std::size_t>(pixels.bands_)))
      return std::nullopt;
    above = row + 1;
  }
  return pixels;
}

}  // namespace imcaxy::png
