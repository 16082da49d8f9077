// Rows out of plain PNGs, in half the time that a decoder takes which has to be able to do everything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace imcaxy::png {

/// All pixels of a picture.
class Pixels {
 public:
  int width() const { return width_; }
  int height() const { return height_; }
  /// 1 to 4: grey, grey with opacity, RGB, RGB with opacity; interleaved, 8 bits each.
  int bands() const { return bands_; }
  const std::uint8_t* row(int y) const { return bytes_.get() + static_cast<std::size_t>(y) * stride() + 1; }

 private:
  friend std::optional<Pixels> read_plain(std::string_view png);
  std::size_t stride() const { return static_cast<std::size_t>(width_) * static_cast<std::size_t>(bands_) + 1; }

  int width_ = 0, height_ = 0, bands_ = 0;
  std::unique_ptr<std::uint8_t[]> bytes_;  ///< each row behind one byte that is none of it
};

/// Nothing for what is rare (palettes, transparent colours, 1, 2, 4 or 16 bits, interlacing), for what is damaged in
/// any way, and for more than 16 MiB of pixels: all that is a full decoder's.
std::optional<Pixels> read_plain(std::string_view png);

}  // namespace imcaxy::png
