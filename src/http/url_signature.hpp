// Signed URLs, in the form that Imaginary documents.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "http/query.hpp"

namespace imcaxy::http {

/// The parameter that carries a signature.
inline constexpr std::string_view signature_parameter = "sign";

/// HMAC-SHA256 over the path and the query, in URL-safe Base64 without padding. The query is taken without its
/// signature, by name in the order of the bytes, values of one name in their own order, escaped as forms are.
std::string sign_url(std::string_view path, const Query& query, std::string_view key);

enum class SignatureCheck { right, malformed, wrong };

/// Whether the query's signature is that of one of the paths, in a time that does not tell how much of it was right.
SignatureCheck check_signature(std::initializer_list<std::string_view> paths, const Query& query, std::string_view key);

}  // namespace imcaxy::http
