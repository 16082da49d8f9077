#include "image/completeness.hpp"

#include <cstdint>
#include <cstring>
#include <optional>

namespace imcaxy::image {
namespace {

/// Reads from the front; what is not there is nothing.
class Walk {
 public:
  explicit Walk(std::string_view rest) : rest_(rest) {}

  std::optional<std::uint8_t> byte() {
    if (rest_.empty()) return std::nullopt;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::optional<std::uint32_t> big_endian(int bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) {
      const auto next = byte();
      if (!next) return std::nullopt;
      value = value << 8 | *next;
    }
    return value;
  }
  bool skip(std::uint64_t bytes) {
    if (bytes > rest_.size()) return false;
    rest_.remove_prefix(bytes);
    return true;
  }
  /// To behind the next byte of this value.
  bool skip_to(char value) {
    const void* found = rest_.empty() ? nullptr : std::memchr(rest_.data(), value, rest_.size());
    if (!found) return false;
    rest_.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(found) - rest_.data()) + 1);
    return true;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// ITU-T T.81 annex B: segments have a length, what follows a scan's header runs until a marker that is neither a
/// stuffed byte nor a restart.
bool is_complete_jpeg(std::string_view file) {
  constexpr std::uint8_t stuffed = 0x00, restart_first = 0xd0, restart_last = 0xd7, end = 0xd9, fill = 0xff;
  Walk walk(file);
  if (!walk.skip(2)) return false;
  while (walk.skip_to('\xff')) {
    auto marker = walk.byte();
    while (marker == fill) marker = walk.byte();
    if (!marker) return false;
    if (*marker == end) return true;
    if (*marker == stuffed || (*marker >= restart_first && *marker <= restart_last)) continue;
    const auto length = walk.big_endian(2);
    if (!length || *length < 2 || !walk.skip(*length - 2)) return false;
  }
  return false;
}

bool is_complete_png(std::string_view file) {
  constexpr std::uint32_t signature = 8, checksum = 4;
  Walk walk(file);
  if (!walk.skip(signature)) return false;
  for (;;) {
    const auto length = walk.big_endian(4);
    if (!length) return false;
    const bool last = walk.rest().starts_with("IEND");
    if (!walk.skip(std::uint64_t{4} + *length + checksum)) return false;
    if (last) return true;
  }
}

/// GIF89a: blocks of sub-blocks, each with its length in front, an empty one at the end.
bool is_complete_gif(std::string_view file) {
  constexpr std::uint8_t image = 0x2c, extension = 0x21, trailer = 0x3b;
  const auto table_bytes = [](std::uint8_t flags) { return flags & 0x80 ? 3u << ((flags & 7) + 1) : 0u; };
  Walk walk(file);
  if (!walk.skip(10)) return false;
  const auto screen = walk.byte();
  if (!screen || !walk.skip(2 + table_bytes(*screen))) return false;
  for (;;) {
    const auto kind = walk.byte();
    if (!kind) return false;
    if (*kind == trailer) return true;
    if (*kind == image) {
      if (!walk.skip(8)) return false;
      const auto flags = walk.byte();
      if (!flags || !walk.skip(table_bytes(*flags) + 1)) return false;
    } else if (*kind == extension) {
      if (!walk.skip(1)) return false;
    } else {
      return false;
    }
    for (;;) {
      const auto length = walk.byte();
      if (!length || !walk.skip(*length)) return false;
      if (*length == 0) break;
    }
  }
}

bool is_complete_webp(std::string_view file) {
  if (file.size() < 12) return false;
  std::uint64_t length = 0;
  for (int i = 3; i >= 0; --i) length = length << 8 | static_cast<std::uint8_t>(file[4 + static_cast<std::size_t>(i)]);
  return file.size() >= length + 8;
}

}  // namespace

bool is_complete(Format format, std::string_view file) {
  switch (format) {
    case Format::jpeg:
      return is_complete_jpeg(file);
    case Format::png:
      return is_complete_png(file);
    case Format::gif:
      return is_complete_gif(file);
    case Format::webp:
      return is_complete_webp(file);
    default:
      return true;
  }
}

}  // namespace imcaxy::image
