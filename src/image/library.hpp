// libvips as a whole: start, settings, figures.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace imcaxy::image {

struct Settings {
  bool linear_light = true;  ///< pictures are resized in light, not in the samples that encode it
};

/// Starts libvips for the life of the process: one thread a picture, no cache of operations, and only the loaders of
/// the formats that this server accepts. Any number of calls, of which the first one's settings count; thread-safe.
Result<void> start(const Settings& settings = {});

/// As it was started.
const Settings& settings();

/// Whether bytes from outside may meet the linked libheif in this process: before 1.23.3 it has holes that are known.
/// AVIF is a foreign format otherwise.
bool reads_heif_itself();
bool is_sound_heif(std::string_view version);  ///< "1.23.5"; false for what is none

/// How often GLib refused a value on this thread: libvips goes on with another, as if a picture had not said it.
std::uint64_t refused_values();

std::uint64_t memory_bytes();       ///< pixels that are held now
std::uint64_t memory_peak_bytes();  ///< ever
std::string library_version();      ///< "8.18.7"

}  // namespace imcaxy::image
