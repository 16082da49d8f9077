#include "image/score/lines.hpp"

#include <algorithm>
#include <new>

namespace imcaxy::image::score {
namespace {

constexpr std::align_val_t alignment{line_block * sizeof(float)};

}  // namespace

void Lines::Free::operator()(float* memory) const {
  ::operator delete(memory, alignment);
}

void Lines::reset(int width, int count) {
  stride_ = (static_cast<std::size_t>(width) + line_block - 1) / line_block * line_block + line_block;
  const std::size_t size = stride_ * static_cast<std::size_t>(count) + line_block;
  if (size > capacity_) {
    memory_.reset();
    capacity_ = 0;
    memory_.reset(static_cast<float*>(::operator new(size * sizeof(float), alignment)));
    capacity_ = size;
  }
  std::fill_n(memory_.get(), size, 0.0f);
}

}  // namespace imcaxy::image::score
