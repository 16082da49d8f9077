#include "processor/imaginary/params.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <tuple>
#include <unordered_set>
#include <variant>

#include <fmt/format.h>

#include "base/text.hpp"

namespace imcaxy::processor::imaginary {
namespace {

using Reader = Result<void> (*)(Params&, const std::string&);
using Target = std::variant<int Params::*, double Params::*, bool Params::*, std::string Params::*, Reader>;

/// Text between quotes as Go's %q writes it, for all that a query usually has.
std::string go_quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// The size of a decimal number, without its sign: Imaginary drops it.
Result<double> read_number(const std::string& text) {
  if (text.empty()) return 0.0;
  std::string_view digits = text;
  if (digits.starts_with('+') || digits.starts_with('-')) digits.remove_prefix(1);
  double value = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool all_read = end == digits.data() + digits.size() && !digits.starts_with('-');
  if (code == std::errc::result_out_of_range && all_read) {
    // Too small is out of range, too, but to Go it is zero: only this tells it apart.
    if (const double nearest = std::strtod(std::string(digits).c_str(), nullptr); std::abs(nearest) < 1) return nearest;
    return fail(400, fmt::format("strconv.ParseFloat: parsing {}: value out of range", go_quoted(text)));
  }
  if (code != std::errc() || !all_read || !std::isfinite(value))
    return fail(400, fmt::format("strconv.ParseFloat: parsing {}: invalid syntax", go_quoted(text)));
  return value;
}

Result<int> read_whole(const std::string& text) {
  const auto value = read_number(text);
  if (!value) return std::unexpected(value.error());
  const double rounded = std::floor(*value + 0.5);
  if (rounded > std::numeric_limits<int>::max()) return fail(400, "value out of range");
  return static_cast<int>(rounded);
}

Result<bool> read_truth(const std::string& text) {
  static const std::unordered_set<std::string> yes{"1", "t", "T", "TRUE", "true", "True"},
      no{"", "0", "f", "F", "FALSE", "false", "False"};
  if (yes.contains(text)) return true;
  if (no.contains(text)) return false;
  return fail(400, "unsupported value");
}

Result<void> read_no_crop(Params& params, const std::string& text) {
  const auto value = read_truth(text);
  if (!value) return std::unexpected(value.error());
  params.no_crop = *value;
  return {};
}

/// `255,200,50`: what is no number counts as 0, what is too large as 255.
std::vector<std::uint8_t> read_colour(std::string_view text) {
  std::vector<std::uint8_t> out;
  for (std::size_t begin = 0; !text.empty() && begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    const std::string_view part = trimmed(text.substr(begin, comma - begin));
    begin = comma + 1;
    unsigned value = 0;
    const auto [end, code] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (code == std::errc::result_out_of_range || value > 255) value = 255;
    if (end != part.data() + part.size()) value = 0;
    out.push_back(static_cast<std::uint8_t>(value));
  }
  return out;
}

Result<void> read_background(Params& params, const std::string& text) {
  params.background = read_colour(text);
  if (!text.empty() && params.background.size() < 3)
    return fail(400, "three numbers from 0 to 255 are needed, as in 255,200,50");
  return {};
}

Result<void> read_text_colour(Params& params, const std::string& text) {
  params.color = read_colour(text);
  return {};
}

Result<void> read_extend(Params& params, const std::string& text) {
  using image::Extend;
  static constexpr std::array<std::pair<std::string_view, Extend>, 5> names{{{"white", Extend::white},
                                                                             {"black", Extend::black},
                                                                             {"copy", Extend::copy},
                                                                             {"background", Extend::background},
                                                                             {"lastpixel", Extend::background}}};
  params.extend = Extend::mirror;
  for (const auto& [name, extend] : names)
    if (ascii_lower(trimmed(text)) == name) params.extend = extend;
  return {};
}

Result<void> read_gravity(Params& params, const std::string& text) {
  static constexpr std::array<std::pair<std::string_view, Gravity>, 5> names{{{"south", Gravity::south},
                                                                              {"north", Gravity::north},
                                                                              {"east", Gravity::east},
                                                                              {"west", Gravity::west},
                                                                              {"smart", Gravity::smart}}};
  params.gravity = Gravity::centre;
  for (const auto& [name, gravity] : names)
    if (ascii_lower(trimmed(text)) == name) params.gravity = gravity;
  return {};
}

Result<void> read_colour_space(Params& params, const std::string& text) {
  params.grey = text == "bw";
  return {};
}

Result<void> read_page(Params& params, const std::string& text) {
  if (text.empty()) return {};
  int page = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), page);
  if (code != std::errc() || end != text.data() + text.size() || page < 0)
    return fail(400, "a whole number is needed, 0 for the first page");
  params.page = page;
  return {};
}

Result<void> read_profile(Params& params, const std::string& text) {
  if (text == "keep") {
    params.colours = image::Colours::own;
  } else if (!text.empty() && text != "srgb") {
    return fail(400, "it has to be keep or srgb");
  }
  return {};
}

/// A number as Imaginary has it, or a word.
Result<void> read_quality(Params& params, const std::string& text) {
  static constexpr std::array<std::tuple<std::string_view, QualityClass, int>, 3> words{
      {{"low", QualityClass::low, low_quality},
       {"normal", QualityClass::normal, 0},
       {"high", QualityClass::high, high_quality}}};
  for (const auto& [word, quality_class, quality] : words)
    if (text == word) {
      params.quality_class = quality_class;
      params.quality = quality;
      return {};
    }
  const auto value = read_whole(text);
  if (!value) return std::unexpected(value.error());
  params.quality = *value;
  if (*value > 0) params.quality_class.reset();
  return {};
}

Result<void> read_enlarge(Params& params, const std::string& text) {
  const auto value = read_truth(text);
  if (!value) return std::unexpected(value.error());
  params.never_larger = !text.empty() && !*value;
  return {};
}

/// What it does to the sides was done before (proxy/client_hints.hpp); only mistakes are left.
Result<void> read_dpr(Params&, const std::string& text) {
  const auto value = read_number(text);
  if (text.empty() || text == "auto" || (value && *value >= 0.5 && *value <= 4)) return {};
  return fail(400, "it has to be auto, or a number from 0.5 to 4");
}

/// All of the text, without its blanks, as a number from 0 to 1.
std::optional<double> read_share(std::string_view text) {
  text = trimmed(text);
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 1)) return std::nullopt;
  return value;
}

Result<void> read_focal(Params& params, const std::string& text) {
  if (text.empty()) return {};
  const std::size_t comma = std::min(text.find(','), text.size());
  const auto x = read_share(std::string_view(text).substr(0, comma));
  const auto y = read_share(std::string_view(text).substr(std::min(comma + 1, text.size())));
  if (!x || !y) return fail(400, "two numbers from 0 to 1 are needed, across and down, as in 0.25,0.5");
  params.focal = FocalPoint{*x, *y};
  return {};
}

Result<void> read_placeholders(Params& params, const std::string& text) {
  using image::Placeholder;
  static constexpr std::array<std::pair<std::string_view, Placeholder>, 4> names{{{"blurhash", Placeholder::blurhash},
                                                                                  {"thumbhash", Placeholder::thumbhash},
                                                                                  {"lqip", Placeholder::lqip},
                                                                                  {"color", Placeholder::color}}};
  for (const std::string& part : split_list(text)) {
    const auto before = params.placeholders.size();
    for (const auto& [name, placeholder] : names)
      if (part == name || part == "all") params.placeholders.push_back(placeholder);
    if (params.placeholders.size() == before)
      return fail(400, "it has to be blurhash, thumbhash, lqip or color; for info also all, or several with commas");
  }
  return {};
}

Result<void> read_operations(Params& params, const std::string& text) {
  auto steps = parse_pipeline(text);
  if (!steps) return std::unexpected(std::move(steps.error()));
  params.operations = std::move(*steps);
  return {};
}

struct Rule {
  std::string_view name;
  Target target;
};

const std::array rules{
    Rule{"width", &Params::width},
    Rule{"height", &Params::height},
    Rule{"quality", read_quality},
    Rule{"top", &Params::top},
    Rule{"left", &Params::left},
    Rule{"areawidth", &Params::area_width},
    Rule{"areaheight", &Params::area_height},
    Rule{"compression", &Params::compression},
    Rule{"rotate", &Params::rotate},
    Rule{"flip", &Params::flip},
    Rule{"flop", &Params::flop},
    Rule{"nocrop", read_no_crop},
    Rule{"noprofile", &Params::no_profile},
    Rule{"norotation", &Params::no_rotation},
    Rule{"force", &Params::force},
    Rule{"embed", &Params::embed},
    Rule{"stripmeta", &Params::strip_meta},
    Rule{"type", &Params::type},
    Rule{"colorspace", read_colour_space},
    Rule{"gravity", read_gravity},
    Rule{"background", read_background},
    Rule{"extend", read_extend},
    Rule{"sigma", &Params::sigma},
    Rule{"minampl", &Params::min_ampl},
    Rule{"interlace", &Params::interlace},
    Rule{"aspectratio", &Params::aspect_ratio},
    Rule{"palette", &Params::palette},
    Rule{"speed", &Params::speed},
    Rule{"factor", &Params::factor},
    Rule{"margin", &Params::margin},
    Rule{"dpi", &Params::dpi},
    Rule{"textwidth", &Params::text_width},
    Rule{"opacity", &Params::opacity},
    Rule{"noreplicate", &Params::no_replicate},
    Rule{"text", &Params::text},
    Rule{"font", &Params::font},
    Rule{"image", &Params::image},
    Rule{"color", read_text_colour},
    Rule{"operations", read_operations},
    Rule{"page", read_page},
    Rule{"profile", read_profile},
    Rule{"focal", read_focal},
    Rule{"placeholder", read_placeholders},
    Rule{"enlarge", read_enlarge},
    Rule{"dpr", read_dpr},
};

Result<void> assign(Params& params, const Target& target, const std::string& text) {
  if (const auto* reader = std::get_if<Reader>(&target)) return (*reader)(params, text);
  if (const auto* member = std::get_if<std::string Params::*>(&target)) {
    params.** member = text;
    return {};
  }
  const auto store = [&](auto member, auto value) -> Result<void> {
    if (!value) return std::unexpected(std::move(value.error()));
    params.*member = *value;
    return {};
  };
  if (const auto* member = std::get_if<int Params::*>(&target)) return store(*member, read_whole(text));
  if (const auto* member = std::get_if<bool Params::*>(&target)) return store(*member, read_truth(text));
  const auto number = read_number(text);
  if (!number) return fail(400, "unsupported value");
  params.*std::get<double Params::*>(target) = *number;
  return {};
}

/// A JSON value as Go's %q shows it.
std::string shown(const nlohmann::json& value) {
  if (value.is_string()) return go_quoted(value.get<std::string>());
  if (value.is_boolean()) return value.get<bool>() ? "%!q(bool=true)" : "%!q(bool=false)";
  if (value.is_number()) return fmt::format("%!q(float64={})", value.get<double>());
  if (value.is_null()) return "%!q(<nil>)";
  std::string out = value.is_array() ? "[" : "map[";
  for (const auto& [key, item] : value.items()) {
    if (out.back() != '[') out += ' ';
    if (value.is_object()) out += go_quoted(key) + ":";
    out += shown(item);
  }
  return out + "]";
}

/// A number where a number belongs is cut to a whole one; negative ones have no meaning.
Result<void> assign_json(Params& params, const Target& target, const nlohmann::json& value) {
  if (value.is_string()) return assign(params, target, value.get<std::string>());
  const auto wrong = [] { return fail(400, "unsupported value"); };
  const auto* reader = std::get_if<Reader>(&target);
  if (reader && *reader == read_page && value.is_number_integer()) return read_page(params, value.dump());
  if (value.is_number()) {
    const double number = value.get<double>();
    if (number < 0 || number > std::numeric_limits<int>::max()) return fail(400, "value out of range");
    if (reader && *reader == read_quality) {
      return read_quality(params, std::to_string(static_cast<int>(number)));
    } else if (const auto* whole = std::get_if<int Params::*>(&target)) {
      params.** whole = static_cast<int>(number);
    } else if (const auto* real = std::get_if<double Params::*>(&target)) {
      params.** real = number;
    } else {
      return wrong();
    }
    return {};
  }
  if (!value.is_boolean()) return wrong();
  if (reader && *reader == read_no_crop) {
    params.no_crop = value.get<bool>();
  } else if (const auto* truth = std::get_if<bool Params::*>(&target)) {
    params.** truth = value.get<bool>();
  } else {
    return wrong();
  }
  return {};
}

const Target* find_target(std::string_view name) {
  const auto found = std::ranges::find(rules, name, &Rule::name);
  return found == rules.end() ? nullptr : &found->target;
}

std::unexpected<Error> mistake(std::string_view name, const std::string& value, const Error& error) {
  return fail(
      400, fmt::format("error while processing parameter \"{}\" with value {}, error: {}", name, value, error.message));
}

}  // namespace

Result<Params> read_params(const http::Query& query) {
  Params params;
  std::unordered_set<std::string_view> seen;
  for (const auto& [name, value] : query) {
    const Target* target = find_target(name);
    if (!target || !seen.insert(name).second) continue;
    if (const auto ok = assign(params, *target, value); !ok) return mistake(name, go_quoted(value), ok.error());
  }
  return params;
}

std::vector<std::string_view> parameter_names() {
  std::vector<std::string_view> names;
  for (const Rule& rule : rules) names.push_back(rule.name);
  return names;
}

Result<Params> read_json_params(const nlohmann::json& object) {
  Params params;
  for (const auto& [name, value] : object.items()) {
    const Target* target = find_target(name);
    if (!target) continue;
    if (const auto ok = assign_json(params, *target, value); !ok) return mistake(name, shown(value), ok.error());
  }
  return params;
}

}  // namespace imcaxy::processor::imaginary
