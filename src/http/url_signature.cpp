#include "http/url_signature.hpp"

#include <algorithm>
#include <vector>

#include "base/hash.hpp"

namespace imcaxy::http {
namespace {

/// As application/x-www-form-urlencoded has it: a space is a plus.
void append_form_encoded(std::string& out, std::string_view text) {
  const std::string encoded = percent_encode(text);
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded.compare(i, 3, "%20") == 0) {
      out += '+';
      i += 2;
    } else {
      out += encoded[i];
    }
  }
}

std::string canonical(const Query& query) {
  std::vector<const Query::value_type*> sorted;
  for (const auto& parameter : query)
    if (parameter.first != signature_parameter) sorted.push_back(&parameter);
  std::ranges::stable_sort(sorted, {}, [](const auto* parameter) -> const std::string& { return parameter->first; });
  std::string out;
  for (const auto* parameter : sorted) {
    if (!out.empty()) out += '&';
    append_form_encoded(out, parameter->first);
    out += '=';
    append_form_encoded(out, parameter->second);
  }
  return out;
}

}  // namespace

std::string sign_url(std::string_view path, const Query& query, std::string_view key) {
  return base64url(hmac_sha256(key, std::string(path) + canonical(query)));
}

SignatureCheck check_signature(std::initializer_list<std::string_view> paths, const Query& query,
                               std::string_view key) {
  const auto given = from_base64url(find(query, signature_parameter).value_or(""));
  if (!given) return SignatureCheck::malformed;
  const std::string canonical_query = canonical(query);
  bool right = false;
  for (const std::string_view path : paths)
    right |= equal_constant_time(*given, hmac_sha256(key, std::string(path) + canonical_query));
  return right ? SignatureCheck::right : SignatureCheck::wrong;
}

}  // namespace imcaxy::http
