// Several operations one after the other, as JSON tells them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace imcaxy::processor::imaginary {

/// At most so many; more are refused.
inline constexpr std::size_t most_pipeline_steps = 10;

struct PipelineStep {
  std::string name;
  bool ignore_failure = false;
  nlohmann::json params = nlohmann::json::object();
};

/// `[{"operation": "crop", "params": {"width": 300}, "ignore_failure": true}, ...]`; empty for less than two bytes. 400
/// for what is no such list, names beyond these included.
Result<std::vector<PipelineStep>> parse_pipeline(std::string_view text);

}  // namespace imcaxy::processor::imaginary
