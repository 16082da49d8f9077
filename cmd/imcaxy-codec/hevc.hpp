// HEIC by libheif itself: libvips leaves x265 at its preset "slow", which takes several seconds a megapixel.
#pragma once

#include <string>

#include <vips/vips8>

namespace imcaxy::codec {

bool can_decode_hevc();

/// The file. Throws std::runtime_error.
std::string encode_hevc(const vips::VImage& image, int quality, bool lossless);

}  // namespace imcaxy::codec
