// Presets: the sizes that an operator offers under names.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "image/format.hpp"

namespace imcaxy::processor::atproto {

struct Preset {
  enum class Fit {
    cover,   ///< fills width and height, enlarged where it has to be; what is beyond is cut on both sides alike
    inside,  ///< at most width and height, never enlarged
  };

  int width = 0, height = 0;  ///< pixels; of `inside` 0: any height
  Fit fit = Fit::cover;
  int quality = 85;                            ///< as JPEG counts, whatever the format
  image::Format format = image::Format::jpeg;  ///< unknown: what the client reads that costs the fewest bytes

  bool operator==(const Preset&) const = default;
};

/// By name.
using Presets = std::map<std::string, Preset, std::less<>>;

/// Those of the original proxy, and those of the Bluesky app view.
const Presets& coves_presets();
const Presets& bluesky_presets();

/// `coves`, `bluesky`, or own ones as JSON: `{"card": {"width": 800, "height": 450, "fit": "cover", "quality": 80,
/// "format": "auto"}}`; `"extends": "coves"` beside them adds them to a set of ours. An error says what is allowed.
Result<Presets> parse_presets(std::string_view text);

/// The presets of a TOML file, as JSON text for `parse_presets`.
Result<std::string> presets_of_toml(std::string_view text);

}  // namespace imcaxy::processor::atproto
