#include "image/as_it_came.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace imcaxy::image {
namespace {

using namespace std::string_view_literals;

/// Reads from front to back. What is beyond the end makes it failed, for good.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  std::string_view take(std::size_t count) {
    if (count > bytes_.size() - at_) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }
  unsigned byte() {
    const std::string_view one = take(1);
    return one.empty() ? 0 : static_cast<unsigned char>(one[0]);
  }
  std::uint32_t big(int size) {
    std::uint32_t value = 0;
    for (int i = 0; i < size; ++i) value = value << 8 | byte();
    return value;
  }
  std::uint32_t little32() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value |= byte() << (8 * i);
    return value;
  }
  std::size_t at() const { return at_; }
  std::string_view since(std::size_t begin) const { return bytes_.substr(begin, at_ - begin); }
  bool failed() const { return failed_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

using Copy = std::optional<std::string>;

/// The entropy-coded data behind a header of a scan, up to the marker that ends it.
void skip_scan(Cursor& in, std::string_view jpeg) {
  for (;;) {
    const std::size_t marker = jpeg.find('\xff', in.at());
    if (marker == jpeg.npos || marker + 1 >= jpeg.size()) {
      (void)in.take(jpeg.size());  // which fails: it has no end
      return;
    }
    (void)in.take(marker - in.at());
    const auto code = static_cast<unsigned char>(jpeg[marker + 1]);
    const bool is_data = code == 0 || (code >= 0xd0 && code <= 0xd7);
    if (!is_data) return;
    (void)in.take(2);
  }
}

Copy jpeg_copy(std::string_view jpeg) {
  constexpr unsigned app0 = 0xe0, app2 = 0xe2, app14 = 0xee, app15 = 0xef, comment = 0xfe, scan = 0xda, end = 0xd9;
  Cursor in(jpeg);
  std::string out(in.take(2));
  if (out != "\xff\xd8"sv) return std::nullopt;
  while (!in.failed()) {
    const std::size_t begin = in.at();
    if (in.byte() != 0xff) return std::nullopt;
    const unsigned marker = in.byte();
    if (marker == end) return out.append(in.since(begin));
    const std::uint32_t length = in.big(2);
    if (length < 2) return std::nullopt;
    (void)in.take(length - 2);
    if (marker == app2) return std::nullopt;  // a profile, or an index of more pictures
    if (marker == scan) skip_scan(in, jpeg);
    const bool is_private = (marker > app0 && marker <= app15 && marker != app14) || marker == comment;
    if (!is_private) out += in.since(begin);
  }
  return std::nullopt;
}

Copy png_copy(std::string_view png) {
  // https://www.w3.org/TR/png-3/. Without gAMA and cHRM it is shown as an answer of ours, which does not look at them.
  static constexpr std::array kept{"IHDR"sv, "PLTE"sv, "IDAT"sv, "tRNS"sv, "sRGB"sv, "sBIT"sv};
  static constexpr std::array not_ours{"acTL"sv, "iCCP"sv, "cICP"sv};
  Cursor in(png);
  std::string out(in.take(8));
  if (out != "\x89PNG\r\n\x1a\n"sv) return std::nullopt;
  while (!in.failed()) {
    const std::size_t begin = in.at();
    const std::uint32_t length = in.big(4);
    const std::string_view name = in.take(4);
    (void)in.take(length);
    (void)in.take(4);
    if (in.failed()) break;
    if (name == "IEND") return out.append(in.since(begin));
    if (std::ranges::find(not_ours, name) != not_ours.end()) return std::nullopt;
    if (std::ranges::find(kept, name) != kept.end()) out += in.since(begin);
  }
  return std::nullopt;
}

void skip_blocks(Cursor& in) {
  while (const unsigned size = in.byte()) (void)in.take(size);
}

std::size_t colour_table_bytes(unsigned flags) {
  return flags & 0x80 ? std::size_t{3} << ((flags & 7) + 1) : 0;
}

Copy gif_copy(std::string_view gif) {
  constexpr unsigned extension = 0x21, picture = 0x2c, end = 0x3b, control = 0xf9, application = 0xff;
  Cursor in(gif);
  const std::string_view head = in.take(6);
  if (head != "GIF89a" && head != "GIF87a") return std::nullopt;
  (void)in.take(4);
  const unsigned flags = in.byte();
  (void)in.take(2 + colour_table_bytes(flags));
  std::string out(in.since(0));
  while (!in.failed()) {
    const std::size_t begin = in.at();
    const unsigned kind = in.byte();
    bool is_kept = true;
    if (kind == end) return out.append(in.since(begin));
    if (kind == extension) {
      const unsigned label = in.byte();
      const std::size_t content = in.at();
      skip_blocks(in);
      const bool loops = label == application && in.since(content).substr(0, 12) == "\x0bNETSCAPE2.0"sv;
      is_kept = label == control || loops;
    } else if (kind == picture) {
      (void)in.take(8);
      (void)in.take(colour_table_bytes(in.byte()) + 1);
      skip_blocks(in);
    } else {
      return std::nullopt;
    }
    if (is_kept) out += in.since(begin);
  }
  return std::nullopt;
}

Copy webp_copy(std::string_view webp) {
  static constexpr std::array kept{"VP8 "sv, "VP8L"sv, "VP8X"sv, "ALPH"sv, "ANIM"sv, "ANMF"sv};
  constexpr unsigned exif_and_xmp = 0x08 | 0x04;
  constexpr std::size_t size_at = 4, flags_in_chunk = 8;
  Cursor in(webp);
  const std::string_view riff = in.take(4);
  const std::uint32_t size = in.little32();
  if (riff != "RIFF" || in.take(4) != "WEBP" || size < 4) return std::nullopt;
  std::string out(in.since(0));
  const std::size_t end = std::size_t{size} + 8;
  if (end > webp.size()) return std::nullopt;
  while (!in.failed() && in.at() < end) {
    const std::size_t begin = in.at();
    const std::string_view name = in.take(4);
    const std::uint32_t length = in.little32();
    (void)in.take(std::size_t{length} + length % 2);
    if (in.failed() || name == "ICCP") return std::nullopt;
    if (std::ranges::find(kept, name) == kept.end()) continue;
    std::string chunk(in.since(begin));
    if (name == "VP8X" && length >= 1) chunk[flags_in_chunk] = static_cast<char>(chunk[flags_in_chunk] & ~exif_and_xmp);
    out += chunk;
  }
  if (in.failed()) return std::nullopt;
  for (std::size_t i = 0; i < 4; ++i) out[size_at + i] = static_cast<char>((out.size() - 8) >> (8 * i));
  return out;
}

/// Boxes of ISO/IEC 14496-12. Parts of an AVIF have places in the file, so it is copied whole, or not at all.
Copy avif_copy(std::string_view avif) {
  static constexpr std::array expected{"ftyp"sv, "meta"sv, "mdat"sv};
  static constexpr std::array not_ours{"Exif"sv, "mime"sv, "uri "sv, "uuid"sv, "prof"sv, "rICC"sv};
  Cursor in(avif);
  bool has_pixels = false;
  while (in.at() < avif.size()) {
    const std::uint32_t size = in.big(4);
    const std::string_view name = in.take(4);
    if (size < 8 || in.failed() || std::ranges::find(expected, name) == expected.end()) return std::nullopt;
    const std::string_view content = in.take(size - 8);
    if (in.failed()) return std::nullopt;
    const auto is_in_content = [&](std::string_view type) { return content.find(type) != content.npos; };
    if (name == "meta" && std::ranges::any_of(not_ours, is_in_content)) return std::nullopt;
    has_pixels = has_pixels || name == "mdat";
  }
  if (!has_pixels) return std::nullopt;
  return std::string(avif);
}

Copy copy_of(std::string_view picture, Format format) {
  switch (format) {
    case Format::jpeg:
      return jpeg_copy(picture);
    case Format::png:
      return png_copy(picture);
    case Format::gif:
      return gif_copy(picture);
    case Format::webp:
      return webp_copy(picture);
    case Format::avif:
      return avif_copy(picture);
    default:
      return std::nullopt;
  }
}

}  // namespace

bool leaves_alone(const Edit& plan, const Header& header) {
  const Encoding usual;
  const Encoding& encoding = plan.encoding;
  const bool same_pixels = plan.rotate == 0 && !plan.flip && !plan.flop && plan.zoom == 1 &&
                           plan.canvas == Edit::Canvas::keep && plan.blur_sigma == 0 && !plan.text && !plan.mark &&
                           !plan.grey && !(plan.flatten && header.alpha) &&
                           (!plan.scale || plan.scale->size == header.size);
  const bool same_writing = encoding.format == header.format && !encoding.interlace && !encoding.palette &&
                            encoding.compression == usual.compression;
  const bool shown_alike = header.orientation <= 1 && !header.profile && header.space != "cmyk" && !header.page &&
                           header.frames == header.pages;
  return same_pixels && same_writing && shown_alike;
}

std::optional<Bytes> as_it_came(const Bytes& picture, Format format) {
  Copy copy = copy_of(picture.view(), format);
  if (!copy) return std::nullopt;
  return Bytes::adopt(std::move(*copy));
}

}  // namespace imcaxy::image
