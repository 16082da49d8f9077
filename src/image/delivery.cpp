#include "image/delivery.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace imcaxy::image {
namespace {

/// Below this, what a container costs weighs more than what a codec saves, and trying all of them takes no time.
constexpr int few_pixels = 128 * 128;

/// Qualities that look the same: what bench/equal_quality.py finds, and the ends of the scale.
struct Equal {
  int jpeg, webp, avif;
};
constexpr std::array<Equal, 6> equals{
    {{1, 1, 1}, {60, 62, 51}, {75, 79, 60}, {85, 86, 70}, {92, 94, 86}, {100, 100, 100}}};

Encoding in(Format format, const Encoding& plain) {
  Encoding encoding = plain;
  encoding.format = format;
  encoding.quality = equal_quality(format, plain.quality);
  encoding.effort = Encoding::Effort::quick;
  return encoding;
}

}  // namespace

int equal_quality(Format format, int jpeg_quality) {
  const auto point = std::ranges::lower_bound(equals, jpeg_quality, {}, &Equal::jpeg);
  if (point == equals.begin() || point == equals.end() || (format != Format::webp && format != Format::avif))
    return jpeg_quality;
  const Equal &above = *point, &below = *std::prev(point);
  const auto of = [format](const Equal& equal) { return format == Format::webp ? equal.webp : equal.avif; };
  return of(below) + (of(above) - of(below)) * (jpeg_quality - below.jpeg) / (above.jpeg - below.jpeg);
}

std::vector<Encoding> worth_trying(const Content& content, const Readable& readable, const Encoding& plain) {
  std::vector<Encoding> out;
  const auto reads = [&](Format format) { return std::ranges::find(readable.modern, format) != readable.modern.end(); };
  if (content.frames > 1) {
    if (reads(Format::webp) && plain.format != Format::webp) out.push_back(in(Format::webp, plain));
    out.push_back(plain);
    return out;
  }
  const bool lossy = content.photographic || is_lossy(content.source);
  if (!lossy) {
    // Drawings stay as sharp as they are. PNG is what every client reads.
    if (reads(Format::webp)) {
      out.push_back(in(Format::webp, plain));
      out.back().lossless = true;
    }
    out.push_back(plain);
    return out;
  }
  const bool small = content.size.width * content.size.height <= few_pixels;
  for (const Format format : readable.modern) {
    if (format != plain.format) out.push_back(in(format, plain));
    if (!small) break;
  }
  const bool as_jpeg = readable.jpeg && !content.alpha && plain.format != Format::jpeg;
  if (as_jpeg) out.push_back(in(Format::jpeg, plain));
  // A lossless photograph is never the smallest.
  if (!as_jpeg || is_lossy(plain.format)) out.push_back(plain);
  return out;
}

}  // namespace imcaxy::image
