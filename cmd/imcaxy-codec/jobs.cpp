#include "jobs.hpp"

#include <fontconfig/fontconfig.h>
#include <vips/vips8>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>

#include "hevc.hpp"

// Includes nothing itself.
#include <vips/vector.h>

namespace imcaxy::codec {
namespace {

using vips::VImage;
using wire::Answer;
using wire::Job;
using wire::Picture;
using wire::Shape;
using wire::Space;

/// Owns nothing: the bytes live as long as the process.
vips::VOption* reading_options(const Job& job) {
  auto* options = VImage::option()->set("access", VIPS_ACCESS_SEQUENTIAL);
  if (job.picture == Picture::pdf) options->set("page", job.page)->set("dpi", job.dpi);
  if (job.picture == Picture::heif && job.page > 0) options->set("page", job.page);
  return options;
}

VImage load(const Job& job, VipsBlob* blob, vips::VOption* options) {
  switch (job.picture) {
    case Picture::pdf:
      return VImage::pdfload_buffer(blob, options);
    case Picture::heif:
    case Picture::avif:
      return VImage::heifload_buffer(blob, options);
    case Picture::jxl:
      return VImage::jxlload_buffer(blob, options);
    case Picture::jp2k:
      return VImage::jp2kload_buffer(blob, options);
  }
  throw std::invalid_argument("no such format");
}

int page_count(const VImage& image) {
  return std::max(1, vips_image_get_n_pages(image.get_image()));
}

bool within(const VImage& image, std::uint64_t max_pixels) {
  return static_cast<std::uint64_t>(image.width()) * static_cast<std::uint64_t>(image.height()) <= max_pixels;
}

/// At the size that is needed, where the format can.
VImage load_for_size(const Job& job, VipsBlob* blob, const VImage& whole) {
  if (job.wanted_width <= 0 && job.wanted_height <= 0) return whole;
  if (job.picture == Picture::pdf) {
    const double scale = std::max(static_cast<double>(job.wanted_width) / whole.width(),
                                  static_cast<double>(job.wanted_height) / whole.height());
    // Sides in another proportion than the page's: as large as allowed, the server does the rest.
    const double pixels = static_cast<double>(whole.width()) * whole.height();
    const double most = std::sqrt(static_cast<double>(job.max_pixels) / pixels);
    return load(job, blob, reading_options(job)->set("scale", std::min(scale, most)));
  }
  if (job.picture == Picture::jp2k) {
    // Each page has half the size of the one before.
    int page = 0;
    while (page + 1 < std::min(page_count(whole), 16) && whole.width() >> (page + 1) >= job.wanted_width &&
           whole.height() >> (page + 1) >= job.wanted_height)
      ++page;
    if (page > 0) return load(job, blob, reading_options(job)->set("page", page));
  }
  return whole;
}

struct Reading {
  VImage image;
  Shape shape;
};

/// In one of the shapes that the server takes.
Reading in_known_shape(VImage image) {
  const auto is = [&](VipsInterpretation one, VipsInterpretation other) {
    return image.interpretation() == one || image.interpretation() == other;
  };
  const bool integers = image.format() == VIPS_FORMAT_UCHAR || image.format() == VIPS_FORMAT_USHORT;
  Space space = Space::srgb;
  if (integers && is(VIPS_INTERPRETATION_B_W, VIPS_INTERPRETATION_GREY16)) {
    space = Space::grey;
  } else if (integers && image.interpretation() == VIPS_INTERPRETATION_CMYK) {
    space = Space::cmyk;
  } else if (!integers || !is(VIPS_INTERPRETATION_sRGB, VIPS_INTERPRETATION_RGB16)) {
    image = image.colourspace(image.bands() < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB);
    if (image.bands() < 3) space = Space::grey;
  }
  const bool wide = is(VIPS_INTERPRETATION_RGB16, VIPS_INTERPRETATION_GREY16);
  image = image.cast(wide ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR);
  const int colours = space == Space::srgb ? 3 : space == Space::grey ? 1 : 4;
  if (image.bands() < colours) throw std::runtime_error("the picture has too few bands");
  if (image.bands() > colours + 1) image = image.extract_band(0, VImage::option()->set("n", colours + 1));
  return {image, {image.width(), image.height(), image.bands(), wide ? 16 : 8, space}};
}

std::string_view blob_of(const VImage& image, const char* name) {
  if (image.get_typeof(name) != VIPS_TYPE_BLOB) return {};
  std::size_t size = 0;
  const void* data = image.get_blob(name, &size);
  return {static_cast<const char*>(data), size};
}

Answer facts_of(const Job& job, const VImage& image, const Shape& shape, int pages) {
  Answer answer{};
  answer.ok = 1;
  answer.shape = shape;
  answer.pages = pages;
  // libheif and libjxl turn by themselves.
  if (job.picture == Picture::jp2k && image.get_typeof(VIPS_META_ORIENTATION) != 0)
    answer.orientation = vips_image_get_orientation(image.get_image());
  return answer;
}

/// Rows as they are computed, so that no picture is held twice.
void write_pixels(const VImage& image, std::byte* to) {
  struct Target {
    std::byte* start;
    std::size_t row;
  } target{to, VIPS_IMAGE_SIZEOF_LINE(image.get_image())};
  const auto take = [](VipsRegion* region, VipsRect* area, void* data) {
    const auto* t = static_cast<Target*>(data);
    for (int y = area->top; y < area->top + area->height; ++y)
      std::memcpy(t->start + static_cast<std::size_t>(y) * t->row, VIPS_REGION_ADDR(region, 0, y), t->row);
    return 0;
  };
  if (vips_sink_disc(image.get_image(), take, &target) != 0) throw vips::VError();
}

void read(const Job& job, std::span<const std::byte> input, const AnswerMemory& output) {
  VipsBlob* blob = vips_blob_new(nullptr, input.data(), input.size());
  const VImage whole = load(job, blob, reading_options(job));
  const int pages = page_count(whole);
  if (job.kind == wire::Kind::probe) {
    const Reading reading = in_known_shape(whole);
    output.write(facts_of(job, whole, reading.shape, pages), {.profile = blob_of(whole, VIPS_META_ICC_NAME)});
    return;
  }
  const VImage image = load_for_size(job, blob, whole);
  if (!within(image, job.max_pixels)) throw std::runtime_error("Image resolution is too big");
  const Reading reading = in_known_shape(image);
  const AnswerMemory::Parts parts{.profile = blob_of(image, VIPS_META_ICC_NAME),
                                  .body_bytes = VIPS_IMAGE_SIZEOF_IMAGE(reading.image.get_image())};
  output.write(facts_of(job, image, reading.shape, pages), parts,
               [&](std::byte* to) { write_pixels(reading.image, to); });
}

VImage from_memory(const Job& job, std::span<const std::byte> input) {
  const Shape& s = job.shape;
  const bool wide = s.bits == 16;
  const auto interpretation = s.space == Space::cmyk   ? VIPS_INTERPRETATION_CMYK
                              : s.space == Space::grey ? (wide ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W)
                              : wide                   ? VIPS_INTERPRETATION_RGB16
                                                       : VIPS_INTERPRETATION_sRGB;
  const std::size_t size = input.size() - job.profile_bytes;
  // The library asks for memory that it may write to, and does not write.
  VImage image = VImage::new_from_memory(const_cast<std::byte*>(input.data()), size, s.width, s.height, s.bands,
                                         wide ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR)
                     .copy(VImage::option()->set("interpretation", interpretation));
  if (job.profile_bytes > 0) {
    const std::span<const std::byte> profile = input.subspan(size);
    vips_image_set_blob_copy(image.get_image(), VIPS_META_ICC_NAME, profile.data(), profile.size());
  }
  return image;
}

std::string adopted(VipsBlob* blob) {
  std::size_t size = 0;
  const void* data = vips_blob_get(blob, &size);
  std::string out(static_cast<const char*>(data), size);
  vips_area_unref(VIPS_AREA(blob));
  return out;
}

std::string encoded(const Job& job, const VImage& image) {
  auto* options = VImage::option()->set("Q", job.quality)->set("lossless", job.lossless != 0);
  switch (job.picture) {
    case Picture::jxl:
      return adopted(image.jxlsave_buffer(options->set("effort", 4)));
    case Picture::jp2k:
      return adopted(image.jp2ksave_buffer(options));
    case Picture::heif:
      delete options;
      return encode_hevc(image, job.quality, job.lossless != 0);
    default:
      delete options;
      throw std::runtime_error("this format can't be written");
  }
}

void write(const Job& job, std::span<const std::byte> input, const AnswerMemory& output) {
  const std::string file = encoded(job, from_memory(job, input));
  Answer answer{};
  answer.ok = 1;
  output.write(answer, {.body_bytes = file.size()}, [&](std::byte* to) { std::memcpy(to, file.data(), file.size()); });
}

constexpr std::string_view empty_page =
    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 16 16]>>endobj\ntrailer<</Root 1 0 R>>\n";

/// What really works: a library may be there without the part that matters, such as libheif without a decoder.
std::optional<std::string> written(Picture picture) {
  try {
    if (picture == Picture::pdf) return std::string(empty_page);
    const VImage grey = VImage::black(64, 64).copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
    const VImage colour =
        grey.bandjoin(grey).bandjoin(grey).copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
    if (picture == Picture::avif)
      return adopted(colour.heifsave_buffer(
          VImage::option()->set("compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1)->set("effort", 0)));
    Job job{};
    job.picture = picture;
    job.quality = 50;
    return encoded(job, colour);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

bool can_be_read(Picture picture, const std::string& file) {
  try {
    Job job{};
    job.picture = picture;
    job.dpi = 72;
    load(job, vips_blob_new(nullptr, file.data(), file.size()), reading_options(job)).copy_memory();
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

/// Where no encoder helps to make a picture for the attempt.
bool has_loader(Picture picture) {
  const char* const names[] = {"pdfload_buffer", "heifload_buffer", "jxlload_buffer", "jp2kload_buffer",
                               "heifload_buffer"};
  return vips_type_find("VipsOperation", names[static_cast<std::uint32_t>(picture)]) != 0 &&
         (picture != Picture::heif || can_decode_hevc());
}

void tell_formats(const AnswerMemory& output) {
  Answer answer{};
  answer.ok = 1;
  for (std::uint32_t i = 0; i < wire::pictures; ++i) {
    const auto picture = static_cast<Picture>(i);
    const auto file = written(picture);
    const bool is_output = picture != Picture::pdf && picture != Picture::avif;  // AVIF is the server's own to write
    if (file ? can_be_read(picture, *file) : has_loader(picture)) answer.readable |= 1u << i;
    if (file && is_output) answer.writable |= 1u << i;
  }
  vips_error_clear();
  output.write(answer, {});
}

}  // namespace

bool start_libraries() {
  if (VIPS_INIT("imcaxy-codec") != 0) return false;
  vips_concurrency_set(1);
  vips_cache_set_max(0);
  vips_vector_set_enabled(FALSE);  // it would make machine code, which the sandbox forbids
  g_log_set_default_handler([](const gchar*, GLogLevelFlags, const gchar*, gpointer) {}, nullptr);
  FcInit();  // reads the list of fonts; without any a PDF lacks text at worst
  return true;
}

void run(const Job& job, std::span<const std::byte> input, const AnswerMemory& output) {
  switch (job.kind) {
    case wire::Kind::formats:
      return tell_formats(output);
    case wire::Kind::probe:
    case wire::Kind::decode:
      return read(job, input, output);
    case wire::Kind::encode:
      return write(job, input, output);
    case wire::Kind::self_test:
      return try_forbidden(job.trial, output);
  }
  throw std::invalid_argument("no such job");
}

}  // namespace imcaxy::codec
