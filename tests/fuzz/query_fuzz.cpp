// A query's grammar, and the signature that is made of it.
#include "target.hpp"

#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

#include "http/query.hpp"
#include "proxy/signature.hpp"

using namespace imcaxy;
using fuzz::require;

namespace {

std::string formatted(const http::Query& query) {
  std::string out;
  for (const auto& [name, value] : query)
    out += (out.empty() ? "" : "&") + http::percent_encode(name) + "=" + http::percent_encode(value);
  return out;
}

std::string signature_of(const http::Query& query) {
  return proxy::make_signature("/resize", "http://example.com/a|b", proxy::shaping_parameters(query));
}

/// `text` up to the next `mark`; `text` keeps what is after it.
std::string_view take(std::string_view& text, char mark) {
  const std::size_t end = text.find(mark);
  require(end != text.npos, "a signature's parts end with their marks");
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end + 1);
  return part;
}

/// The parameters that a signature was made of.
proxy::Parameters parameters_in(std::string_view signature) {
  require(signature.starts_with("|/resize|http://example.com/a%7Cb|"), "path and source are in front");
  for (int i = 0; i < 3; ++i) take(signature, '|');
  proxy::Parameters out;
  while (!signature.empty()) {
    std::string_view part = take(signature, '|');
    std::vector<std::string>& values = out[http::percent_decode(take(part, '='), false)];
    for (bool last = false; !last;) {
      const std::size_t comma = part.find(',');
      last = comma == part.npos;
      values.push_back(http::percent_decode(part.substr(0, comma), false));
      part.remove_prefix(last ? part.size() : comma + 1);
    }
  }
  return out;
}

}  // namespace

FUZZ_TARGET(query) {
  const http::Query query = http::parse_query(input);
  require(http::parse_query(formatted(query)) == query, "what is parsed, formatted and parsed is the same");
  require(query.size() <= input.size(), "parameters are made of bytes");
  for (const auto& [name, value] : query) {
    const auto found = http::find(query, name);
    const auto first = std::ranges::find(query, name, &std::pair<std::string, std::string>::first);
    require(found && *found == first->second, "find gives the first value");
    require(!http::has_bad_escape(http::percent_encode(value)), "what we escape is well escaped");
  }
  if (!http::has_bad_escape(input))
    require(
        std::ranges::count(input, '%') * 2 + static_cast<std::ptrdiff_t>(http::percent_decode(input, false).size()) ==
            static_cast<std::ptrdiff_t>(input.size()),
        "each good escape is one byte");

  const std::string signature = signature_of(query);
  http::Query reordered = query;
  std::ranges::stable_sort(reordered, std::ranges::greater{}, &std::pair<std::string, std::string>::first);
  require(signature_of(reordered) == signature, "the order of parameters does not count");
  require(parameters_in(signature) == proxy::shaping_parameters(query), "a signature belongs to one request only");
  require(nlohmann::json::parse(nlohmann::json(signature).dump()) == signature, "a signature can be kept as JSON");
}
