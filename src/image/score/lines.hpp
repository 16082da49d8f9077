// Rows of numbers as vectors want them: aligned, and with room around.
#pragma once

#include <cstddef>
#include <memory>

#include "image/score/kernels.hpp"

namespace imcaxy::image::score {

/// Rows of the same width. Each is preceded and followed by `line_block` zeros, which nobody writes to, and its length
/// is rounded up to a multiple of it.
class Lines {
 public:
  /// All of them 0. Memory that is there already is used again.
  void reset(int width, int count);

  float* operator[](int row) { return first() + stride_ * static_cast<std::size_t>(row); }
  const float* operator[](int row) const { return first() + stride_ * static_cast<std::size_t>(row); }

 private:
  struct Free {
    void operator()(float* memory) const;
  };

  float* first() const { return memory_.get() + line_block; }

  std::unique_ptr<float[], Free> memory_;
  std::size_t capacity_ = 0, stride_ = 0;
};

/// The latest rows that a blur needs, by their number, which only rises.
class Ring {
 public:
  void reset(int width) { lines_.reset(width, slots + 1); }

  float* operator[](int y) { return lines_[y % slots]; }
  /// Those around a row, with zeros for what lies outside of the picture.
  Rows around(int y, int height) const {
    Rows rows;
    for (int i = 0; i < slots; ++i) {
      const int row = y + i - reach;
      rows[static_cast<std::size_t>(i)] = lines_[row < 0 || row >= height ? slots : row % slots];
    }
    return rows;
  }

 private:
  static constexpr int slots = 2 * reach + 1;

  Lines lines_;
};

}  // namespace imcaxy::image::score
