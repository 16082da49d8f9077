#include "image/thorough.hpp"

#include <array>

#include "image/encode.hpp"

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

/// MozJPEG's numbers of quantisation tables: tuned for MS-SSIM, by Watson, Taylor and Borthwick, and by Peterson,
/// Ahumada and Watson. With its trellis each is the best for some pictures.
constexpr std::array<int, 3> jpeg_tables{2, 5, 8};

VipsBlob* as_jpeg(const VImage& image, VOption* options, const Encoding& how) {
  options->set("Q", how.quality)
      ->set("optimize_coding", true)
      ->set("trellis_quant", true)
      ->set("overshoot_deringing", true)
      ->set("optimize_scans", true)
      ->set("interlace", true)
      ->set("quant_table", jpeg_tables.at(static_cast<std::size_t>(how.way)))
      ->set("subsample_mode", subsampling(how));
  return image.jpegsave_buffer(options);
}

VipsBlob* as_webp(const VImage& image, VOption* options, const Encoding& how) {
  const WebpWay& way = webp_ways.at(static_cast<std::size_t>(how.way));
  options->set("Q", how.quality)->set("effort", 6)->set("smart_subsample", way.sharp)->set("preset", way.preset);
  return image.webpsave_buffer(options);
}

/// Colour at every pixel takes fewer bytes than coarser colour and a higher quality; beyond 4 the time doubles for a
/// percent.
VipsBlob* as_avif(const VImage& image, VOption* options, const Encoding& how) {
  options->set("Q", how.quality)
      ->set("compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1)
      ->set("effort", 4)
      ->set("subsample_mode", VIPS_FOREIGN_SUBSAMPLE_OFF);
  return image.heifsave_buffer(options);
}

}  // namespace

int thorough_ways(Format format) {
  switch (format) {
    case Format::jpeg:
      return static_cast<int>(jpeg_tables.size());
    case Format::webp:
      return static_cast<int>(webp_ways.size());
    case Format::avif:
      return 1;
    default:
      return 0;
  }
}

VipsBlob* thoroughly_encoded(const VImage& image, VOption* options, const Encoding& how) {
  switch (how.format) {
    case Format::webp:
      return as_webp(image, options, how);
    case Format::avif:
      return as_avif(image, options, how);
    default:
      return as_jpeg(image, options, how);
  }
}

}  // namespace imcaxy::image
