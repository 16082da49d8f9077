#include "image/score/channel.hpp"

#include <algorithm>
#include <cmath>

namespace imcaxy::image::score {
namespace {

/// Rows around which everything has come when row `y` has: one, and at the end all that are left.
template <class Finish>
void finish_rows(int y, int height, const Finish& finish) {
  for (int done = y - reach; done <= (y == height - 1 ? y : y - reach); ++done)
    if (done >= 0) finish(done);
}

}  // namespace

void Describer::begin(Size size, Known& known) {
  size_ = size;
  known_ = &known;
  for (Lines* const lines : {&known.sample, &known.mean, &known.variance}) lines->reset(size.width, size.height);
  products_.reset(size.width, 1);
  means_.reset(size.width);
  squares_.reset(size.width);
}

void Describer::push(int y, const float* row) {
  std::copy_n(row, size_.width, known_->sample[y]);
  square(row, size_.width, products_[0]);
  blur_across(row, size_.width, means_[y]);
  blur_across(products_[0], size_.width, squares_[y]);
  finish_rows(y, size_.height, [&](int done) {
    describe(means_.around(done, size_.height), squares_.around(done, size_.height), size_.width, known_->mean[done],
             known_->variance[done]);
  });
}

void Comparer::begin(Size size, const Known& known) {
  size_ = size;
  known_ = &known;
  sums_ = {};
  products_.reset(size.width, 1);
  for (Ring* const ring : {&samples_, &means_, &squares_, &differences_}) ring->reset(size.width);
}

void Comparer::push(int y, const float* row) {
  std::copy_n(row, size_.width, samples_[y]);
  blur_across(row, size_.width, means_[y]);
  square(row, size_.width, products_[0]);
  blur_across(products_[0], size_.width, squares_[y]);
  square_difference(known_->sample[y], row, size_.width, products_[0]);
  blur_across(products_[0], size_.width, differences_[y]);
  finish_rows(y, size_.height, [&](int done) {
    compare({.sample = known_->sample[done],
             .mean = known_->mean[done],
             .variance = known_->variance[done],
             .other = samples_[done],
             .means = means_.around(done, size_.height),
             .squares = squares_.around(done, size_.height),
             .differences = differences_.around(done, size_.height)},
            size_.width, sums_);
  });
}

Errors Comparer::errors() const {
  const double pixels = static_cast<double>(size_.width) * size_.height;
  const auto norms = [pixels](const Sums::Powers& sums) {
    return Errors::Norms{sums.first / pixels, std::sqrt(std::sqrt(sums.fourth / pixels))};
  };
  return {norms(sums_.structure), norms(sums_.added), norms(sums_.lost)};
}

}  // namespace imcaxy::image::score
