// Signed URLs: a line with the path, a line with the key, and the query.
#include "target.hpp"

#include <algorithm>
#include <string>

#include "base/hash.hpp"
#include "http/url_signature.hpp"

using namespace imcaxy;
using fuzz::require;
using http::SignatureCheck;

FUZZ_TARGET(signature) {
  const std::string_view path = fuzz::take_line(input), key = fuzz::take_line(input);
  http::Query query = http::parse_query(input);
  const SignatureCheck given = http::check_signature({path}, query, key);
  const bool can_be_one = from_base64url(http::find(query, http::signature_parameter).value_or("")).has_value();
  require((given == SignatureCheck::malformed) == !can_be_one, "malformed is what no signature can be written as");

  std::erase_if(query, [](const auto& parameter) { return parameter.first == http::signature_parameter; });
  const std::string sign = http::sign_url(path, query, key);
  require(sign.size() == 43 && from_base64url(sign)->size() == 32, "a signature is 32 bytes");
  require(http::check_signature({path}, query, key) == SignatureCheck::wrong, "without a signature nothing is right");

  http::Query is_signed = query;
  is_signed.emplace(is_signed.begin() + static_cast<std::ptrdiff_t>(query.size() / 2), http::signature_parameter, sign);
  require(http::check_signature({path}, is_signed, key) == SignatureCheck::right, "what is signed is right");
  require(http::check_signature({"/elsewhere", path}, is_signed, key) == SignatureCheck::right, "any of the paths");
  std::ranges::stable_sort(is_signed, std::ranges::greater{}, &http::Query::value_type::first);
  require(http::check_signature({path}, is_signed, key) == SignatureCheck::right, "the order of names does not count");

  const std::string other_path = std::string(path) + "/";
  require(http::check_signature({other_path}, is_signed, key) == SignatureCheck::wrong,
          "another path is another request");
  is_signed.emplace_back("added", "");
  require(http::check_signature({path}, is_signed, key) == SignatureCheck::wrong, "nothing can be added");
}
