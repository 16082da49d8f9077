// How much alike two pictures look, from their bytes.
#pragma once

#include <memory>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "image/header.hpp"
#include "image/scale.hpp"

namespace imcaxy::image {

/// SSIMULACRA 2 (image/score/scorer.hpp) of their first frames, as one sees them: 100 for the same picture and
/// for no other, 70 when nobody is disturbed. 400 for pictures of different sizes, or smaller than 8 pixels; errors of
/// reading them. Takes some 100 ms and 60 MB for each megapixel.
Result<double> likeness(const Bytes& original, const Bytes& other, const Limits& limits);

/// The same for many pictures that are compared with one. Not thread-safe.
class Likeness {
 public:
  static Result<Likeness> to(const Bytes& original, const Limits& limits);
  ~Likeness();
  Likeness(Likeness&&) noexcept;
  Likeness& operator=(Likeness&&) noexcept;

  Result<double> of(const Bytes& other);
  const Size& size() const;

 private:
  struct State;
  explicit Likeness(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace imcaxy::image
