#include "processor/imaginary/pipeline.hpp"

#include "base/text.hpp"

namespace imcaxy::processor::imaginary {
namespace {

using nlohmann::json;

/// Deeper JSON than a list of objects of values has no meaning here, and could exhaust the stack.
constexpr int deepest = 16;

Result<PipelineStep> parse_step(const json& object) {
  if (!object.is_object()) return fail(400, "each operation has to be an object with operation and params");
  PipelineStep step;
  for (const auto& [name, value] : object.items()) {
    const std::string key = ascii_lower(name);
    if (key == "operation" && value.is_string()) {
      step.name = value.get<std::string>();
    } else if (key == "ignore_failure" && value.is_boolean()) {
      step.ignore_failure = value.get<bool>();
    } else if (key == "params" && value.is_object()) {
      step.params = value;
    } else if (key == "operation" || key == "ignore_failure" || key == "params") {
      if (!value.is_null()) return fail(400, "json: cannot unmarshal the value of " + key);
    } else {
      return fail(400, "json: unknown field \"" + name + "\"");
    }
  }
  return step;
}

}  // namespace

Result<std::vector<PipelineStep>> parse_pipeline(std::string_view text) {
  std::vector<PipelineStep> steps;
  if (text.size() < 2) return steps;
  const auto bounded = [](int depth, json::parse_event_t, json&) { return depth <= deepest; };
  const json list = json::parse(text, bounded, false);
  if (list.is_discarded()) return fail(400, "invalid JSON");
  if (list.is_null()) return steps;
  if (!list.is_array()) return fail(400, "the operations have to be a list");
  for (const json& object : list) {
    auto step = parse_step(object);
    if (!step) return std::unexpected(std::move(step.error()));
    steps.push_back(std::move(*step));
  }
  return steps;
}

}  // namespace imcaxy::processor::imaginary
