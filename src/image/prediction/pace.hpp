// How long it takes to write a picture in a format, learnt from those that were written.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "image/edit.hpp"

namespace imcaxy::image::prediction {

/// Begins with what one core of a server of 2023 needs, and follows what is measured, so that a slower or busier
/// machine is known after some pictures. Thread-safe, without locks: of two that report at once one may be forgotten.
class Pace {
 public:
  using Duration = std::chrono::duration<double, std::milli>;

  /// Of quick effort; 0 for formats that are not learnt.
  Duration expected(Format format, std::int64_t pixels) const;
  /// Small pictures tell too little, and are not counted.
  void took(const Encoding& encoding, std::int64_t pixels, Duration time);

 private:
  struct Learnt {
    Format format;
    std::atomic<double> nanoseconds;  ///< for a pixel
  };
  std::array<Learnt, 3> learnt_{{{Format::avif, 55}, {Format::webp, 36}, {Format::jpeg, 13}}};

  Learnt* find(Format format);
};

/// Of this process.
Pace& pace();

}  // namespace imcaxy::image::prediction
