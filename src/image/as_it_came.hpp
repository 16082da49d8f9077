// A source's own bytes, as an answer.
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "image/edit.hpp"
#include "image/header.hpp"

namespace imcaxy::image {

/// Whether the plan leaves such a picture as it is, in its own format, and anything that shows it will show the same:
/// its colours are sRGB, and all its frames count.
bool leaves_alone(const Edit& plan, const Header& header);

/// A JPEG, PNG, GIF, WebP or AVIF without what is private in it (EXIF, XMP, IPTC, comments, what lies behind its end),
/// and otherwise as it came. Nothing where the bytes are not whole, or hold what an answer of ours would not: a
/// profile, several pictures in one file, an animated PNG, an AVIF with metadata.
std::optional<Bytes> as_it_came(const Bytes& picture, Format format);

}  // namespace imcaxy::image
