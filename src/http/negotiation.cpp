#include "http/negotiation.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace imcaxy::http {
namespace {

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

/// Whether the parameters of an element, from its first semicolon, have a weight of zero.
bool weighs_nothing(std::string_view parameters) {
  while (!parameters.empty()) {
    parameters.remove_prefix(1);
    const std::size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string_view parameter = trimmed(parameters.substr(0, end));
    if (parameter.size() > 2 && ascii_lower(parameter[0]) == 'q' && parameter[1] == '=')
      return parameter.find_first_not_of("0.", 2) == parameter.npos;
    parameters.remove_prefix(end);
  }
  return false;
}

}  // namespace

bool accepts_by_name(std::string_view accept, std::string_view type) {
  while (!accept.empty()) {
    const std::size_t end = std::min(accept.find(','), accept.size());
    const std::string_view element = accept.substr(0, end);
    const std::size_t semicolon = std::min(element.find(';'), element.size());
    if (equal_without_case(trimmed(element.substr(0, semicolon)), type) && !weighs_nothing(element.substr(semicolon)))
      return true;
    accept.remove_prefix(std::min(end + 1, accept.size()));
  }
  return false;
}

}  // namespace imcaxy::http
