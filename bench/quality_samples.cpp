// What the predictions of quality are made of: scripts/train_quality.
//   imcaxy_quality_samples WIDTH EFFORTS PICTURE...
// For each picture, resized to WIDTH, first a line `picture` with its name, size and features, then for each codec and
// quality a line `score` with the bytes, the score, and the score of both at half and at a third of their sides, as
// dense screens show them. EFFORTS: `all`, or `quick` for those of answers that somebody waits for.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <vips/vips8>

#include "base/file.hpp"
#include "image/encode.hpp"
#include "image/header.hpp"
#include "image/library.hpp"
#include "image/prediction/features.hpp"
#include "image/resize.hpp"
#include "image/score/scorer.hpp"

namespace {

using namespace imcaxy;
using vips::VImage;

struct Pixels {
  image::Size size;
  std::vector<std::uint8_t> samples;

  image::score::View view() const { return image::score::view(size, 3, samples); }
};

Pixels pixels_of(const VImage& image) {
  std::size_t size = 0;
  const VImage rgb = image.colourspace(VIPS_INTERPRETATION_sRGB)
                         .cast(VIPS_FORMAT_UCHAR)
                         .extract_band(0, VImage::option()->set("n", 3));
  auto* const memory = static_cast<std::uint8_t*>(rgb.write_to_memory(&size));
  Pixels pixels{{rgb.width(), rgb.height()}, {memory, memory + size}};
  g_free(memory);
  return pixels;
}

struct Trial {
  const char* name;
  image::Format format;
  image::Encoding::Effort effort;
  bool whole_colour;
  std::vector<int> qualities;
};

const std::vector<Trial>& trials() {
  using image::Format;
  using Effort = image::Encoding::Effort;
  static const std::vector<Trial> all{
      {"jpeg", Format::jpeg, Effort::quick, false, {30, 42, 52, 62, 70, 76, 82, 87, 91, 95}},
      {"jpeg_whole", Format::jpeg, Effort::quick, true, {40, 52, 62, 70, 77, 83, 88, 92, 95}},
      {"webp", Format::webp, Effort::quick, false, {30, 45, 58, 68, 76, 82, 87, 91, 94, 97}},
      {"avif", Format::avif, Effort::quick, true, {25, 34, 42, 48, 54, 60, 66, 72, 79, 87, 93}},
      {"avif_dear", Format::avif, Effort::normal, true, {25, 36, 45, 54, 62, 71, 81, 91}},
  };
  return all;
}

VImage smaller(const VImage& image, int factor) {
  return image.shrink(factor, factor);
}

/// The picture's own score, and those at half and a third of its sides.
class Judge {
 public:
  explicit Judge(const VImage& original) {
    for (int i = 0; i < 3; ++i) {
      const Pixels pixels = pixels_of(i == 0 ? original : smaller(original, i + 1));
      usable_[i] = scorers_[i].set_reference(pixels.view()).has_value();
    }
  }

  std::array<double, 3> scores(const VImage& other) {
    std::array<double, 3> out{};
    for (int i = 0; i < 3; ++i) {
      const Pixels pixels = pixels_of(i == 0 ? other : smaller(other, i + 1));
      const auto score = usable_[i] ? scorers_[i].score(pixels.view()) : Result<double>(0);
      out[static_cast<std::size_t>(i)] = score.value_or(0);
    }
    return out;
  }

 private:
  image::score::Scorer scorers_[3];
  bool usable_[3] = {};
};

void sample(const char* path, int width, bool all_efforts) {
  const Bytes bytes = Bytes::adopt(read_file(path, 200u << 20).value());
  const auto header = image::read_header(bytes, {.max_pixels = 200'000'000}, {.all = false});
  if (!header) throw std::runtime_error(header.error().message);
  // Enlarged pictures have no detail: they would teach what answers seldom are.
  const int wide = std::min(width, header->size.width);
  const int high = std::max(1, static_cast<int>(1.0 * wide * header->size.height / header->size.width + 0.5));
  VImage image = image::decode_resized(bytes, *header, image::Scale{{wide, high}});
  const Pixels pixels = pixels_of(image);
  image = VImage::new_from_memory_copy(pixels.samples.data(), pixels.samples.size(), wide, high, 3, VIPS_FORMAT_UCHAR)
              .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
  std::printf("picture\t%s\t%d\t%d", path, wide, high);
  for (const double value : image::prediction::features_of(pixels.view())) std::printf("\t%.6g", value);
  std::printf("\n");
  Judge judge(image);
  for (const Trial& trial : trials()) {
    if (trial.effort == image::Encoding::Effort::normal && !all_efforts) continue;
    for (const int quality : trial.qualities) {
      const Bytes encoded = image::encoded(
          image,
          {.format = trial.format, .quality = quality, .whole_colour = trial.whole_colour, .effort = trial.effort});
      const auto scores = judge.scores(VImage::new_from_buffer(encoded.view().data(), encoded.size(), ""));
      std::printf("score\t%s\t%d\t%zu\t%.4f\t%.4f\t%.4f\n", trial.name, quality, encoded.size(), scores[0], scores[1],
                  scores[2]);
      // Beyond nobody asks.
      if (scores[0] > 93) break;
    }
  }
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || std::atoi(argv[1]) < image::prediction::least_side_for_features) {
    std::fprintf(stderr, "usage: imcaxy_quality_samples WIDTH all|quick PICTURE...\n");
    return 2;
  }
  if (!image::start()) return 1;
  for (int i = 3; i < argc; ++i) try {
      sample(argv[i], std::atoi(argv[1]), std::strcmp(argv[2], "all") == 0);
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s: %s\n", argv[i], e.what());
    }
  return 0;
}
