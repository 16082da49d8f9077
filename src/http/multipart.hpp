// Forms that carry a file (RFC 7578), as far as an upload needs them.
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace imcaxy::http {

/// The content of the form's field `name`, a view into `body`. 400 when `content_type` names no boundary, or there is
/// no such field.
Result<std::string_view> form_field(std::string_view content_type, std::string_view body, std::string_view name);

}  // namespace imcaxy::http
