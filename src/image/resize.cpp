#include "image/resize.hpp"

#include <algorithm>
#include <cstdlib>

#include "image/colour.hpp"
#include "image/foreign.hpp"
#include "image/foreign_picture.hpp"
#include "image/frames.hpp"
#include "image/light.hpp"

namespace imcaxy::image {
namespace {

using vips::VImage;

constexpr double across_from = 3.2, across_and_down_from = 4;

bool is_ink(const Header& header) {
  return header.space == "cmyk";
}

/// How much smaller a JPEG of inks is decoded: so that at least twice the wanted size is left. Only converted to light
/// it can be resampled, and that is dear.
int ink_shrink(const Header& header, const Size& wanted) {
  const double factor = std::min(static_cast<double>(header.size.width) / wanted.width,
                                 static_cast<double>(header.size.height) / wanted.height);
  return factor >= 16 ? 8 : factor >= 8 ? 4 : factor >= 4 ? 2 : 1;
}

/// The pages that the header names, not yet decoded.
VImage opened(const Bytes& picture, const Header& header, const Size& wanted) {
  auto* options = VImage::option()->set("access", VIPS_ACCESS_SEQUENTIAL);
  if (header.page) options->set("page", *header.page);
  // Not -1 for all: the limits have seen this number.
  if (header.frames > 1) options->set("n", header.frames);
  if (header.format == Format::jpeg && is_ink(header)) options->set("shrink", ink_shrink(header, wanted));
  if (header.format == Format::svg && wanted != header.size)
    options->set("scale", std::max(static_cast<double>(wanted.width) / header.size.width,
                                   static_cast<double>(wanted.height) / header.size.height));
  return VImage::new_from_buffer(picture.data(), picture.size(), "", options);
}

VImage converted(const VImage& image, Colours colours) {
  return colours == Colours::own ? in_own_space(image) : in_srgb(image);
}

/// Whether light can be told from its samples: by the profile, or because it is sRGB.
bool tells_light(const VImage& image) {
  const bool whole = image.format() == VIPS_FORMAT_UCHAR || image.format() == VIPS_FORMAT_USHORT;
  const VipsInterpretation space = image.interpretation();
  const bool rgb = space == VIPS_INTERPRETATION_sRGB || space == VIPS_INTERPRETATION_RGB16;
  const bool grey = space == VIPS_INTERPRETATION_B_W || space == VIPS_INTERPRETATION_GREY16;
  const int colours = image.bands() - (image.has_alpha() ? 1 : 0);
  return whole && ((rgb && colours == 3) || (grey && colours == 1));
}

bool is_nearly(const VImage& image, const Size& size) {
  return std::abs(image.width() - size.width) <= 1 && std::abs(image.height() - size.height) <= 1;
}

/// A drawing that was drawn at the size, but for rounding.
VImage trimmed(const VImage& image, const Size& size) {
  if (image.width() == size.width && image.height() == size.height) return image;
  return image.embed((size.width - image.width()) / 2, (size.height - image.height()) / 2, size.width, size.height,
                     VImage::option()->set("extend", VIPS_EXTEND_COPY));
}

/// Where it costs less than half a point of SSIMULACRA2 in an answer that is lossy itself: see bench/README.md.
Averages may_be_averaged(const Header& header, const Size& wanted, Precision precision) {
  const double factor = std::min(static_cast<double>(header.size.width) / wanted.width,
                                 static_cast<double>(header.size.height) / wanted.height);
  if (precision == Precision::exact || factor < across_from) return Averages::none;
  return factor < across_and_down_from ? Averages::across : Averages::across_and_down;
}

/// Colours are converted when there are fewer of them, as long as resampling knows their light.
VImage resampled(VImage image, const Size& wanted, Colours colours) {
  if (!tells_light(image)) image = converted(image, colours);
  return converted(in_size(image, wanted), colours);
}

}  // namespace

VImage decode_resized(const Bytes& picture, const Header& header, const std::optional<Scale>& scale, Colours colours,
                      Precision precision) {
  const Scale wanted = scale.value_or(Scale{header.size});
  const VImage image =
      is_foreign(header.format) ? decode_foreign(picture, header, wanted) : opened(picture, header, wanted.size);
  const bool drawn = header.format == Format::svg || header.format == Format::pdf;
  if (drawn && is_nearly(image, wanted.size)) return trimmed(converted(image, colours), wanted.size);
  if (image.width() == wanted.size.width && frame_height(image) == wanted.size.height) return converted(image, colours);
  if (header.format == Format::jpeg && tells_light(image))
    if (const auto light = jpeg_in_size(picture, image, wanted.size, may_be_averaged(header, wanted.size, precision)))
      return converted(*light, colours);
  if (header.format == Format::png && tells_light(image))
    if (const auto light = png_in_size(picture, image, wanted.size)) return converted(*light, colours);
  return resampled(image, wanted.size, colours);
}

VImage resized(const VImage& image, const Size& size) {
  if (image.width() == size.width && frame_height(image) == size.height) return image;
  return in_size(image, size);
}

}  // namespace imcaxy::image
