#include "processor/imaginary/request.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "image/edit.hpp"
#include "image/foreign.hpp"
#include "image/placeholder.hpp"
#include "image/reduced.hpp"
#include "image/workpiece.hpp"
#include "processor/imaginary/pipeline.hpp"

namespace imcaxy::processor::imaginary {
namespace {

using nlohmann::ordered_json;

std::unexpected<Failure> refuse(int status, std::string message) {
  return std::unexpected(Failure{{status, std::move(message), ""}, false});
}

std::unexpected<Failure> processing_failed(const Error& error, bool may_fall_back = false) {
  if (error.status != 400) return std::unexpected(Failure{error, false});
  return std::unexpected(
      Failure{{400, "Error while processing the image: " + error.message, error.cause}, may_fall_back});
}

/// Imaginary's words, and what this system lacks where that is the reason.
std::string with_reason(std::string words, const std::string& reason) {
  return reason.empty() ? words : words + ": " + reason;
}

/// The names that `type` may have; that SVG and PDF can't be written is told later, in other words.
bool is_output_type(std::string_view type) {
  const image::Format format = image::from_name(type);
  return image::is_writable(format) || format == image::Format::svg || format == image::Format::pdf;
}

/// One operation with its parameters.
struct Step {
  const Operation* operation;
  Params params;
  bool ignore_failure = false;
};

/// The steps of a request: one, or a pipeline's. 400 in the words of Imaginary.
Result<std::vector<Step>> steps_of(const Request& request) {
  if (request.operation->kind != Operation::Kind::info && request.params->placeholders.size() > 1)
    return fail(400, "placeholder can only be one of blurhash, thumbhash, lqip and color: only info answers several");
  if (request.operation->kind != Operation::Kind::pipeline)
    return std::vector{Step{request.operation, *request.params}};
  const std::vector<PipelineStep>& wanted = request.params->operations;
  if (wanted.empty()) return fail(400, "Missing or invalid pipeline operations JSON");
  if (wanted.size() > most_pipeline_steps) return fail(400, "Maximum allowed pipeline operations exceeded");
  std::vector<Step> steps;
  for (const PipelineStep& step : wanted) {
    const Operation* operation = find_in_pipelines(step.name);
    if (!operation) return fail(400, "Unsupported operation name: " + step.name);
    auto params = read_json_params(step.params);
    if (!params) return std::unexpected(std::move(params.error()));
    if (!params->placeholders.empty())
      return fail(400, "placeholder is for the answer of a pipeline: give it beside operations, not within");
    if (params->page && !steps.empty())
      return fail(400, "page names a page of the source: only the first operation can have it");
    steps.push_back({operation, std::move(*params), step.ignore_failure});
  }
  return steps;
}

/// Whether what a plan cuts out lies within the picture that it has made by then.
bool area_fits(const image::Header& header, const image::Edit& plan) {
  if (plan.canvas != image::Edit::Canvas::crop) return true;
  image::Size size = image::turned_size(header, plan);
  size = plan.scale ? plan.scale->size : image::Size{size.width * plan.zoom, size.height * plan.zoom};
  const image::Rect& area = plan.area;
  return area.left <= size.width - area.width && area.top <= size.height - area.height;
}

/// The score that the picture is to have; 0 where its quality is a number. A placeholder is no picture.
double target_of(const Request& request, const Step& step) {
  if (!request.targets || !step.params.quality_class || !request.params->placeholders.empty()) return 0;
  return request.targets->of(*step.params.quality_class);
}

/// The plan of a step, complete and within the limits.
Result<image::Edit> plan_step(const Request& request, const Step& step, const image::Header& header, const Marks& marks,
                              const image::Limits& limits) {
  auto plan = step.operation->plan(step.params, header);
  if (!plan) return plan;
  plan->encoding.target = target_of(request, step);
  if (auto ok = image::check_size(header, *plan, limits); !ok) return std::unexpected(std::move(ok.error()));
  if (!area_fits(header, *plan)) return fail(400, "extract_area: bad extract area");
  if (!plan->mark) return plan;
  const auto mark = marks.find(step.params.image);
  if (mark == marks.end() || !mark->second)
    return fail(400, "Unable to retrieve watermark image. " + step.params.image);
  if (!image::is_readable(image::sniff(mark->second->view()))) return fail(400, "Unable to read watermark image");
  if (auto header_of_mark = image::read_header(*mark->second, limits); !header_of_mark)
    return std::unexpected(std::move(header_of_mark.error()));
  plan->mark->picture = *mark->second;
  return plan;
}

/// The page of the source that the request names: in its query, or in the parameters of a pipeline's first step.
std::optional<int> page_of(const Request& request, const std::vector<Step>& steps) {
  return request.params->page ? request.params->page : steps.front().params.page;
}

/// Whether frames beyond the first can reach the answer.
bool can_stay_animated(const std::vector<Step>& steps, image::Format source) {
  if (!image::can_animate(source)) return false;
  return std::ranges::all_of(steps, [](const Step& step) {
    const bool writes_another = !step.params.type.empty() && step.operation->name != "autorotate";
    return !writes_another || step.ignore_failure || image::can_animate(image::from_name(step.params.type));
  });
}

image::Pages pages_for(const Request& request, const std::vector<Step>& steps, image::Format source) {
  if (request.operation->kind == Operation::Kind::info) return {.page = request.params->page};
  return {.all = can_stay_animated(steps, source), .page = page_of(request, steps)};
}

/// PNG instead of a source's format that can't be written, or that a browser can't be given.
void replace_format(std::vector<Step>& steps, const Negotiation& negotiation, image::Format source) {
  if (image::is_writable(source) && (image::is_for_browsers(source) || negotiation.modern.empty())) return;
  for (Step& step : steps) step.params.type = image::name(image::Format::png);
}

/// Whether such a request could be right for a picture whose header nobody can read.
bool asks_for_a_picture(const std::vector<Step>& steps, image::Format format) {
  image::Header any;
  any.format = format;
  any.size = {1, 1};
  const Step& first = steps.front();
  return first.operation->plan && first.operation->plan(first.params, any);
}

ordered_json fields_of(const image::Header& header) {
  ordered_json fields{{"width", header.size.width},         {"height", header.size.height},
                      {"type", image::name(header.format)}, {"space", header.space},
                      {"hasAlpha", header.alpha},           {"hasProfile", header.profile},
                      {"channels", header.bands},           {"orientation", header.orientation}};
  if (header.pages > 1) fields["pages"] = header.pages;
  return fields;
}

/// Imaginary's fields, and the placeholders that the request names. A colour of what is all transparent is null.
Result<Answer> info(const Params& params, const image::Source& source, const image::Header& header) {
  ordered_json fields = fields_of(header);
  if (params.placeholders.empty()) return Answer{Bytes::adopt(fields.dump()), "application/json", {}};
  image::Workpiece work(source, header);
  const auto texts = image::describe_small(work, params.placeholders);
  if (!texts) return std::unexpected(texts.error());
  if (texts->blurhash) fields["blurhash"] = *texts->blurhash;
  if (texts->thumbhash) fields["thumbhash"] = *texts->thumbhash;
  if (texts->lqip) fields["lqip"] = *texts->lqip;
  if (texts->color) fields["color"] = texts->color->empty() ? ordered_json() : ordered_json(*texts->color);
  return Answer{.body = Bytes::adopt(fields.dump()),
                .mime_type = "application/json",
                .size = {},
                .from_reduced = work.from_reduced()};
}

/// All that is done to the picture; how it is to be written in the end.
std::expected<image::Encoding, Failure> carry_out_steps(const Request& request, image::Workpiece& work,
                                                        const std::vector<Step>& steps, const Marks& marks,
                                                        const image::Limits& limits) {
  const bool raster = image::is_raster(work.header().format);
  image::Encoding encoding;
  encoding.format = work.header().format;
  for (const Step& step : steps) {
    const auto plan = plan_step(request, step, work.header(), marks, limits);
    if (!plan && step.ignore_failure) continue;
    if (!plan) return processing_failed(plan.error());
    const auto done = work.apply(*plan, steps.size() > 1 ? image::Workpiece::When::now : image::Workpiece::When::later);
    if (!done && step.ignore_failure) continue;
    if (!done) return processing_failed(done.error(), raster);
    encoding = plan->encoding;
  }
  return encoding;
}

}  // namespace

bool leaves_quality_open(const Request& request) {
  if (!request.targets || !request.params || !request.params->placeholders.empty()) return false;
  const auto steps = request.operation->kind == Operation::Kind::info ? std::vector<Step>()
                                                                      : steps_of(request).value_or(std::vector<Step>());
  return std::ranges::any_of(steps, [](const Step& step) {
    const image::Format named = image::from_name(step.params.type);
    const bool has_quality = named == image::Format::unknown || image::is_lossy(named) || named == image::Format::webp;
    return step.params.quality_class && has_quality;
  });
}

bool leaves_format_open(const Request& request) {
  if (!request.params || request.operation->kind == Operation::Kind::info) return false;
  if (request.operation->kind == Operation::Kind::edit)
    return request.params->type.empty() || request.params->type == "auto";
  return std::ranges::none_of(request.params->operations,
                              [](const PipelineStep& step) { return step.params.contains("type"); });
}

std::vector<std::string> mark_addresses(const Request& request) {
  std::vector<std::string> addresses;
  if (!request.params) return addresses;
  const auto steps = steps_of(request);
  if (!steps) return addresses;
  for (const Step& step : *steps)
    if (step.operation->name == "watermarkimage" && !step.params.image.empty()) addresses.push_back(step.params.image);
  return addresses;
}

Outcome process(const Request& request, const image::Source& source, const Marks& marks, const image::Limits& limits,
                bool awaited) {
  if (source.original.empty()) return refuse(400, "Empty or unreadable image");
  const image::Format format = image::sniff(source.original.view());
  if (!image::is_readable(format))
    return refuse(406, with_reason("Unsupported media type", image::why_not_readable(format)));
  if (!request.params) return refuse(400, "Error while processing parameters, " + request.params.error().message);
  const std::string& type = request.params->type;
  if (!type.empty() && !is_output_type(type))
    return refuse(400, with_reason("Unsupported output image format", image::why_not_writable(image::from_name(type))));

  const bool raster = image::is_raster(format);
  auto steps = steps_of(request);
  if (steps && request.negotiation) replace_format(*steps, *request.negotiation, format);
  const image::Pages pages = steps ? pages_for(request, *steps, format) : image::Pages{};
  const auto header = image::read_header(source.original, limits, pages);
  if (!header && header.error().status == 404) return refuse(400, header.error().message);
  if (!header) return processing_failed(header.error(), raster && steps && asks_for_a_picture(*steps, format));
  if (!steps) return processing_failed(steps.error());
  if (request.operation->kind == Operation::Kind::info) {
    auto answer = info(*request.params, source, *header);
    if (!answer) return processing_failed(answer.error());
    return std::move(*answer);
  }

  image::Workpiece work(source, *header);
  auto encoding = carry_out_steps(request, work, *steps, marks, limits);
  if (!encoding) return std::unexpected(std::move(encoding.error()));
  if (!request.params->placeholders.empty())
    if (const auto done = image::become_placeholder(work, request.params->placeholders.front()); !done)
      return processing_failed(done.error(), raster);
  if (request.as_imaginary) {
    using image::Format;
    const bool known =
        encoding->format == Format::jpeg || encoding->format == Format::png || encoding->format == Format::webp;
    if (!known || work.header().frames > 1) return refuse(400, "nobody knows what Imaginary would write here");
    encoding->plain = true;
  }
  const auto deadline = awaited ? request.deadline : std::nullopt;
  auto picture =
      request.negotiation ? work.encode_smallest(*encoding, *request.negotiation, deadline) : work.encode(*encoding);
  if (!picture) return processing_failed(picture.error(), raster);
  Answer answer{std::move(picture->bytes), std::string(image::mime_type(picture->format)), picture->size,
                image::worth_reducing(*header), work.from_reduced()};
  answer.predicted = picture->predicted;
  answer.hurried = picture->hurried;
  return answer;
}

bool may_fall_back(const Request& request, const Bytes& original, const image::Limits& limits) {
  const image::Format format = image::sniff(original.view());
  if (!image::is_raster(format) || !request.params) return false;
  const std::string& type = request.params->type;
  if (!type.empty() && !is_output_type(type)) return false;
  const auto steps = steps_of(request);
  if (!steps || !asks_for_a_picture(*steps, format)) return false;
  const auto header = image::read_header(original, limits, {.all = false, .page = {}});
  if (!header) return header.error().status == 400;
  return plan_step(request, steps->front(), *header, {}, limits).has_value();
}

bool may_be_refined(const Request& request) {
  const bool makes_a_picture = request.operation->kind != Operation::Kind::info && request.params;
  if (!request.targets || !makes_a_picture || !request.params->placeholders.empty()) return false;
  const auto steps = steps_of(request);
  if (!steps || !mark_addresses(request).empty()) return false;
  const Params& last = steps->back().params;
  return last.quality_class || image::from_name(last.type) == image::Format::png;
}

Result<image::Master> master_of(const Request& request, const image::Source& source, const image::Limits& limits) {
  auto steps = steps_of(request);
  if (!steps) return std::unexpected(std::move(steps.error()));
  const image::Format format = image::sniff(source.original.view());
  if (request.negotiation) replace_format(*steps, *request.negotiation, format);
  const auto header = image::read_header(source.original, limits, pages_for(request, *steps, format));
  if (!header) return std::unexpected(header.error());
  image::Workpiece work(source, *header);
  const auto encoding = carry_out_steps(request, work, *steps, {}, limits);
  if (!encoding) return std::unexpected(encoding.error().error);
  return work.master(*encoding, request.negotiation ? &*request.negotiation : nullptr);
}

std::vector<std::string_view> step_names(const Request& request) {
  std::vector<std::string_view> names;
  if (!request.params) return names;
  for (const PipelineStep& step : request.params->operations) names.push_back(step.name);
  return names;
}

Task<Result<Outcome>> Native::carry_out(Bench& bench) const {
  Bench::Make make = [this, awaited = bench.awaited()](const image::Source& source, const Marks& marks,
                                                       const image::Limits& limits) {
    return process(request_, source, marks, limits, awaited);
  };
  auto outcome = co_await bench.on_core(std::move(make));
  co_return outcome;
}

std::string_view type_for_accept(std::string_view accept) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> types{
      {{"image/webp", "webp"}, {"image/png", "png"}, {"image/jpeg", "jpeg"}}};
  for (const std::string& part : split_list(accept)) {
    const std::string wanted = ascii_lower(trimmed(std::string_view(part).substr(0, part.find(';'))));
    for (const auto& [mime, type] : types)
      if (wanted == mime) return type;
  }
  return "";
}

std::string error_json(const Error& error) {
  const ordered_json body{{"message", error.message}, {"status", error.status}};
  return body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace imcaxy::processor::imaginary
