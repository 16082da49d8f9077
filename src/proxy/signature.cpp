#include "proxy/signature.hpp"

#include <algorithm>
#include <array>

namespace imcaxy::proxy {
namespace {

constexpr std::array<std::string_view, 4> not_shaping{"url", "file", "key", "sign"};

void append_escaped(std::string& out, std::string_view text, std::string_view special) {
  static constexpr char digits[] = "0123456789ABCDEF";
  for (char c : text) {
    if (special.find(c) == special.npos) {
      out += c;
    } else {
      out += '%';
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 15];
    }
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
