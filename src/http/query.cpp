#include "http/query.hpp"

#include <algorithm>

namespace imcaxy::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool has_bad_escape(std::string_view text) {
  for (std::size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 1))
    if (at + 2 >= text.size() || hex_digit(text[at + 1]) < 0 || hex_digit(text[at + 2]) < 0) return true;
  return false;
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (unsigned char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += digits[c >> 4];
      out += digits[c & 15];
    }
  }
  return out;
}

Query parse_query(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view part = text.substr(0, end);
    if (!part.empty()) {
      const std::size_t equals = part.find('=');
      query.emplace_back(percent_decode(part.substr(0, equals), true),
                         equals == part.npos ? std::string() : percent_decode(part.substr(equals + 1), true));
    }
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  return query;
}

std::string mask_parameter(std::string_view target, std::string_view name) {
  std::string out;
  for (std::size_t begin = 0; begin < target.size();) {
    const std::size_t end = std::min(target.find_first_of("?&", begin), target.size());
    const std::string_view part = target.substr(begin, end - begin);
    const std::size_t equals = part.find('=');
    const bool masked = begin > 0 && equals != part.npos && percent_decode(part.substr(0, equals), true) == name;
    out += masked ? part.substr(0, equals + 1) : part;
    if (masked) out += "***";
    if (end < target.size()) out += target[end];
    begin = end + 1;
  }
  return out;
}

std::optional<std::string_view> find(const Query& query, std::string_view name) {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return std::nullopt;
}

}  // namespace imcaxy::http
