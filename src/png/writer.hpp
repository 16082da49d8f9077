// Photographs into PNG, quickly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "png/huffman.hpp"

namespace imcaxy::png {

struct Writing {
  int width = 0, height = 0;
  int bands = 3;                  ///< 1 to 4: grey, grey with opacity, RGB, RGB with opacity; 8 bits each
  std::string_view profile = {};  ///< ICC, or empty
};

/// Filters and Huffman codes only: what a photograph is, no repetition makes smaller. Drawings become several times as
/// large as they need to be. Not thread-safe.
class Writer {
 public:
  explicit Writer(const Writing& writing);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// The next row, bands interleaved.
  void push(const std::uint8_t* row);
  /// After the last one: the PNG.
  std::string finish();

 private:
  void write_block(bool last);

  const std::size_t row_size_, step_;
  std::vector<std::uint8_t> above_;
  std::vector<std::uint8_t> filtered_;  ///< rows for the next block
  std::uint32_t adler_ = 1;
  std::string deflated_;
  HuffmanDeflate deflate_;  ///< into deflated_
  std::string png_;
};

}  // namespace imcaxy::png
