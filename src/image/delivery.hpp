// Which formats a picture may be written in when nobody named one.
#pragma once

#include <vector>

#include "image/edit.hpp"
#include "image/format.hpp"

namespace imcaxy::image {

/// What there is to know of finished pixels.
struct Content {
  Format source = Format::unknown;  ///< what they came as
  Size size;
  int frames = 1;
  bool alpha = false;         ///< and not opaque all over
  bool photographic = false;  ///< noise and gradients, not flat areas and edges
};

/// What a client reads besides the source's format.
struct Readable {
  std::vector<Format> modern;  ///< the best first: AVIF, WebP, JPEG XL
  bool jpeg = false;           ///< as a stand-in for what is no JPEG

  bool operator==(const Readable&) const = default;
};

/// The encodings worth trying, of which the smallest result is sent; never empty. `plain` is the encoding in the
/// source's own format, its quality counted as JPEG's; the others get the quality that looks the same.
std::vector<Encoding> worth_trying(const Content& content, const Readable& readable, const Encoding& plain);

/// The quality at which another codec looks as JPEG does at `jpeg_quality`: by SSIMULACRA2, see bench/README.md.
int equal_quality(Format format, int jpeg_quality);

}  // namespace imcaxy::image
