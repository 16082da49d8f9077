#include "image/encode.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "image/content.hpp"
#include "image/foreign_picture.hpp"
#include "image/frames.hpp"
#include "image/metadata.hpp"
#include "image/plain_encode.hpp"
#include "image/rows.hpp"
#include "image/thorough.hpp"
#include "image/webp_frames.hpp"
#include "jpeg/writer.hpp"
#include "png/writer.hpp"
#include "webp/writer.hpp"

namespace imcaxy::image {
namespace {

using vips::VImage;

Bytes written_as_webp(const VImage& image, vips::VOption* options) {
  if (frames_in(image) == 1) return adopt(image.webpsave_buffer(options));
  // libwebp leaves out what is nearly as it was in the frame before, which adds up: libvips would never begin afresh.
  const Bytes webp = adopt(image.webpsave_buffer(options->set("kmin", 3)->set("kmax", 5)));
  std::vector<int> delays = delays_of(image);
  for (int& delay : delays) delay = webp_delay(delay);
  return with_every_frame(webp, delays);
}

Bytes written_as_gif(const VImage& image, vips::VOption* options) {
#if VIPS_MAJOR_VERSION > 8 || VIPS_MINOR_VERSION >= 17
  options->set("keep_duplicate_frames", true);
#endif
  // Against libvips' own choices: half the time and two thirds of the bytes, for differences that nobody sees.
  options->set("effort", 4)->set("interframe_maxerror", 4.0)->set("interpalette_maxerror", 8.0);
  return adopt(image.gifsave_buffer(options));
}

/// The ICC profile that the picture carries; empty when it has none.
std::string_view profile_of(const VImage& image) {
  if (image.get_typeof(VIPS_META_ICC_NAME) == 0) return {};
  std::size_t size = 0;
  const auto* const profile = static_cast<const char*>(image.get_blob(VIPS_META_ICC_NAME, &size));
  return {profile, size};
}

/// Below this a progressive JPEG is the larger one.
constexpr int pixels_for_progressive = 12'000;

Bytes jpeg_of(const VImage& image, const jpeg::Writing& writing) {
  const auto writer = jpeg::Writer::open(writing);
  if (!writer) throw vips::VError(writer.error().message);
  for_each_row(image, [&](const void* row) {
    if (auto ok = (*writer)->push(static_cast<const std::uint8_t*>(row)); !ok) throw vips::VError(ok.error().message);
  });
  auto jpeg = (*writer)->finish();
  if (!jpeg) throw vips::VError(jpeg.error().message);
  return Bytes::adopt(std::move(*jpeg));
}

/// Without libvips in between, which takes half the time. Nothing for what it has to write: inks, and the orientation
/// of a picture that was not turned.
std::optional<Bytes> written_as_jpeg(const VImage& image, const Encoding& how) {
  const bool plain = image.format() == VIPS_FORMAT_UCHAR && image.coding() == VIPS_CODING_NONE &&
                     (image.bands() == 1 || (image.bands() == 3 && image.interpretation() != VIPS_INTERPRETATION_CMYK));
  if (!plain || image.get_typeof(VIPS_META_ORIENTATION) != 0) return std::nullopt;
  jpeg::Writing writing{.width = image.width(), .height = image.height(), .bands = image.bands()};
  writing.quality = how.quality;
  writing.whole_colour = how.whole_colour;
  const std::int64_t pixels = std::int64_t{image.width()} * image.height();
  writing.progressive = how.interlace || (pixels >= pixels_for_progressive && pixels <= how.most_progressive);
  writing.profile = profile_of(image);
  return jpeg_of(image, writing);
}

constexpr std::int64_t most_pixels_in_memory = 16'000'000;

/// A photograph as PNG, unless something was asked for that is libvips' to do. In a tenth of the time, and smaller.
std::optional<Bytes> written_as_photograph(const VImage& picture, const Encoding& how) {
  const Encoding usual;
  // All of it is in memory at once here, which libvips does not need.
  if (std::int64_t{picture.width()} * picture.height() > most_pixels_in_memory) return std::nullopt;
  if (how.palette || how.interlace || how.compression != usual.compression) return std::nullopt;
  if (picture.format() != VIPS_FORMAT_UCHAR || picture.bands() > 4 ||
      picture.interpretation() == VIPS_INTERPRETATION_CMYK || picture.get_typeof(VIPS_META_ORIENTATION) != 0)
    return std::nullopt;
  const VImage image = in_memory(picture);
  if (!looks_photographic(image)) return std::nullopt;
  png::Writer writer({image.width(), image.height(), image.bands(), profile_of(image)});
  for_each_row(image, [&](const void* row) { writer.push(static_cast<const std::uint8_t*>(row)); });
  return Bytes::adopt(writer.finish());
}

/// Beyond 2 it takes twice the time for four percent fewer bytes.
constexpr int webp_effort = 2;

/// By libwebp itself, which takes three quarters of the time. Nothing for what libvips has to write: more than pixels,
/// or more than one frame.
std::optional<Bytes> written_with_libwebp(const VImage& picture, const Encoding& how) {
  const bool plain = picture.format() == VIPS_FORMAT_UCHAR && picture.coding() == VIPS_CODING_NONE &&
                     picture.interpretation() == VIPS_INTERPRETATION_sRGB &&
                     (picture.bands() == 3 || picture.bands() == 4) && frames_in(picture) == 1 &&
                     picture.width() <= webp::longest_side && picture.height() <= webp::longest_side &&
                     std::int64_t{picture.width()} * picture.height() <= most_pixels_in_memory;
  if (how.lossless || !plain || picture.get_typeof(VIPS_META_ORIENTATION) != 0 || !profile_of(picture).empty())
    return std::nullopt;
  const VImage image = in_memory(picture);
  const webp::Pixels pixels{.width = image.width(),
                            .height = image.height(),
                            .bands = image.bands(),
                            .samples = VIPS_IMAGE_ADDR(image.get_image(), 0, 0),
                            .row_bytes = VIPS_IMAGE_SIZEOF_LINE(image.get_image())};
  auto webp = webp::write(pixels, {.quality = how.quality, .effort = webp_effort});
  if (!webp) throw vips::VError(webp.error().message + ": " + webp.error().cause);
  return Bytes::adopt(std::move(*webp));
}

}  // namespace

Bytes adopt(VipsBlob* blob) {
  std::size_t size = 0;
  const auto* data = static_cast<const char*>(vips_blob_get(blob, &size));
  const Bytes bytes = Bytes::copy({data, size});
  vips_area_unref(VIPS_AREA(blob));
  return bytes;
}

VipsForeignSubsample subsampling(const Encoding& how) {
  if (!how.whole_colour) return VIPS_FOREIGN_SUBSAMPLE_AUTO;
  return *how.whole_colour ? VIPS_FOREIGN_SUBSAMPLE_OFF : VIPS_FOREIGN_SUBSAMPLE_ON;
}

Bytes encoded(const VImage& picture, const Encoding& how) {
  const VImage image = without_private_metadata(picture, how.strip);
  if (how.plain) return encoded_plainly(image, how);
  if (how.format == Format::heif || how.format == Format::jxl || how.format == Format::jp2k)
    return encode_foreign(image, how);
  if (how.effort == Encoding::Effort::thorough && thorough_ways(how) > 0) return thoroughly_encoded(image, how);
  if (how.format == Format::png)
    if (auto png = written_as_photograph(image, how)) return std::move(*png);
  if (how.format == Format::jpeg)
    if (auto jpeg = written_as_jpeg(image, how)) return std::move(*jpeg);
  if (how.format == Format::webp)
    if (auto webp = written_with_libwebp(image, how)) return std::move(*webp);
  // Only now: nobody but the call that takes it gives it back.
  auto* options = saving_public_metadata(image);
  switch (how.format) {
    case Format::png:
      options->set("compression", how.compression)
          ->set("interlace", how.interlace)
          ->set("filter", VIPS_FOREIGN_PNG_FILTER_ALL);
      if (how.palette) options->set("palette", true)->set("Q", how.quality)->set("effort", how.palette_effort);
      return adopt(image.pngsave_buffer(options));
    case Format::webp:
      if (how.lossless) options->set("lossless", true)->set("effort", how.effort == Encoding::Effort::quick ? 2 : 4);
      if (!how.lossless) options->set("effort", webp_effort);
      return written_as_webp(image, options->set("Q", how.quality));
    case Format::gif:
      return written_as_gif(image, options);
    case Format::tiff:
      return adopt(image.tiffsave_buffer(options->set("compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE)
                                             ->set("predictor", VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL)));
    case Format::avif:
      return adopt(image.heifsave_buffer(options->set("Q", how.quality)
                                             ->set("compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1)
                                             ->set("subsample_mode", subsampling(how))
                                             ->set("effort", how.effort == Encoding::Effort::quick ? 0 : 2)));
    default:
      return adopt(image.jpegsave_buffer(options->set("Q", how.quality)
                                             ->set("optimize_coding", true)
                                             ->set("quant_table", 3)
                                             ->set("subsample_mode", subsampling(how))
                                             ->set("interlace", how.interlace)));
  }
}

Bytes written_to_be_read_again(const VImage& image, int quality) {
  return jpeg_of(image, {.width = image.width(),
                         .height = image.height(),
                         .bands = image.bands(),
                         .quality = quality,
                         .progressive = false});
}

}  // namespace imcaxy::image
