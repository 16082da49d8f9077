#include "proxy/signature.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace imcaxy::proxy {
namespace {

constexpr std::array<std::string_view, 4> not_shaping{"url", "file", "key", "sign"};

/// Escapes what is special, and what is not UTF-8: a signature is kept as JSON, and has to come back as it was.
void append_escaped(std::string& out, std::string_view text, std::string_view special) {
  static constexpr char digits[] = "0123456789ABCDEF";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length > 0 && special.find(text[0]) == special.npos) {
      out += text.substr(0, length);
    } else {
      out += '%';
      out += digits[static_cast<unsigned char>(text[0]) >> 4];
      out += digits[static_cast<unsigned char>(text[0]) & 15];
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

}  // namespace

Parameters shaping_parameters(const http::Query& query) {
  Parameters parameters;
  for (const auto& [name, value] : query)
    if (std::ranges::find(not_shaping, name) == not_shaping.end()) parameters[name].push_back(value);
  return parameters;
}

std::string make_signature(std::string_view path, std::string_view source, const Parameters& parameters) {
  std::string out = "|";
  append_escaped(out, path, "%|");
  out += '|';
  append_escaped(out, source, "|");  // a URL's own escapes stay as they are: it has no bare `|` to be confused with
  out += '|';
  for (const auto& [name, values] : parameters) {
    append_escaped(out, name, "%|,=");
    out += '=';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out += ',';
      append_escaped(out, values[i], "%|,");
    }
    out += '|';
  }
  return out;
}

Key128 make_key(std::string_view signature, std::string_view processor_type, std::string_view variant) {
  std::string text;
  text.reserve(signature.size() + processor_type.size() + variant.size() + 2);
  text.append(processor_type).append(1, '\0').append(variant).append(1, '\0').append(signature);
  return hash128(text);
}

}  // namespace imcaxy::proxy
