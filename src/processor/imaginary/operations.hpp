// The table of Imaginary's operations: what each needs, and what it makes of the parameters.
#pragma once

#include <span>
#include <string_view>

#include "base/error.hpp"
#include "image/edit.hpp"
#include "processor/imaginary/params.hpp"

namespace imcaxy::processor::imaginary {

struct Operation {
  std::string_view name;
  enum class Kind {
    info,      ///< makes no picture
    edit,      ///< one plan
    pipeline,  ///< several operations one after the other
  } kind = Kind::edit;
  /// Parameters and the picture's header to a plan; 400 for what is missing. Of an edit only. The picture of a
  /// watermark is not in the plan yet.
  Result<image::Edit> (*plan)(const Params& params, const image::Header& header) = nullptr;
  std::string_view name_in_pipelines = name;  ///< where it has another; empty: it can't be part of one
};

/// Nothing for a name that is none.
const Operation* find_operation(std::string_view name);
const Operation* find_in_pipelines(std::string_view name);
std::span<const Operation> all_operations();

}  // namespace imcaxy::processor::imaginary
