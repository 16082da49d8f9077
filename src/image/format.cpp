#include "image/format.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "image/foreign.hpp"

namespace imcaxy::image {
namespace {

using namespace std::string_view_literals;

struct FormatFacts {
  Format format;
  std::string_view name, mime_type;
  bool readable, writable, raster;
};

constexpr std::array facts{
    FormatFacts{Format::unknown, "", "application/octet-stream", false, false, false},
    FormatFacts{Format::jpeg, "jpeg", "image/jpeg", true, true, true},
    FormatFacts{Format::png, "png", "image/png", true, true, true},
    FormatFacts{Format::webp, "webp", "image/webp", true, true, true},
    FormatFacts{Format::gif, "gif", "image/gif", true, true, true},
    FormatFacts{Format::tiff, "tiff", "image/tiff", true, true, true},
    FormatFacts{Format::svg, "svg", "image/svg+xml", true, false, false},
    FormatFacts{Format::avif, "avif", "image/avif", true, true, true},
    FormatFacts{Format::heif, "heif", "image/heif", false, false, true},
    FormatFacts{Format::jxl, "jxl", "image/jxl", false, false, true},
    FormatFacts{Format::jp2k, "jp2k", "image/jp2", false, false, true},
    FormatFacts{Format::pdf, "pdf", "application/pdf", false, false, false},
};

const FormatFacts& facts_of(Format format) {
  return *std::ranges::find(facts, format, &FormatFacts::format);
}

struct Magic {
  std::string_view bytes;
  Format format;
};
constexpr std::array magics{
    Magic{"\xff\xd8\xff"sv, Format::jpeg},
    Magic{"\x89PNG\r\n\x1a\n"sv, Format::png},
    Magic{"GIF87a"sv, Format::gif},
    Magic{"GIF89a"sv, Format::gif},
    Magic{"II*\0"sv, Format::tiff},
    Magic{"MM\0*"sv, Format::tiff},
    Magic{"%PDF-"sv, Format::pdf},
    Magic{"\xff\x0a"sv, Format::jxl},
    Magic{"\0\0\0\x0cJXL \r\n\x87\n"sv, Format::jxl},
    Magic{"\0\0\0\x0cjP  \r\n\x87\n"sv, Format::jp2k},
    Magic{"\xff\x4f\xff\x51"sv, Format::jp2k},
};

/// An ISO media file by its brands: major first, then the compatible ones.
Format sniff_iso_media(std::string_view bytes) {
  if (bytes.size() < 12 || bytes.substr(4, 4) != "ftyp") return Format::unknown;
  const auto box_size =
      static_cast<std::size_t>(static_cast<unsigned char>(bytes[2]) << 8 | static_cast<unsigned char>(bytes[3]));
  const std::string_view brands =
      bytes.substr(8, std::min(box_size, bytes.size()) - std::min<std::size_t>(8, box_size));
  for (std::size_t at = 0; at + 4 <= brands.size(); at += at == 0 ? 8 : 4) {  // the minor version is no brand
    const std::string_view brand = brands.substr(at, 4);
    if (brand == "avif" || brand == "avis") return Format::avif;
    if (brand == "heic" || brand == "heix" || brand == "hevc" || brand == "heim" || brand == "heis")
      return Format::heif;
  }
  return Format::unknown;
}

/// `<svg` among the first bytes, after a declaration, comments or a document type.
bool looks_like_svg(std::string_view bytes) {
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  bytes = trimmed(bytes.substr(0, 4096));
  return bytes.starts_with('<') && bytes.find('\0') == bytes.npos && bytes.find("<svg") != bytes.npos;
}

}  // namespace

Format sniff(std::string_view bytes) {
  for (const Magic& magic : magics)
    if (bytes.starts_with(magic.bytes)) return magic.format;
  if (bytes.size() >= 12 && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP") return Format::webp;
  if (const Format format = sniff_iso_media(bytes); format != Format::unknown) return format;
  return looks_like_svg(bytes) ? Format::svg : Format::unknown;
}

std::string_view mime_type(Format format) {
  return facts_of(format).mime_type;
}
std::string_view name(Format format) {
  return facts_of(format).name;
}
bool is_readable(Format format) {
  return is_foreign(format) ? foreign_readable(format) : facts_of(format).readable;
}
bool is_writable(Format format) {
  return facts_of(format).writable || foreign_writable(format);
}
bool has_pages(Format format) {
  return can_animate(format) || format == Format::tiff || format == Format::avif || format == Format::heif ||
         format == Format::pdf;
}
bool can_animate(Format format) {
  return format == Format::gif || format == Format::webp;
}
bool is_lossy(Format format) {
  return format == Format::jpeg || format == Format::avif || format == Format::heif || format == Format::jxl ||
         format == Format::jp2k;
}
bool is_for_browsers(Format format) {
  return format == Format::jpeg || format == Format::png || format == Format::gif || format == Format::webp ||
         format == Format::avif;
}
bool is_raster(Format format) {
  return facts_of(format).raster;
}

Format from_name(std::string_view name) {
  const auto found = std::ranges::find(facts, ascii_lower(name), [](const FormatFacts& f) { return f.name; });
  return found == facts.end() || name.empty() ? Format::unknown : found->format;
}

}  // namespace imcaxy::image
