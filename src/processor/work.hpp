// What processors have in common: what they make of a source, and how they fail.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "image/scale.hpp"

namespace imcaxy::processor {

struct Answer {
  Bytes body;
  std::string mime_type;
  std::optional<image::Size> size;  ///< of a picture
  bool worth_reducing = false;      ///< its source is one whose reduced form pays (image/reduced.hpp)
  bool from_reduced = false;        ///< and it was made of that
};

struct Failure {
  Error error;
  /// The request was right and the source is a picture made of pixels: its own bytes can be served instead.
  bool may_fall_back = false;
};

using Outcome = std::expected<Answer, Failure>;

/// Pictures that are laid over others, by the address that the request gives; an error where it could not be fetched.
using Marks = std::map<std::string, Result<Bytes>>;

}  // namespace imcaxy::processor
