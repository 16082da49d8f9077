#include "server/open_codec.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/text.hpp"
#include "image/foreign.hpp"

namespace imcaxy::server {
namespace {

using image::Format;

/// A name alone stands for a program beside this one.
std::filesystem::path program_path(const std::string& configured) {
  std::filesystem::path path(configured);
  if (path.has_parent_path()) return path;
  std::error_code error;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? path : own.parent_path() / path;
}

unsigned processes(const config::Config& config) {
  return config.cpu_threads > 0 ? static_cast<unsigned>(config.cpu_threads)
                                : std::max(1u, std::thread::hardware_concurrency());
}

std::string names_of(bool (*can)(Format)) {
  std::vector<std::string> names;
  for (const Format format : {Format::pdf, Format::heif, Format::jxl, Format::jp2k, Format::avif})
    if (can(format)) names.emplace_back(image::name(format));
  return names.empty() ? "nothing" : joined(names, ", ");
}

}  // namespace

CodecInUse::CodecInUse(const config::Config& config) {
  if (config.codec.empty()) {
    image::use_codec(nullptr, "the program imcaxy-codec, which is switched off here (IMCAXY_CODEC is empty)");
    return;
  }
  const std::filesystem::path program = program_path(config.codec);
  std::error_code error;
  if (!std::filesystem::exists(program, error)) {
    image::use_codec(nullptr,
                     "the program imcaxy-codec beside imcaxy, which is not there; copy it there, where `make build` "
                     "left it, or name its place in IMCAXY_CODEC");
    spdlog::warn("no {}: PDF, HEIC, JPEG XL and JPEG 2000 are refused", program.string());
    return;
  }
  auto opened = codec::Client::open({.program = program.string(), .max_children = processes(config)});
  if (!opened) {
    image::use_codec(nullptr,
                     "the program imcaxy-codec, which does not start here: `ldd imcaxy-codec` shows which library is "
                     "missing, on Debian 12 `apt-get install libvips42 libseccomp2` brings them");
    spdlog::warn("{} does not work, so PDF, HEIC, JPEG XL and JPEG 2000 are refused: {} ({})", program.string(),
                 opened.error().message, opened.error().cause);
    return;
  }
  client_ = std::move(*opened);
  image::use_codec(client_.get(), "");
  spdlog::info("{} reads {} and writes {}", program.filename().string(), names_of(image::foreign_readable),
               names_of(image::foreign_writable));
}

CodecInUse::~CodecInUse() {
  image::use_codec(nullptr, "");
}

}  // namespace imcaxy::server
