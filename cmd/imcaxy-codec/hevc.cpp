#include "hevc.hpp"

#include <libheif/heif.h>

#include <cstring>
#include <memory>
#include <stdexcept>

namespace imcaxy::codec {
namespace {

using vips::VImage;

void check(const heif_error& error) {
  if (error.code != heif_error_Ok) throw std::runtime_error(std::string("heif: ") + error.message);
}

template <class T, void (*release)(T*)>
struct Releaser {
  void operator()(T* value) const { release(value); }
};
template <class T, void (*release)(T*)>
using Owned = std::unique_ptr<T, Releaser<T, release>>;
void release_image(heif_image* image) {
  heif_image_release(image);
}
using Context = Owned<heif_context, heif_context_free>;
using Encoder = Owned<heif_encoder, heif_encoder_release>;
using Image = Owned<heif_image, release_image>;

/// The pixels, 8 bits a band, RGB or RGBA, where libheif wants them.
Image to_heif(const VImage& image) {
  const VImage rgb = image.colourspace(VIPS_INTERPRETATION_sRGB).cast(VIPS_FORMAT_UCHAR);
  heif_image* made = nullptr;
  check(heif_image_create(rgb.width(), rgb.height(), heif_colorspace_RGB,
                          rgb.bands() == 4 ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, &made));
  Image out(made);
  check(heif_image_add_plane(out.get(), heif_channel_interleaved, rgb.width(), rgb.height(), 8));
  int stride = 0;
  std::uint8_t* rows = heif_image_get_plane(out.get(), heif_channel_interleaved, &stride);
  if (!rows) throw std::runtime_error("heif: no room for the pixels");
  struct Target {
    std::uint8_t* rows;
    std::size_t stride, row;
  } target{rows, static_cast<std::size_t>(stride), VIPS_IMAGE_SIZEOF_LINE(rgb.get_image())};
  const auto take = [](VipsRegion* region, VipsRect* area, void* data) {
    const auto* t = static_cast<Target*>(data);
    for (int y = area->top; y < area->top + area->height; ++y)
      std::memcpy(t->rows + static_cast<std::size_t>(y) * t->stride, VIPS_REGION_ADDR(region, 0, y), t->row);
    return 0;
  };
  if (vips_sink_disc(rgb.get_image(), take, &target) != 0) throw vips::VError();
  return out;
}

}  // namespace

bool can_decode_hevc() {
  return heif_have_decoder_for_format(heif_compression_HEVC) != 0;
}

std::string encode_hevc(const VImage& image, int quality, bool lossless) {
  const Context context(heif_context_alloc());
  heif_encoder* found = nullptr;
  check(heif_context_get_encoder_for_format(context.get(), heif_compression_HEVC, &found));
  const Encoder encoder(found);
  check(heif_encoder_set_lossy_quality(encoder.get(), quality));
  check(heif_encoder_set_lossless(encoder.get(), lossless));
  // Other encoders than x265 have no presets.
  heif_encoder_set_parameter_string(encoder.get(), "preset", "veryfast");
  const Image pixels = to_heif(image);
  if (image.get_typeof(VIPS_META_ICC_NAME) != 0) {
    std::size_t size = 0;
    const void* profile = image.get_blob(VIPS_META_ICC_NAME, &size);
    check(heif_image_set_raw_color_profile(pixels.get(), "prof", profile, size));
  }
  check(heif_context_encode_image(context.get(), pixels.get(), encoder.get(), nullptr, nullptr));
  std::string file;
  heif_writer writer{};
  writer.writer_api_version = 1;
  writer.write = [](heif_context*, const void* data, std::size_t size, void* to) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(data), size);
    return heif_error{heif_error_Ok, heif_suberror_Unspecified, ""};
  };
  check(heif_context_write(context.get(), &writer, &file));
  return file;
}

}  // namespace imcaxy::codec
