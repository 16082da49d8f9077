// The table of Imaginary's operations: what each needs, and what it makes of the parameters.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "image/edit.hpp"
#include "processor/imaginary/params.hpp"

namespace imcaxy::processor::imaginary {

struct Operation {
  std::string_view name;
  /// Parameters and the picture's header to a plan; 400 for what is missing. Null for `info`, which makes no picture.
  Result<image::Edit> (*plan)(const Params& params, const image::Header& header);
};

/// Nothing for a name that is none.
const Operation* find_operation(std::string_view name);

}  // namespace imcaxy::processor::imaginary
