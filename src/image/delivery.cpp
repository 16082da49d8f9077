#include "image/delivery.hpp"

#include <algorithm>
#include <cmath>

namespace imcaxy::image {
namespace {

/// Below this, what a container costs weighs more than what a codec saves, and trying all of them takes no time.
constexpr int few_pixels = 128 * 128;

Encoding in(Format format, const Encoding& plain) {
  Encoding encoding = plain;
  encoding.format = format;
  encoding.quality = equal_quality(format, plain.quality);
  encoding.effort = Encoding::Effort::quick;
  return encoding;
}

}  // namespace

int equal_quality(Format format, int jpeg_quality) {
  return format == Format::avif ? std::max(1, static_cast<int>(std::lround(jpeg_quality * 0.7))) : jpeg_quality;
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
