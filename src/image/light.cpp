#include "image/light.hpp"

#include "image/frames.hpp"
#include "image/profile_curve.hpp"
#include "image/resample/quarter_colour.hpp"
#include "image/resample/resampler.hpp"
#include "image/rows.hpp"
#include "jpeg/reader.hpp"
#include "png/reader.hpp"

namespace imcaxy::image {
namespace {

using resample::Resampler;
using resample::Shape;
using vips::VImage;

/// A picture in memory of `frames` frames, otherwise like `model`. Its rows come from top to bottom.
class Canvas {
 public:
  Canvas(const VImage& model, const Size& frame, int frames) : image_(VImage::new_memory()) {
    VipsImage* const out = image_.get_image();
    if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_ANY, model.get_image(), nullptr) != 0) throw vips::VError();
    out->Xsize = frame.width;
    out->Ysize = frame.height * frames;
    out->BandFmt = VIPS_FORMAT_UCHAR;
    if (out->Type == VIPS_INTERPRETATION_RGB16) out->Type = VIPS_INTERPRETATION_sRGB;
    if (out->Type == VIPS_INTERPRETATION_GREY16) out->Type = VIPS_INTERPRETATION_B_W;
    if (frames > 1) image_.set(VIPS_META_PAGE_HEIGHT, frame.height);
  }

  void add_row(const std::uint8_t* row) {
    // It only reads.
    if (vips_image_write_line(image_.get_image(), y_++, const_cast<std::uint8_t*>(row)) != 0) throw vips::VError();
  }
  VImage image() const { return image_; }

 private:
  VImage image_;
  int y_ = 0;
};

/// As it is stored: the mean light of its pixels, or their light.
Result<void> push_quarter_colour(jpeg::Reader& reader, resample::QuarterColour& colour, Averages averages,
                                 Resampler& resampler) {
  const int width = (reader.width() + 1) / 2, height = reader.height();
  int y = 0;
  return reader.read_quarter_colour([&](const jpeg::QuarterColourRow& given) {
    const resample::QuarterColourRow row{width, given.brightness, given.blue, given.red};
    const auto push = [&](auto make) {
      const auto rows = resampler.next_light();
      (colour.*make)(row, {rows[0], rows[1], rows[2]});
      resampler.push_light();
    };
    using Colour = resample::QuarterColour;
    const bool pixels = averages == Averages::none;
    if (averages == Averages::across_and_down) return push(&Colour::average);
    push(pixels ? &Colour::pixels_upper : &Colour::average_upper);
    if ((y += 2) > height) return;  // an odd one has no lower row at its end
    push(pixels ? &Colour::pixels_lower : &Colour::average_lower);
  });
}

}  // namespace

VImage in_size(const VImage& image, const Size& frame) {
  const auto curve = curve_of(image);
  Canvas canvas(image, frame, frames_in(image));
  const Shape shape{{image.width(), frame_height(image)}, frame, image.bands(), image.has_alpha()};
  Resampler resampler(shape, *curve, [&](const std::uint8_t* row) { canvas.add_row(row); });
  if (image.format() == VIPS_FORMAT_USHORT) {
    for_each_row(image, [&](const void* row) { resampler.push(static_cast<const std::uint16_t*>(row)); });
  } else {
    for_each_row(image, [&](const void* row) { resampler.push(static_cast<const std::uint8_t*>(row)); });
  }
  return canvas.image();
}

std::optional<VImage> png_in_size(const Bytes& png, const VImage& opened, const Size& size) {
  const auto pixels = png::read_plain(png.view());
  if (!pixels || pixels->bands() != opened.bands()) return std::nullopt;
  const auto curve = curve_of(opened);
  Canvas canvas(opened, size, 1);
  const Shape shape{{pixels->width(), pixels->height()}, size, pixels->bands(), opened.has_alpha() != 0};
  Resampler resampler(shape, *curve, [&](const std::uint8_t* row) { canvas.add_row(row); });
  for (int y = 0; y < pixels->height(); ++y) resampler.push(pixels->row(y));
  return canvas.image();
}

std::optional<VImage> jpeg_in_size(const Bytes& jpeg, const VImage& opened, const Size& size, Averages averages) {
  auto opened_reader = jpeg::Reader::open(jpeg.view());
  if (!opened_reader || (*opened_reader)->bands() != opened.bands()) return std::nullopt;
  jpeg::Reader& reader = **opened_reader;
  const auto curve = curve_of(opened);
  std::optional<resample::QuarterColour> colour;
  if (reader.has_quarter_colour() && curve->polynomial()) colour.emplace(*curve, (reader.width() + 1) / 2);
  const bool averaged = averages != Averages::none && colour;
  const bool also_down = averages == Averages::across_and_down;
  Canvas canvas(opened, size, 1);
  const Shape shape{{reader.width(), reader.height()},
                    size,
                    reader.bands(),
                    false,
                    averaged ? Size{2, also_down ? 2 : 1} : Size{1, 1}};
  Resampler resampler(shape, *curve, [&](const std::uint8_t* row) { canvas.add_row(row); });
  const auto read = averaged || (colour && colour->makes_pixels())
                        ? push_quarter_colour(reader, *colour, averages, resampler)
                        : reader.read_rows([&](const std::uint8_t* row) { resampler.push(row); });
  if (!read) throw vips::VError(read.error().message);
  return canvas.image();
}

}  // namespace imcaxy::image
