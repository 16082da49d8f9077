// What a client says it can read.
#pragma once

#include <string_view>

namespace imcaxy::http {

/// Whether an Accept header names this media type itself, not by a wildcard, with a weight above zero (RFC 9110 section
/// 12.5.1). Types are compared without case; parameters other than the weight are ignored.
bool accepts_by_name(std::string_view accept, std::string_view type);

}  // namespace imcaxy::http
