// Imaginary's parameters: their names, types, defaults, and the words for their mistakes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "http/query.hpp"
#include "image/edit.hpp"
#include "image/placeholder.hpp"
#include "processor/imaginary/pipeline.hpp"
#include "processor/imaginary/quality.hpp"

namespace imcaxy::processor::imaginary {

enum class Gravity { centre, north, south, east, west, smart };

/// What has to stay in view: shares of the width and the height, from the upper left corner, 0 to 1.
struct FocalPoint {
  double x = 0.5, y = 0.5;

  bool operator==(const FocalPoint&) const = default;
};

/// What a request said, as typed values. Zero and empty mean what Imaginary takes for "not given".
struct Params {
  int width = 0, height = 0;
  int top = 0, left = 0, area_width = 0, area_height = 0;
  int quality = 0, compression = 0, rotate = 0, speed = 0, factor = 0;
  int margin = 0, dpi = 0, text_width = 0;
  bool flip = false, flop = false, force = false, embed = false;
  std::optional<bool> no_crop;
  bool no_profile = false, no_rotation = false, strip_meta = false, interlace = false, palette = false;
  bool no_replicate = false;
  double sigma = 0, min_ampl = 0, opacity = 0;
  std::string type, aspect_ratio, text, font, image;
  std::vector<PipelineStep> operations;
  std::vector<std::uint8_t> background, color;
  image::Extend extend = image::Extend::copy;
  Gravity gravity = Gravity::centre;
  bool grey = false;

  // Ours, beside Imaginary's.
  std::optional<int> page;                        ///< of a picture with several, from 0
  image::Colours colours = image::Colours::srgb;  ///< `profile=keep`: own
  std::optional<FocalPoint> focal;                ///< goes before gravity; of the picture after all its turns
  std::optional<QualityClass> quality_class = QualityClass::normal;  ///< nothing where `quality` is a number
  bool never_larger = false;                                         ///< `enlarge=false`: than the source
  std::vector<image::Placeholder> placeholders;  ///< that stand for the picture; of an answer that is one, at most one
};

/// What the words of `quality` stand for without targets, on JPEG's scale; `normal` is what nothing said is.
inline constexpr int low_quality = 60, high_quality = 85;

/// Of each name the first value counts; names that Imaginary does not know are ignored. 400 in Imaginary's words,
/// without the beginning that the answer puts in front.
Result<Params> read_params(const http::Query& query);

/// Every name that `read_params` knows.
std::vector<std::string_view> parameter_names();

/// The same from a JSON object, as a pipeline's steps have them: numbers and truths may also be given as such.
Result<Params> read_json_params(const nlohmann::json& object);

}  // namespace imcaxy::processor::imaginary
