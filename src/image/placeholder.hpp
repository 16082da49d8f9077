// What stands in for a picture until it has come.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "image/workpiece.hpp"

namespace imcaxy::image {

enum class Placeholder {
  blurhash,   ///< BlurHash, four waves along the longer side
  thumbhash,  ///< ThumbHash, which also holds opacity
  lqip,       ///< the picture itself, tiny and coarse: low-quality image placeholder
  color,      ///< the colour that most of it has
};

/// As text, for those that were asked for.
struct PlaceholderTexts {
  std::optional<std::string> blurhash;   ///< as its decoders take it
  std::optional<std::string> thumbhash;  ///< base64
  std::optional<std::string> lqip;       ///< a data URL with a WebP
  std::optional<std::string> color;      ///< #rrggbb; empty when all is transparent
};

/// What the piece of work is now, as its viewers see it. It is used up. All four take less than 3 ms beside decoding
/// the picture.
Result<PlaceholderTexts> describe_small(Workpiece& work, const std::vector<Placeholder>& wanted);

/// The piece of work becomes a picture of at most 32 pixels a side that looks as the placeholder does; of lqip at most
/// as many as its data URL has. A colour of nothing is transparent.
Result<void> become_placeholder(Workpiece& work, Placeholder kind);

}  // namespace imcaxy::image
