// The one door to all processors in this process.
#pragma once

#include <variant>

#include "image/header.hpp"
#include "image/source.hpp"
#include "processor/atproto/rendition.hpp"
#include "processor/imaginary/request.hpp"
#include "processor/work.hpp"

namespace imcaxy::processor {

/// What is to be made of a source, in the terms of one of the processors.
using Work = std::variant<imaginary::Request, atproto::Rendition>;

/// Takes milliseconds to seconds of CPU. Thread-safe.
inline Outcome process(const Work& work, const image::Source& source, const Marks& marks, const image::Limits& limits) {
  if (const auto* request = std::get_if<imaginary::Request>(&work))
    return imaginary::process(*request, source, marks, limits);
  return atproto::process(std::get<atproto::Rendition>(work), source, limits);
}

}  // namespace imcaxy::processor
