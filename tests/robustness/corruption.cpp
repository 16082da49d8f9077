// Damages pictures of every format by a seeded generator and has each processed by some request. Whatever comes, the
// answer is a picture that can be decoded or an error that is the client's, soon, and no sanitizer reports anything.
// Each input follows from the seed and its number alone, so that one finding can be looked at by itself.
#include <sanitizer/common_interface_defs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/crc.hpp>
#include <nlohmann/json.hpp>
#include <vips/vips8>

#include "image/format.hpp"
#include "image/library.hpp"
#include "processor/imaginary/request.hpp"
#include "support/pictures.hpp"

namespace {

using namespace imcaxy;
namespace imaginary = processor::imaginary;
using image::Format;

/// Of CPU, for one input: other work on the machine does not count.
constexpr double most_seconds = 5;
/// By the clock: what waits for ever takes no CPU.
constexpr unsigned stuck_after_seconds = 120;

/// Vigna's splitmix64: a few lines that give the same numbers on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  std::size_t below(std::size_t n) { return n == 0 ? 0 : next() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class List>
  const auto& of(const List& list) {
    return list[below(list.size())];
  }

 private:
  std::uint64_t state_;
};

struct Sample {
  std::string name;
  std::string bytes;
};

std::vector<Sample> make_samples() {
  const std::vector<std::pair<std::string, test::PictureOptions>> wanted{
      {"jpeg", {.format = Format::jpeg}},
      {"jpeg progressive", {.format = Format::jpeg, .progressive = true}},
      {"jpeg cmyk", {.format = Format::jpeg, .cmyk = true}},
      {"jpeg grey", {.format = Format::jpeg, .grey = true}},
      {"jpeg exif", {.format = Format::jpeg, .orientation = 6}},
      {"jpeg profile", {.format = Format::jpeg, .p3 = true}},
      {"png", {.format = Format::png}},
      {"png alpha", {.format = Format::png, .alpha = true}},
      {"png 16 bit", {.format = Format::png, .alpha = true, .sixteen_bit = true}},
      {"png grey", {.format = Format::png, .grey = true}},
      {"png palette", {.format = Format::png, .palette = true}},
      {"png interlaced", {.format = Format::png, .progressive = true}},
      {"png profile", {.format = Format::png, .p3 = true}},
      {"webp", {.format = Format::webp}},
      {"webp lossless", {.format = Format::webp, .alpha = true, .lossless = true}},
      {"webp alpha", {.format = Format::webp, .alpha = true}},
      {"webp animated", {.format = Format::webp, .frames = 3}},
      {"gif", {.format = Format::gif}},
      {"gif interlaced", {.format = Format::gif, .alpha = true, .progressive = true}},
      {"gif animated", {.format = Format::gif, .frames = 3}},
      {"tiff", {.format = Format::tiff}},
      {"tiff lzw", {.format = Format::tiff, .alpha = true, .compression = "lzw"}},
      {"tiff deflate", {.format = Format::tiff, .sixteen_bit = true, .compression = "deflate"}},
      {"tiff packbits", {.format = Format::tiff, .grey = true, .compression = "packbits"}},
      {"tiff jpeg", {.format = Format::tiff, .compression = "jpeg"}},
      {"tiff tiles", {.format = Format::tiff, .compression = "lzw", .tiles = true}},
      {"tiff cmyk", {.format = Format::tiff, .cmyk = true}},
      {"tiff exif", {.format = Format::tiff, .orientation = 5}},
      {"avif", {.format = Format::avif}},
      {"avif alpha", {.format = Format::avif, .alpha = true}},
      {"avif lossless", {.format = Format::avif, .lossless = true}},
      {"svg", {.format = Format::svg}},
  };
  std::vector<Sample> samples;
  for (const auto& [name, options] : wanted) samples.push_back({name, std::string(test::picture(options).view())});
  samples.push_back(
      {"svg rich",
       "<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' "
       "viewBox='0 0 64 48'><defs><linearGradient id='g'><stop offset='0' stop-color='red'/><stop offset='1' "
       "stop-color='blue'/></linearGradient><filter id='f'><feGaussianBlur stdDeviation='2'/></filter><clipPath "
       "id='c'><circle cx='32' cy='24' r='20'/></clipPath></defs><style>.a{fill:url(#g);opacity:.5}</style><g "
       "clip-path='url(#c)' transform='rotate(10) scale(1.1)'><rect class='a' width='64' height='48'/><path d='M1 1C9 "
       "9 20 3 30 30S9 9 1 1z' filter='url(#f)'/><use xlink:href='#c'/><text x='4' y='20'>text</text></g></svg>"});
  return samples;
}

/// A place in the bytes; every other one near the beginning, where pictures say what they are.
std::size_t place(Dice& dice, const std::string& bytes) {
  return dice.below(dice.one_in(2) ? std::min<std::size_t>(bytes.size(), 256) : bytes.size());
}

void damage_once(Dice& dice, std::string& bytes, const std::vector<Sample>& samples) {
  static constexpr std::array<std::uint64_t, 12> edges{0,      1,      0x7f,       0x80,       0xff,       0x7fff,
                                                       0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x10000};
  if (bytes.empty()) return;
  const std::size_t at = place(dice, bytes);
  const std::size_t length = std::min(dice.below(32) + 1, bytes.size() - at);
  switch (dice.below(8)) {
    case 0:
      bytes.resize(at);
      break;
    case 1:
    case 2:
      bytes[at] = static_cast<char>(bytes[at] ^ 1 << dice.below(8));
      break;
    case 3:
      bytes[at] = static_cast<char>(dice.next());
      break;
    case 4:
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), length, dice.one_in(2) ? '\0' : '\xff');
      break;
    case 5:
      bytes.erase(at, length);
      break;
    case 6:
      bytes.insert(at, bytes.substr(place(dice, bytes), length));
      break;
    default: {
      // A number at an edge, of one, two or four bytes, in either order.
      const std::uint64_t value = dice.of(edges);
      const bool big = dice.one_in(2);
      const std::size_t width = std::min<std::size_t>(std::size_t{1} << dice.below(3), bytes.size() - at);
      for (std::size_t i = 0; i < width; ++i) bytes[at + i] = static_cast<char>(value >> 8 * (big ? width - 1 - i : i));
    }
  }
  if (dice.one_in(50)) {
    const std::string& other = dice.of(samples).bytes;
    bytes = bytes.substr(0, at) + other.substr(dice.below(other.size()));
  }
}

std::uint32_t big_endian_at(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

/// Makes a PNG's checksums right, or else damage would never get behind them.
void repair_checksums(std::string& bytes) {
  for (std::size_t at = 8; at + 12 <= bytes.size();) {
    const std::size_t length = big_endian_at(bytes, at);
    if (length > bytes.size() - at - 12) return;
    boost::crc_32_type crc;
    crc.process_bytes(bytes.data() + at + 4, length + 4);
    for (std::size_t i = 0; i < 4; ++i) bytes[at + 8 + length + i] = static_cast<char>(crc.checksum() >> (24 - 8 * i));
    at += length + 12;
  }
}

std::string damaged(Dice& dice, std::string bytes, const std::vector<Sample>& samples) {
  static constexpr std::array times{1, 1, 1, 1, 2, 3, 8};
  for (int left = dice.of(times); left > 0; --left) damage_once(dice, bytes, samples);
  if (bytes.starts_with("\x89PNG") && !dice.one_in(4)) repair_checksums(bytes);
  return bytes;
}

struct Wish {
  std::string_view operation;
  http::Query query;
};

std::string pipeline_of(Dice& dice) {
  static constexpr std::array<std::string_view, 8> steps{
      R"({"operation":"crop","params":{"width":30,"height":20}})",
      R"({"operation":"resize","params":{"width":200},"ignore_failure":true})",
      R"({"operation":"rotate","params":{"rotate":90}})",
      R"({"operation":"blur","params":{"sigma":1.5}})",
      R"({"operation":"smartcrop","params":{"width":16,"height":16}})",
      R"({"operation":"extract","params":{"left":2,"top":2,"areawidth":10,"areaheight":10}})",
      R"({"operation":"convert","params":{"type":"webp"}})",
      R"({"operation":"zoom","params":{"factor":1}})",
  };
  std::string out = "[";
  for (std::size_t left = 1 + dice.below(4); left > 0; --left) out.append(dice.of(steps)).append(left > 1 ? "," : "]");
  return out;
}

Wish wish_of(Dice& dice) {
  static const std::vector<Wish> wishes{
      {"info", {}},
      {"resize", {{"width", "20"}}},
      {"resize", {{"width", "100"}, {"height", "10"}, {"nocrop", "false"}}},
      {"resize", {{"height", "500"}, {"background", "1,2,3"}, {"embed", "true"}}},
      {"crop", {{"width", "30"}, {"height", "30"}, {"gravity", "north"}}},
      {"crop", {{"width", "30"}, {"height", "30"}, {"gravity", "smart"}}},
      {"smartcrop", {{"width", "16"}, {"height", "24"}}},
      {"fit", {{"width", "30"}, {"height", "30"}}},
      {"enlarge", {{"width", "200"}, {"height", "200"}}},
      {"thumbnail", {{"width", "12"}}},
      {"extract", {{"top", "3"}, {"left", "5"}, {"areawidth", "20"}, {"areaheight", "20"}}},
      {"zoom", {{"factor", "2"}, {"top", "10"}, {"left", "10"}, {"areawidth", "50"}, {"areaheight", "50"}}},
      {"rotate", {{"rotate", "90"}}},
      {"rotate", {{"rotate", "270"}, {"width", "33"}, {"flip", "true"}}},
      {"autorotate", {}},
      {"flip", {{"colorspace", "bw"}}},
      {"flop", {{"noprofile", "true"}, {"stripmeta", "true"}}},
      {"blur", {{"sigma", "3"}}},
      {"convert", {{"type", "png"}, {"palette", "true"}, {"interlace", "true"}}},
      {"convert", {{"type", "jpeg"}, {"quality", "40"}, {"interlace", "true"}}},
      {"watermark", {{"text", "a <b>word</b>"}, {"opacity", "0.5"}, {"margin", "4"}}},
      {"watermarkimage", {{"image", "good"}, {"left", "10"}, {"top", "40"}, {"opacity", "0.7"}}},
      {"watermarkimage", {{"image", "damaged"}}},
      {"pipeline", {}},
  };
  static constexpr std::array<std::string_view, 9> types{"jpeg", "png", "webp", "gif", "tiff", "avif", "", "", ""};
  Wish wish = dice.of(wishes);
  if (wish.operation == "pipeline") wish.query.emplace_back("operations", pipeline_of(dice));
  if (!http::find(wish.query, "type")) wish.query.emplace_back("type", dice.of(types));
  return wish;
}

struct Input {
  const Sample* sample = nullptr;
  Bytes picture;
  Wish wish;
};

Input input_of(std::uint64_t seed, std::uint64_t number, const std::vector<Sample>& samples) {
  Dice dice(seed * 0x2545f4914f6cdd1d + number);
  Input input;
  input.sample = &samples[number % samples.size()];
  input.picture = Bytes::adopt(damaged(dice, input.sample->bytes, samples));
  input.wish = wish_of(dice);
  return input;
}

/// What is looked at, for whoever has to print it while the process dies.
char now_running[512];

std::string described(std::uint64_t number, const Input& input) {
  std::string query;
  for (const auto& [name, value] : input.wish.query) query += (query.empty() ? "?" : "&") + name + "=" + value;
  return fmt::format("input {} ({}, {} bytes, {}{})", number, input.sample->name, input.picture.size(),
                     input.wish.operation, query);
}

void print_now_running() {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, now_running, std::strlen(now_running));
}

std::uint64_t criticals = 0;

/// Complaints of GLib about misuse are findings; warnings about pictures are not.
void note_critical(const gchar* domain, GLogLevelFlags level, const gchar* message, gpointer) {
  if ((level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR)) == 0) return;
  ++criticals;
  std::fprintf(stderr, "%s: %s\n", domain, message);
}

/// Why an outcome is not one that may be; empty when it is.
std::string problem_of(const Wish& wish, const processor::Outcome& outcome) {
  if (!outcome) {
    const Error& error = outcome.error().error;
    if (error.status < 400 || error.status > 499) return fmt::format("status {}: {}", error.status, error.message);
    return error.message.empty() ? "an error without a message" : "";
  }
  if (wish.operation == "info") return nlohmann::json::accept(outcome->body.view()) ? "" : "no JSON";
  if (image::mime_type(image::sniff(outcome->body.view())) != outcome->mime_type)
    return "the answer is not of the type that it says: " + outcome->mime_type;
  try {
    vips::VImage::new_from_buffer(outcome->body.data(), outcome->body.size(), "",
                                  vips::VImage::option()->set("fail_on", VIPS_FAIL_ON_WARNING))
        .avg();
  } catch (const vips::VError& e) {
    vips_error_clear();
    return fmt::format("the answer ({}) can't be decoded: {}", outcome->mime_type, e.what());
  }
  return "";
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

struct Tally {
  std::uint64_t inputs = 0, answers = 0, refusals = 0;
  double slowest = 0;
  std::uint64_t slowest_number = 0;
};

struct Options {
  std::uint64_t count = 20000, seed = 1;
  std::int64_t only = -1;
  std::filesystem::path keep;
};

/// Runs one input; false when it is a finding.
bool run(std::uint64_t number, const Input& input, Tally& tally) {
  const std::string what = described(number, input);
  std::snprintf(now_running, sizeof now_running, "while running %s\n", what.c_str());
  static const Bytes mark = test::rgba_png(8, 8, std::vector<std::uint8_t>(8 * 8 * 4, 128));
  const imaginary::Request request{imaginary::find_operation(input.wish.operation),
                                   imaginary::read_params(input.wish.query)};
  const processor::Marks marks{{"good", mark}, {"damaged", input.picture}};
  criticals = 0;
  ::alarm(stuck_after_seconds);
  const double began = cpu_seconds();
  const auto outcome = imaginary::process(request, input.picture, marks, {});
  const double took = cpu_seconds() - began;
  std::string problem = problem_of(input.wish, outcome);
  if (problem.empty() && criticals > 0) problem = "GLib was misused";
  if (problem.empty() && took > most_seconds) problem = fmt::format("it took {:.1f} s", took);
  ++tally.inputs;
  ++(outcome ? tally.answers : tally.refusals);
  if (took > tally.slowest) {
    tally.slowest = took;
    tally.slowest_number = number;
  }
  if (!problem.empty()) std::fprintf(stderr, "FINDING: %s: %s\n", what.c_str(), problem.c_str());
  return problem.empty();
}

/// Damage to what can't be read anyway would prove nothing.
bool reads(const Sample& sample) {
  const imaginary::Request request{imaginary::find_operation("thumbnail"),
                                   imaginary::read_params({{"width", "16"}, {"type", "png"}})};
  const auto outcome = imaginary::process(request, Bytes::copy(sample.bytes), {}, {});
  if (!outcome)
    std::fprintf(stderr, "the picture %s can't be read: %s\n", sample.name.c_str(),
                 outcome.error().error.message.c_str());
  return outcome.has_value();
}

int campaign(const Options& options) {
  const std::vector<Sample> samples = make_samples();
  if (!std::ranges::all_of(samples, reads)) return 1;
  std::vector<Tally> tallies(samples.size());
  std::uint64_t findings = 0;
  const auto began = std::chrono::steady_clock::now();
  const std::uint64_t first = options.only < 0 ? 0 : static_cast<std::uint64_t>(options.only);
  const std::uint64_t end = options.only < 0 ? options.count : first + 1;
  for (std::uint64_t number = first; number < end; ++number) {
    const Input input = input_of(options.seed, number, samples);
    if (!options.keep.empty()) {
      std::ofstream(options.keep, std::ios::binary) << input.picture.view();
    }
    if (!run(number, input, tallies[number % samples.size()])) ++findings;
    if ((number + 1) % 2000 == 0) std::printf("%lu inputs, %lu findings\n", number + 1, findings), std::fflush(stdout);
  }
  ::alarm(0);
  std::printf("%-18s %8s %8s %8s %10s\n", "picture", "inputs", "answers", "refused", "slowest");
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Tally& t = tallies[i];
    if (t.inputs > 0)
      std::printf("%-18s %8lu %8lu %8lu %7.0f ms (input %lu)\n", samples[i].name.c_str(), t.inputs, t.answers,
                  t.refusals, t.slowest * 1000, t.slowest_number);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%lu inputs with seed %lu in %.0f s, %lu findings\n", end - first, options.seed, took.count(), findings);
  return findings == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Damages pictures of every format and has them processed: nothing may crash, hang or lie."};
  Options options;
  app.add_option("--count", options.count, "how many inputs")->capture_default_str();
  app.add_option("--seed", options.seed, "another seed, other inputs")->capture_default_str();
  app.add_option("--only", options.only, "just the input with this number");
  app.add_option("--keep", options.keep, "writes the last input's picture to this file");
  CLI11_PARSE(app, argc, argv);
  if (const auto started = image::start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().message.c_str());
    return 1;
  }
  g_log_set_default_handler(note_critical, nullptr);
  __sanitizer_set_death_callback(print_now_running);
  std::signal(SIGALRM, [](int) {
    print_now_running();
    std::abort();
  });
  return campaign(options);
}
