// Rows out of a JPEG, without libvips in between: a third less time for a whole decode.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/error.hpp"

namespace imcaxy::jpeg {

/// Two rows of brightness and the row of colour that belongs to both, between its neighbours; at a border what is there
/// stands for the neighbour. Brightness has twice as many samples, the last one twice where the width is odd. 128
/// samples beyond may be read.
struct QuarterColourRow {
  std::array<const std::uint8_t*, 2> brightness{};
  std::array<const std::uint8_t*, 3> blue{}, red{};
};

/// Not thread-safe. Baseline and progressive pictures; damaged ones give what there is, as libvips does, and grey.
/// Errors are 400 with libjpeg's message.
class Reader {
 public:
  /// Reads the header. `jpeg` lives longer.
  static Result<std::unique_ptr<Reader>> open(std::string_view jpeg);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  int width() const;
  int height() const;
  /// 1: grey, 3: red, green, blue. 0: colours that this does not read, such as CMYK.
  int bands() const;
  /// Brightness at every pixel and both colour differences at every second one across and down, as most photographs.
  bool has_quarter_colour() const;

  /// Rows of interleaved bands, at most `most_rows` at a time; `take(row)` for each.
  static constexpr int most_rows = 16;
  template <class Take>
  Result<void> read_rows(Take take) {
    if (auto ok = start(false); !ok) return ok;
    for (int done = 0; done < height();) {
      const auto count = next_rows();
      if (!count) return std::unexpected(count.error());
      for (int i = 0; i < *count; ++i) take(row(i));
      done += *count;
    }
    return {};
  }

  /// The same pictures as they are stored, half as many rows; `take(QuarterColourRow)`.
  template <class Take>
  Result<void> read_quarter_colour(Take take) {
    if (auto ok = start(true); !ok) return ok;
    const int rows = (height() + 1) / 2;
    for (int y = 0; y < rows; ++y) {
      if (auto ok = read_planes_for(y); !ok) return ok;
      take(quarter_colour_row(y));
    }
    return {};
  }

 private:
  struct State;
  explicit Reader(std::unique_ptr<State> state);
  Result<void> start(bool planes);
  Result<int> next_rows();
  const std::uint8_t* row(int index) const;
  Result<void> read_planes_for(int y);
  QuarterColourRow quarter_colour_row(int y);

  std::unique_ptr<State> state_;
};

}  // namespace imcaxy::jpeg
