#include "processor/imaginary/request.hpp"

#include <array>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "image/edit.hpp"

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

/// The names that `type` may have; that SVG and PDF can't be written is told later, in other words.
bool is_output_type(std::string_view type) {
  const image::Format format = image::from_name(type);
  return image::is_writable(format) || format == image::Format::svg || format == image::Format::pdf;
}

/// Whether such a request could be right for a picture whose header nobody can read.
bool asks_for_a_picture(const Request& request, image::Format format) {
  image::Header any;
  any.format = format;
  any.size = {1, 1};
  return request.operation->plan && request.operation->plan(*request.params, any);
}

Answer info(const image::Header& header) {
  const ordered_json body{{"width", header.size.width},         {"height", header.size.height},
                          {"type", image::name(header.format)}, {"space", header.space},
                          {"hasAlpha", header.alpha},           {"hasProfile", header.profile},
                          {"channels", header.bands},           {"orientation", header.orientation}};
  return {Bytes::adopt(body.dump()), "application/json"};
}

}  // namespace

std::expected<Answer, Failure> process(const Request& request, const Bytes& source, const image::Limits& limits) {
  if (source.empty()) return refuse(400, "Empty or unreadable image");
  const image::Format format = image::sniff(source.view());
  if (!image::is_readable(format)) return refuse(406, "Unsupported media type");
  if (!request.params) return refuse(400, "Error while processing parameters, " + request.params.error().message);
  const std::string& type = request.params->type;
  if (!type.empty() && !is_output_type(type)) return refuse(400, "Unsupported output image format");

  const bool raster = image::is_raster(format);
  const auto header = image::read_header(source, limits);
  if (!header) return processing_failed(header.error(), raster && asks_for_a_picture(request, format));
  if (!request.operation->plan) return info(*header);
  const auto plan = request.operation->plan(*request.params, *header);
  if (!plan) return processing_failed(plan.error());
  if (const auto ok = image::check_size(*plan, limits); !ok) return processing_failed(ok.error());
  auto picture = image::edit(source, *header, *plan);
  if (!picture) return processing_failed(picture.error(), raster);
  return Answer{std::move(picture->bytes), std::string(image::mime_type(plan->encoding.format))};
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
