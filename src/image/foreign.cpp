#include "image/foreign.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string_view>

#include "image/foreign_picture.hpp"
#include "image/library.hpp"
#include "image/vips_call.hpp"

namespace imcaxy::image {
namespace {

using codec::Picture;
using codec::Shape;
using codec::Space;
using vips::VImage;
using namespace std::chrono_literals;

constexpr auto probe_timeout = 5000ms, decode_timeout = 15000ms, encode_timeout = 30000ms;

struct InUse {
  codec::Client* client = nullptr;
  std::string absence;
};
InUse& in_use() {
  static InUse value;
  return value;
}

struct ForeignFormat {
  Format format;
  Picture picture;
  std::string_view name;
  std::string_view reader, writer;  ///< what imcaxy-codec needs for it, where it lacks it; empty: never done
};
constexpr std::array foreign_formats{
    ForeignFormat{Format::pdf, Picture::pdf, "PDF",
                  "a libvips with poppler (on Debian: libvips42 and libpoppler-glib8)", ""},
    ForeignFormat{Format::heif, Picture::heif, "HEIC", "libheif with libde265 (on Debian: libheif1 and libde265-0)",
                  "libheif with x265 (on Debian: libheif1 and libx265-199)"},
    ForeignFormat{Format::jxl, Picture::jxl, "JPEG XL", "a libvips with libjxl (on Debian: libvips42 and libjxl0.7)",
                  "a libvips with libjxl (on Debian: libvips42 and libjxl0.7)"},
    ForeignFormat{Format::jp2k, Picture::jp2k, "JPEG 2000",
                  "a libvips with OpenJPEG (on Debian: libvips42 and libopenjp2-7)",
                  "a libvips with OpenJPEG (on Debian: libvips42 and libopenjp2-7)"},
    ForeignFormat{Format::avif, Picture::avif, "AVIF", "libheif with dav1d or aom (on Debian: libheif1)", ""},
};

const ForeignFormat* find(Format format) {
  const auto found = std::ranges::find(foreign_formats, format, &ForeignFormat::format);
  return found == foreign_formats.end() ? nullptr : &*found;
}

std::string why_not(const ForeignFormat& format, std::string_view needed) {
  if (needed.empty()) return "";
  if (in_use().client) return std::string(format.name) + " pictures need " + std::string(needed) + " for imcaxy-codec";
  if (in_use().absence.empty()) return "";
  return std::string(format.name) + " pictures need " + in_use().absence;
}

codec::Client& client() {
  if (!in_use().client) throw ForeignError{{400, "the picture is not in a known format", ""}};
  return *in_use().client;
}

template <class T>
T value_of(Result<T> result) {
  if (!result) throw ForeignError{std::move(result.error())};
  return std::move(*result);
}

Picture picture_of(Format format) {
  const ForeignFormat* found = find(format);
  if (!found) throw ForeignError{{500, "this is no foreign format", ""}};
  return found->picture;
}

VipsInterpretation interpretation_of(const Shape& shape) {
  const bool wide = shape.bits == 16;
  switch (shape.space) {
    case Space::grey:
      return wide ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
    case Space::cmyk:
      return VIPS_INTERPRETATION_CMYK;
    case Space::srgb:
      break;
  }
  return wide ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
}

int colours_of(const Shape& shape) {
  return shape.space == Space::grey ? 1 : shape.space == Space::cmyk ? 4 : 3;
}

/// An image of the very bytes, which live as long as it and what is made of it.
VImage wrapped(const Bytes& pixels, const Shape& shape) {
  VImage image = VImage::new_from_memory(const_cast<char*>(pixels.data()), pixels.size(), shape.width, shape.height,
                                         shape.bands, shape.bits == 16 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR);
  g_signal_connect(image.get_image(), "postclose",
                   G_CALLBACK(+[](VipsImage*, gpointer owner) { delete static_cast<Bytes*>(owner); }),
                   new Bytes(pixels));
  return image.copy(VImage::option()->set("interpretation", interpretation_of(shape)));
}

/// What decoding to a size may make: with room for sides that are rounded up, and for a page that is rendered to cover
/// a size of other proportions.
std::uint64_t most_pixels(const Size& stored, const Size& wanted) {
  const auto area = [](const Size& size) {
    return (static_cast<std::uint64_t>(size.width) + 2) * (static_cast<std::uint64_t>(size.height) + 2);
  };
  return std::max(area(stored), 2 * area(wanted));
}

}  // namespace

void use_codec(codec::Client* client, std::string absence) {
  in_use() = {client, std::move(absence)};
}

bool is_foreign(Format format) {
  return find(format) && (format != Format::avif || !reads_heif_itself());
}

bool foreign_readable(Format format) {
  return is_foreign(format) && in_use().client && in_use().client->can_read(find(format)->picture);
}
bool foreign_writable(Format format) {
  return is_foreign(format) && in_use().client && in_use().client->can_write(find(format)->picture);
}

std::string why_not_readable(Format format) {
  return is_foreign(format) ? why_not(*find(format), find(format)->reader) : "";
}
std::string why_not_writable(Format format) {
  return is_foreign(format) ? why_not(*find(format), find(format)->writer) : "";
}

Header read_foreign_header(const Bytes& picture, Format format, const Limits& limits, int page) {
  const codec::Limits job{.max_pixels = limits.max_pixels, .timeout = probe_timeout};
  const codec::Facts facts = value_of(client().probe(picture_of(format), picture, {.page = page}, job));
  Header header;
  header.format = format;
  header.size = {facts.shape.width, facts.shape.height};
  header.pages = facts.pages;
  header.bands = facts.shape.bands;
  header.orientation = facts.orientation;
  header.alpha = facts.shape.bands > colours_of(facts.shape);
  header.profile = facts.profile;
  header.space = vips_enum_nick(VIPS_TYPE_INTERPRETATION, interpretation_of(facts.shape));
  return header;
}

VImage decode_foreign(const Bytes& picture, const Header& header, const Scale& wanted) {
  codec::Reading reading{.page = header.page.value_or(0)};
  // The side that leads sets the factor; the other is a rounded number.
  if (wanted.size != header.size) {
    if (wanted.lead != Scale::Lead::height) reading.wanted_width = wanted.size.width;
    if (wanted.lead != Scale::Lead::width) reading.wanted_height = wanted.size.height;
  }
  const codec::Limits job{.max_pixels = most_pixels(header.size, wanted.size), .timeout = decode_timeout};
  const codec::Pixels pixels = value_of(client().decode(picture_of(header.format), picture, reading, job));
  VImage image = wrapped(pixels.data, pixels.facts.shape);
  if (!pixels.profile.empty())
    vips_image_set_blob_copy(image.get_image(), VIPS_META_ICC_NAME, pixels.profile.data(), pixels.profile.size());
  return image;
}

Bytes encode_foreign(const VImage& image, const Encoding& how) {
  const VImage narrow = image.cast(VIPS_FORMAT_UCHAR);
  const bool grey = narrow.bands() < 3;
  const Shape shape{narrow.width(), narrow.height(), narrow.bands(), 8, grey ? Space::grey : Space::srgb};
  codec::Writing writing{.quality = how.quality};
  if (!how.strip && image.get_typeof(VIPS_META_ICC_NAME) != 0) {
    std::size_t size = 0;
    const auto* profile = static_cast<const char*>(image.get_blob(VIPS_META_ICC_NAME, &size));
    writing.profile = Bytes::copy({profile, size});
  }
  const auto fill = [&](std::span<std::byte> room) -> Result<void> {
    struct Target {
      std::byte* start;
      std::size_t row;
    } target{room.data(), VIPS_IMAGE_SIZEOF_LINE(narrow.get_image())};
    const auto take = [](VipsRegion* region, VipsRect* area, void* data) {
      const auto* t = static_cast<Target*>(data);
      for (int y = area->top; y < area->top + area->height; ++y)
        std::memcpy(t->start + static_cast<std::size_t>(y) * t->row, VIPS_REGION_ADDR(region, 0, y), t->row);
      return 0;
    };
    if (vips_sink_disc(narrow.get_image(), take, &target) == 0) return {};
    return vips_call([]() -> Result<void> { throw vips::VError(); });
  };
  const codec::Limits job{.timeout = encode_timeout};
  return value_of(client().encode(picture_of(how.format), shape, fill, writing, job));
}

}  // namespace imcaxy::image
