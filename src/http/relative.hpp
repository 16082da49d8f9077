// Addresses as documents write them: relative to the document's own.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "http/url.hpp"

namespace imcaxy::http {

/// What `reference` stands for in a document at `base` (RFC 3986, section 5), as lenient as browsers are with blanks.
/// 400 for what is no http or https URL then, such as `data:` and `mailto:`.
Result<Url> resolve(const Url& base, std::string_view reference);

}  // namespace imcaxy::http
