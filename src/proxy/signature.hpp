// The canonical form of a request: equal requests have equal signatures, whatever the order of their parameters.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "http/query.hpp"

namespace imcaxy::proxy {

/// Values by name, both in the order that the signature has.
using Parameters = std::map<std::string, std::vector<std::string>>;

/// The parameters that shape the picture: without those that name the source or prove a right to it.
Parameters shaping_parameters(const http::Query& query);

/// `|path|source|key=v1,v2|...|`, the original system's form. `%`, `|` and `,` inside a part, and `=` inside a name,
/// are percent-escaped, so that no two different requests have one signature; so is what is not UTF-8.
std::string make_signature(std::string_view path, std::string_view source, const Parameters& parameters);

/// Key of the answer to `signature` from one kind of processor. `variant`: format, size and quality class, where
/// they are negotiated and not named in the request.
Key128 make_key(std::string_view signature, std::string_view processor_type, std::string_view variant);

}  // namespace imcaxy::proxy
