#include "image/reduced.hpp"

#include <algorithm>

#include "image/content.hpp"
#include "image/encode.hpp"
#include "image/reduced_picture.hpp"
#include "image/resize.hpp"
#include "image/rows.hpp"
#include "image/vips_call.hpp"

namespace imcaxy::image {
namespace {

using vips::VImage;

/// What is hardly smaller than the picture itself is hardly quicker to decode.
constexpr double most_of_a_side = 0.5;
constexpr int longest_side = 1600;
constexpr int jpeg_quality = 90;
/// The most of the reduced form's sides that is made from it: what it lost is not seen any more.
constexpr int least_shrink = 2;

std::int64_t pixels_of(const Size& size) {
  return std::int64_t{size.width} * size.height;
}

bool may_be_jpeg(const VImage& image, Format source) {
  return !image.has_alpha() && (is_lossy(source) || looks_photographic(image));
}

Bytes written(const VImage& image, bool as_jpeg) {
  if (as_jpeg) return written_to_be_read_again(image, jpeg_quality);
  // WebP has two thirds of PNG's bytes, and is not slower to read; it has no grey.
  if (image.bands() < 3) return encoded(image, {.format = Format::png, .strip = true});
  return encoded(image, {.format = Format::webp, .strip = true, .lossless = true, .effort = Encoding::Effort::quick});
}

}  // namespace

bool worth_reducing(const Header& header) {
  const bool still = header.frames == 1 && (header.pages == 1 || !has_pages(header.format));
  const std::int64_t least = header.format == Format::jpeg ? least_pixels_of_a_jpeg : least_pixels_to_reduce;
  return still && is_raster(header.format) && pixels_of(header.size) >= least;
}

Size reduced_size(const Size& original) {
  const double factor =
      std::min(most_of_a_side, static_cast<double>(longest_side) / std::max(original.width, original.height));
  const auto side = [factor](int length) { return std::max(1, static_cast<int>(length * factor)); };
  return {side(original.width), side(original.height)};
}

Result<Bytes> reduced(const Bytes& original, const Header& header) {
  return vips_call([&]() -> Result<Bytes> {
    const Scale scale{reduced_size(header.size)};
    const VImage image = in_memory(decode_resized(original, header, scale, Colours::srgb));
    return written(image, may_be_jpeg(image, header.format));
  });
}

std::optional<VImage> decode_reduced(const Source& source, const Header& header, const std::optional<Scale>& scale,
                                     Colours colours) {
  if (source.reduced.empty() || !scale || colours != Colours::srgb || header.frames != 1 || header.page)
    return std::nullopt;
  const auto form = read_header(source.reduced, {});
  const Size& wanted = scale->size;
  if (!form || wanted.width > form->size.width / least_shrink || wanted.height > form->size.height / least_shrink)
    return std::nullopt;
  // Its sides are rounded: with one of them leading, the other could miss a row.
  VImage image = decode_resized(source.reduced, *form, Scale{wanted}, colours)
                     .copy(VImage::option()->set("xres", header.per_mm_across)->set("yres", header.per_mm_down));
  if (header.orientation > 1) image.set(VIPS_META_ORIENTATION, header.orientation);
  return image;
}

}  // namespace imcaxy::image
