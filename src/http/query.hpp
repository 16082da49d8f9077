// Query strings: the parameters of a request's target, decoded, in their order.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace imcaxy::http {

using Query = std::vector<std::pair<std::string, std::string>>;

/// `a=1&b=x%20y` as pairs. `+` is a space, a name without `=` has an empty value, and an escape that is none stays as
/// it is written (nothing is lost silently). Never fails.
Query parse_query(std::string_view text);

/// The first value of a name.
std::optional<std::string_view> find(const Query& query, std::string_view name);

/// The target with `***` for the value of a parameter, for what is kept or logged.
std::string mask_parameter(std::string_view target, std::string_view name);

/// Whether a `%` is not followed by two hexadecimal digits.
bool has_bad_escape(std::string_view text);

std::string percent_decode(std::string_view text, bool plus_is_space);

/// Escapes everything but RFC 3986's unreserved characters.
std::string percent_encode(std::string_view text);

}  // namespace imcaxy::http
