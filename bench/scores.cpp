// Scores of pictures, and what they cost.
//   imcaxy_scores ORIGINAL OTHER         the score, and the CPU time of preparing the one and of scoring the other
//   imcaxy_scores                        the scores of pairs: one a line of the input, parted by a tabulator
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include <vips/vips8>

#include "image/library.hpp"
#include "image/score/scorer.hpp"

namespace {

using namespace imcaxy;

struct Picture {
  image::Size size;
  int bands;
  std::vector<std::uint8_t> samples;

  image::score::View view() const { return image::score::view(size, bands, samples); }
};

Picture load(const std::string& path) {
  const vips::VImage image =
      vips::VImage::new_from_file(path.c_str()).colourspace(VIPS_INTERPRETATION_sRGB).cast(VIPS_FORMAT_UCHAR);
  std::size_t size = 0;
  auto* const memory = static_cast<std::uint8_t*>(image.write_to_memory(&size));
  Picture picture{{image.width(), image.height()}, image.bands(), {memory, memory + size}};
  g_free(memory);
  return picture;
}

double score(image::score::Scorer& scorer, const Picture& original, const Picture& other) {
  if (const auto set = scorer.set_reference(original.view()); !set) throw std::runtime_error(set.error().message);
  const auto score = scorer.score(other.view());
  if (!score) throw std::runtime_error(score.error().message + ": " + score.error().cause);
  return *score;
}

/// The median of 51, on this thread.
double milliseconds(const std::function<void()>& work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
  };
  std::vector<double> times;
  for (int i = 0; i < 51; ++i) {
    const double start = now();
    work();
    times.push_back(now() - start);
  }
  std::ranges::nth_element(times, times.begin() + 25);
  return times[25];
}

void report(const char* original_path, const char* other_path) {
  const Picture original = load(original_path), other = load(other_path);
  image::score::Scorer scorer;
  std::printf("%d x %d: %.4f\n", original.size.width, original.size.height, score(scorer, original, other));
  const double preparing = milliseconds([&] { (void)scorer.set_reference(original.view()); });
  const double scoring = milliseconds([&] { (void)scorer.score(other.view()); });
  std::printf("preparing the original %.2f ms, scoring another %.2f ms, both %.2f ms\n", preparing, scoring,
              preparing + scoring);
}

void score_pairs() {
  image::score::Scorer scorer;
  for (std::string line; std::getline(std::cin, line);) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) throw std::runtime_error("no tabulator in: " + line);
    std::printf("%.6f\n", score(scorer, load(line.substr(0, tab)), load(line.substr(tab + 1))));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 1 && argc != 3) {
    std::fprintf(stderr, "usage: imcaxy_scores [ORIGINAL OTHER]\n");
    return 2;
  }
  if (!image::start()) return 1;
  try {
    argc == 3 ? report(argv[1], argv[2]) : score_pairs();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}
