// One smaller form of a large picture, from which small pictures are made as well as from the picture itself, for less.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "image/header.hpp"

namespace imcaxy::image {

/// Below these, decoding the picture itself costs too little. A JPEG with quarter colour is averaged before it is
/// resized.
inline constexpr std::int64_t least_pixels_to_reduce = 2'000'000, least_pixels_of_a_jpeg = 5'000'000;

/// Whether a reduced form pays: of large still pictures made of pixels.
bool worth_reducing(const Header& header);

/// At most half of each side, and at most 1600 px.
Size reduced_size(const Size& original);

/// The reduced form: 8 bits a band in sRGB or grey, not turned, without metadata. A JPEG of high quality with all of
/// its colours for opaque photographs, WebP or (of grey) PNG without loss for all else. Takes as long as any answer
/// made of `original`. An error is 400 with libvips' own message.
Result<Bytes> reduced(const Bytes& original, const Header& header);

}  // namespace imcaxy::image
