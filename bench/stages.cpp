// Where the time of one picture goes: imcaxy_stages PICTURE WIDTH FORMAT. CPU time of this thread, medians of 31.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include <vips/vips8>

#include "base/file.hpp"
#include "image/header.hpp"
#include "image/library.hpp"
#include "image/placeholder.hpp"
#include "image/prediction/choice.hpp"
#include "image/resample/resampler.hpp"
#include "image/workpiece.hpp"
#include "jpeg/reader.hpp"

namespace {

using namespace imcaxy;

double milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

void report(const char* what, const std::function<void()>& work) {
  std::vector<double> times;
  for (int i = 0; i < 31; ++i) {
    const double start = milliseconds();
    work();
    times.push_back(milliseconds() - start);
  }
  std::ranges::nth_element(times, times.begin() + 15);
  std::printf("%-44s %6.2f ms\n", what, times[15]);
}

/// What choosing costs beside what is done anyway.
void report_choice(const Bytes& source, const image::Header& header, image::Edit edit) {
  edit.encoding = {.format = image::Format::png};
  const auto png = image::edit(source, header, edit);
  const vips::VImage image = vips::VImage::new_from_buffer(png->bytes.view().data(), png->bytes.size(), "");
  std::size_t size = 0;
  auto* const samples = static_cast<std::uint8_t*>(image.write_to_memory(&size));
  const auto view = image::score::view({image.width(), image.height()}, image.bands(), {samples, size});
  image::prediction::Features features{};
  report("features", [&] { features = image::prediction::features_of(view); });
  report("choice", [&] { (void)image::prediction::choose({.format = image::Format::webp, .target = 75}, features); });
  g_free(samples);
}

int run(const char* path, int width, image::Format format) {
  if (!image::start()) return 1;
  auto read = read_file(path, 100u << 20);
  if (!read) return 1;
  const Bytes source = Bytes::adopt(std::move(*read));
  const auto header = image::read_header(source, {});
  if (!header) return 1;
  const image::Size size{width,
                         static_cast<int>(static_cast<double>(width) * header->size.height / header->size.width + 0.5)};
  report("header", [&] { (void)image::read_header(source, {}); });
  if (header->format == image::Format::jpeg) {
    report("decode, rows of red, green and blue", [&] {
      const auto reader = jpeg::Reader::open(source.view());
      (void)(*reader)->read_rows([](const std::uint8_t*) {});
    });
    report("decode, as it is stored", [&] {
      const auto reader = jpeg::Reader::open(source.view());
      if ((*reader)->has_quarter_colour()) (void)(*reader)->read_quarter_colour([](const jpeg::QuarterColourRow&) {});
    });
  }
  image::Edit edit;
  edit.scale = image::Scale{size};
  edit.encoding.format = format;
  edit.encoding.quality = 80;
  report("decode and resize", [&] { image::Workpiece(source, *header).apply(edit, image::Workpiece::When::now); });
  report("decode for placeholders", [&] { (void)image::Workpiece(source, *header).shrink(image::most_of_small); });
  const auto describe = [&](const char* what, const std::vector<image::Placeholder>& wanted) {
    report(what, [&] {
      image::Workpiece work(source, *header);
      (void)image::describe_small(work, wanted);
    });
  };
  using enum image::Placeholder;
  describe("the same, and blurhash", {blurhash});
  describe("the same, and thumbhash", {thumbhash});
  describe("the same, and lqip", {lqip});
  describe("the same, and color", {color});
  describe("the same, and all four", {blurhash, thumbhash, lqip, color});
  std::size_t bytes = 0;
  report("all", [&] { bytes = image::edit(source, *header, edit)->bytes.size(); });
  std::printf("%zu bytes\n", bytes);
  edit.encoding.target = 75;
  report("all, with a quality that is chosen", [&] { bytes = image::edit(source, *header, edit)->bytes.size(); });
  std::printf("%zu bytes\n", bytes);
  report_choice(source, *header, edit);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: imcaxy_stages PICTURE WIDTH FORMAT\n");
    return 2;
  }
  return run(argv[1], std::atoi(argv[2]), image::from_name(argv[3]));
}
