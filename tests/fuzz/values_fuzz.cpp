// Values of parameters as they are, after the query's grammar: numbers, truths, colours, words. The first line of an
// input is the parameter's name.
#include "plans.hpp"
#include "target.hpp"

#include <algorithm>
#include <charconv>
#include <string>

using namespace imcaxy;
using namespace imcaxy::processor::imaginary;
using fuzz::require;

namespace {

bool is_plain_number(std::string_view text) {
  return !text.empty() && text.size() <= 9 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

int plain_number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// `1,2,3`, without anything else.
bool is_plain_colour(std::string_view text) {
  for (int band = 0; band < 3; ++band) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (!is_plain_number(text.substr(0, comma)) || (band < 2) == (comma == text.size())) return false;
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return true;
}

}  // namespace

FUZZ_TARGET(values) {
  const std::string name(fuzz::take_line(input)), value(input);
  const auto params = read_params({{name, value}});
  if (!params) return fuzz::require_refusal(params.error());
  fuzz::require_sane(*params);

  if (name == "width") {
    if (is_plain_number(value)) require(params->width == plain_number(value), "digits are a number");
    const auto negative = read_params({{name, "-" + value}});
    if (!value.empty() && value[0] != '-' && value[0] != '+')
      require(negative && negative->width == params->width, "a sign is dropped");
  }
  if (name == "background" && is_plain_colour(value)) {
    std::string_view rest = value;
    for (const std::uint8_t band : params->background) {
      require(band == std::min(plain_number(rest.substr(0, rest.find(','))), 255), "a band is its number");
      rest.remove_prefix(std::min(rest.find(','), rest.size() - 1) + 1);
    }
  }
  require(params->background.size() <= value.size() + 1 && params->color.size() <= value.size() + 1,
          "bands are made of bytes");

  // The same from a pipeline's JSON: text there means what it means in a query.
  const auto from_json = read_json_params({{name, value}});
  require(from_json && from_json->width == params->width && from_json->sigma == params->sigma &&
              from_json->background == params->background && from_json->type == params->type,
          "text in JSON is read as text in a query");
}
