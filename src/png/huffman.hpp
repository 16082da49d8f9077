// Deflate (RFC 1951) of bytes that repeat nothing, as the filtered rows of a photograph: Huffman codes alone. To look
// for repetitions in them takes ten times as long and makes them larger.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace imcaxy::png {

/// Writes blocks one after the other. Not thread-safe.
class HuffmanDeflate {
 public:
  /// Appends to `out`, which lives longer.
  explicit HuffmanDeflate(std::string& out) : out_(out) {}

  /// A block with a code of its own; some ten thousand bytes or more are worth one.
  void block(std::span<const std::uint8_t> bytes, bool last);

 private:
  void put(std::uint64_t bits, int count);
  void flush_bytes();

  std::string& out_;
  std::uint64_t pending_ = 0;
  int pending_bits_ = 0;  ///< below 8 between the blocks
};

}  // namespace imcaxy::png
