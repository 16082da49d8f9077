// Rows into a JPEG.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace imcaxy::jpeg {

struct Writing {
  int width = 0, height = 0;
  int bands = 3;     ///< 1: grey, 3: red, green, blue
  int quality = 75;  ///< 1 to 100
  /// Whether colour is kept at every pixel, not of 2x2 pixels; nothing: from quality 90 on.
  std::optional<bool> whole_colour = {};
  bool progressive = true;     ///< but for pictures so large that their coefficients should not wait in memory
  std::string_view profile{};  ///< ICC, or empty
};

/// Not thread-safe. With N. Robidoux' quantisation table, which SSIMULACRA2 likes better than the standard's.
class Writer {
 public:
  static Result<std::unique_ptr<Writer>> open(const Writing& writing);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// The next row, bands interleaved.
  Result<void> push(const std::uint8_t* row);
  /// After the last one: the JPEG.
  Result<std::string> finish();

 private:
  struct State;
  explicit Writer(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace imcaxy::jpeg
