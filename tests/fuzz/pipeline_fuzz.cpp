// The JSON of pipelines, from its text to the plans of the steps.
#include "plans.hpp"
#include "target.hpp"

#include <string>

#include "image/library.hpp"
#include "processor/imaginary/pipeline.hpp"

using namespace imcaxy;
using namespace imcaxy::processor::imaginary;
using fuzz::require;

namespace {

std::string formatted(const std::vector<PipelineStep>& steps) {
  nlohmann::json out = nlohmann::json::array();
  for (const PipelineStep& step : steps)
    out.push_back({{"operation", step.name}, {"ignore_failure", step.ignore_failure}, {"params", step.params}});
  return out.dump();
}

/// Once: pictures are read below.
void start_library() {
  static const auto started = image::start();
  require(started.has_value(), "libvips starts");
}

/// The whole way of a request, as far as it goes with a picture that ends after its first bytes.
void process_broken_picture(const std::vector<PipelineStep>& steps) {
  start_library();
  Params params;
  params.operations = steps;
  const Request request{find_operation("pipeline"), params};
  require(mark_addresses(request).size() <= most_pipeline_steps, "there are at most as many marks as steps");
  const auto outcome = process(request, Bytes::copy("GIF89a"), {}, {});
  require(!outcome, "a picture without pixels is none");
  fuzz::require_refusal(outcome.error().error);
}

}  // namespace

FUZZ_TARGET(pipeline) {
  const auto steps = parse_pipeline(input);
  if (!steps) return fuzz::require_refusal(steps.error());
  const auto again = parse_pipeline(formatted(*steps));
  require(again && again->size() == steps->size(), "what is parsed, formatted and parsed is the same");
  for (std::size_t i = 0; i < steps->size(); ++i) {
    const PipelineStep &step = (*steps)[i], &other = (*again)[i];
    require(step.name == other.name && step.ignore_failure == other.ignore_failure && step.params == other.params,
            "each step is the same");
    require(step.params.is_object(), "parameters are an object");
    const auto params = read_json_params(step.params);
    if (!params) {
      fuzz::require_refusal(params.error());
    } else {
      fuzz::require_sane(*params);
      if (i < most_pipeline_steps) fuzz::try_plans(*params);
    }
  }
  process_broken_picture(*steps);
}
