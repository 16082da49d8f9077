// Formats that the linked libvips can't do, or must not: another process does them (codec/client.hpp).
#pragma once

#include <string>

#include "codec/client.hpp"
#include "image/format.hpp"

namespace imcaxy::image {

/// Who does them from now on; null: nobody, because of `absence`, the end of the sentence "HEIC pictures need ...".
/// To be called while no thread uses this module; the client has to live until the next call.
void use_codec(codec::Client* client, std::string absence);

/// Whether such pictures are read by the other process, if at all.
bool is_foreign(Format format);

bool foreign_readable(Format format);
bool foreign_writable(Format format);

/// What is missing on this system, and how to get it, as a sentence without a full stop; empty for formats that this
/// program can't do anywhere, and as long as use_codec was not called.
std::string why_not_readable(Format format);
std::string why_not_writable(Format format);

}  // namespace imcaxy::image
