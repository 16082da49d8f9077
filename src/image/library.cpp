#include "image/library.hpp"

#include <array>
#include <charconv>
#include <string_view>

#include <vips/vips.h>

namespace imcaxy::image {
namespace {

/// The loaders that bytes from outside may reach; libvips knows dozens more.
constexpr const char* allowed_loaders[] = {"VipsForeignLoadJpeg",  "VipsForeignLoadPng",  "VipsForeignLoadWebp",
                                           "VipsForeignLoadNsgif", "VipsForeignLoadTiff", "VipsForeignLoadHeif",
                                           "VipsForeignLoadSvg"};

thread_local std::uint64_t refused_here = 0;

/// Written before anything reads it.
Settings chosen;

Result<void> start_once() {
  if (VIPS_INIT("imcaxy") != 0) return fail(500, "libvips can't start", vips_error_buffer());
  if (vips_version(0) < 8 || (vips_version(0) == 8 && vips_version(1) < 14))
    return fail(500, "libvips " + library_version() + " is too old: 8.14 or later is needed");
  vips_concurrency_set(1);
  vips_cache_set_max(0);
  vips_operation_block_set("VipsForeignLoad", TRUE);
  for (const char* loader : allowed_loaders) vips_operation_block_set(loader, FALSE);
  if (!reads_heif_itself()) vips_operation_block_set("VipsForeignLoadHeif", TRUE);
  // Its warnings are about pictures from outside; what matters reaches the client as an error.
  g_log_set_handler(
      "VIPS", static_cast<GLogLevelFlags>(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG),
      [](const gchar*, GLogLevelFlags, const gchar*, gpointer) {}, nullptr);
  g_log_set_handler(
      "GLib-GObject", G_LOG_LEVEL_CRITICAL,
      [](const gchar*, GLogLevelFlags, const gchar*, gpointer) { ++refused_here; }, nullptr);
  return {};
}

}  // namespace

bool is_sound_heif(std::string_view version) {
  constexpr std::array sound{1, 23, 3};
  std::array<int, 3> parts{};
  const char* at = version.data();
  const char* const end = at + version.size();
  for (int& part : parts) {
    const auto [next, error] = std::from_chars(at, end, part);
    if (error != std::errc()) return false;
    at = next == end ? end : next + 1;
    if (at == end) break;
  }
  return parts >= sound;
}

bool reads_heif_itself() {
  static const bool sound = is_sound_heif(IMCAXY_HEIF_VERSION);
  return sound;
}

Result<void> start(const Settings& wanted) {
  static const Result<void> started = [&wanted] {
    chosen = wanted;
    return start_once();
  }();
  return started;
}

const Settings& settings() {
  return chosen;
}

std::uint64_t refused_values() {
  return refused_here;
}

std::uint64_t memory_bytes() {
  return vips_tracked_get_mem();
}
std::uint64_t memory_peak_bytes() {
  return static_cast<std::uint64_t>(vips_tracked_get_mem_highwater());
}

std::string library_version() {
  return std::to_string(vips_version(0)) + "." + std::to_string(vips_version(1)) + "." +
         std::to_string(vips_version(2));
}

}  // namespace imcaxy::image
