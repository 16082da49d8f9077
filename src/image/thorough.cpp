#include "image/thorough.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "image/encode.hpp"
#include "image/metadata.hpp"
#include "jpeg/recolour.hpp"

namespace imcaxy::image {
namespace {

using vips::VImage;
using vips::VOption;

struct WebpWay {
  bool sharp;  ///< colour edges are looked at before colour is made coarser
  VipsForeignWebpPreset preset;
};
constexpr std::array<WebpWay, 3> webp_ways{{{true, VIPS_FOREIGN_WEBP_PRESET_DEFAULT},
                                            {true, VIPS_FOREIGN_WEBP_PRESET_PHOTO},
                                            {false, VIPS_FOREIGN_WEBP_PRESET_PHOTO}}};

/// MozJPEG's number of a table of quantisation, and by how much the quality of colour differs from that of brightness.
/// The tables: tuned for MS-SSIM (2), by N. Robidoux (3), by Watson, Taylor and Borthwick (5), and by Peterson, Ahumada
/// and Watson (8). With its trellis each is the best for some pictures; see bench/README.md.
struct JpegWay {
  int table, colour;
  int quality;  ///< less than what the table that is used in a hurry needs for the same score
};
constexpr std::array<JpegWay, 8> jpeg_ways{
    {{5, 0, 2}, {2, -8, 0}, {3, 0, 0}, {8, -8, 11}, {8, 8, 14}, {5, -8, 0}, {2, 0, 1}, {8, 0, 12}}};

Bytes as_jpeg(const VImage& image, int quality, int table, const Encoding& how) {
  return adopt(image.jpegsave_buffer(saving_public_metadata(image)
                                         ->set("Q", std::clamp(quality, 1, 100))
                                         ->set("optimize_coding", true)
                                         ->set("trellis_quant", true)
                                         ->set("overshoot_deringing", true)
                                         ->set("optimize_scans", true)
                                         ->set("interlace", true)
                                         ->set("quant_table", table)
                                         ->set("subsample_mode", subsampling(how))));
}

Bytes as_jpeg(const VImage& image, const Encoding& how) {
  const JpegWay& way = jpeg_ways.at(static_cast<std::size_t>(how.way));
  Bytes jpeg = as_jpeg(image, how.quality, way.table, how);
  if (way.colour == 0 || image.bands() == 1) return jpeg;
  const Bytes colours = as_jpeg(image, how.quality + way.colour, way.table, how);
  auto both = jpeg::recoloured(jpeg.view(), colours.view());
  return both ? Bytes::adopt(std::move(*both)) : jpeg;
}

Bytes as_webp(const VImage& image, const Encoding& how) {
  const WebpWay& way = webp_ways.at(static_cast<std::size_t>(how.way));
  return adopt(image.webpsave_buffer(saving_public_metadata(image)
                                         ->set("Q", how.quality)
                                         ->set("effort", 6)
                                         ->set("smart_subsample", way.sharp)
                                         ->set("preset", way.preset)));
}

/// A palette is exact where it has room for all colours.
enum class PngWay { as_it_is, filtered, palette, dithered_palette, count };

Bytes as_png(const VImage& image, const Encoding& how) {
  constexpr int most_thorough = 10;
  VOption* options = saving_public_metadata(image)->set("compression", 9);
  switch (static_cast<PngWay>(how.way)) {
    case PngWay::filtered:
      options->set("filter", VIPS_FOREIGN_PNG_FILTER_ALL);
      break;
    case PngWay::palette:
    case PngWay::dithered_palette:
      options->set("palette", true)->set("Q", 100)->set("effort", most_thorough);
      options->set("dither", static_cast<PngWay>(how.way) == PngWay::palette ? 0.0 : 1.0);
      break;
    default:
      options->set("filter", VIPS_FOREIGN_PNG_FILTER_NONE);
  }
  return adopt(image.pngsave_buffer(options));
}

/// How far samples may move where that makes them easier to predict: WebP's `near_lossless`, 100 is not at all.
constexpr std::array<int, 3> webp_nearness{100, 80, 60};

Bytes as_lossless_webp(const VImage& image, const Encoding& how) {
  const int nearness = webp_nearness.at(static_cast<std::size_t>(how.way));
  return adopt(image.webpsave_buffer(saving_public_metadata(image)
                                         ->set("lossless", true)
                                         ->set("effort", 6)
                                         ->set("Q", nearness)
                                         ->set("near_lossless", nearness < 100)));
}

/// Colour at every pixel takes fewer bytes than coarser colour and a higher quality; beyond 4 the time doubles for a
/// percent.
Bytes as_avif(const VImage& image, const Encoding& how) {
  return adopt(image.heifsave_buffer(saving_public_metadata(image)
                                         ->set("Q", how.quality)
                                         ->set("compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1)
                                         ->set("effort", 4)
                                         ->set("subsample_mode", VIPS_FOREIGN_SUBSAMPLE_OFF)));
}

}  // namespace

int thorough_ways(const Encoding& how) {
  switch (how.format) {
    case Format::jpeg:
      return static_cast<int>(jpeg_ways.size());
    case Format::webp:
      return static_cast<int>(how.lossless ? webp_nearness.size() : webp_ways.size());
    case Format::png:
      return static_cast<int>(PngWay::count);
    case Format::avif:
      return 1;
    default:
      return 0;
  }
}

int usual_quality(const Encoding& how) {
  constexpr int less_of_avif = 2;
  int less = 0;
  if (how.format == Format::jpeg) less = jpeg_ways.at(static_cast<std::size_t>(how.way)).quality;
  if (how.format == Format::avif) less = less_of_avif;
  return std::clamp(how.quality - less, 1, 100);
}

Bytes thoroughly_encoded(const VImage& image, const Encoding& how) {
  switch (how.format) {
    case Format::webp:
      return how.lossless ? as_lossless_webp(image, how) : as_webp(image, how);
    case Format::png:
      return as_png(image, how);
    case Format::avif:
      return as_avif(image, how);
    default:
      return as_jpeg(image, how);
  }
}

}  // namespace imcaxy::image
