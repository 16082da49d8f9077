#include "proxy/client_hints.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.hpp"
#include "image/format.hpp"
#include "processor/imaginary/operations.hpp"

namespace imcaxy::proxy {
namespace {

/// In the order of `looked_at`'s bits. Those with `Sec-CH-` are what browsers send today, the others what they sent.
enum Header { sec_width, width, sec_viewport, viewport, sec_dpr, dpr, save_data, ect, downlink };
constexpr std::array<std::string_view, 9> names{"Sec-CH-Width",   "Width",      "Sec-CH-Viewport-Width",
                                                "Viewport-Width", "Sec-CH-DPR", "DPR",
                                                "Save-Data",      "ECT",        "Downlink"};

/// For a client that tells nothing of its screen: a phone at two pixels for one of CSS'.
constexpr int usual_width = 832;

constexpr int most_pixels = 16384;
constexpr double most_dpr = 4;
constexpr double slow_below_megabits = 1;

std::optional<double> read_number(std::string_view text) {
  text = trimmed(text);
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Notes which headers are asked for.
class Asking {
 public:
  Asking(const HeaderOf& header, std::uint16_t& looked_at) : header_(header), looked_at_(looked_at) {}

  std::optional<std::string_view> text(Header which) {
    looked_at_ = static_cast<std::uint16_t>(looked_at_ | 1u << which);
    return header_ ? header_(names[which]) : std::nullopt;
  }

  /// What is no number, or none that a screen could have, was not said.
  std::optional<double> number(Header which, double least, double most) {
    const auto said = text(which);
    const auto value = said ? read_number(*said) : std::nullopt;
    return value && *value >= least && *value <= most ? value : std::nullopt;
  }

  /// The first that says something.
  std::optional<double> either(Header now, Header then, double least, double most) {
    const auto value = number(now, least, most);
    return value ? value : number(then, least, most);
  }

 private:
  const HeaderOf& header_;
  std::uint16_t& looked_at_;
};

/// Up to the next quarter.
std::uint16_t quarters(double density) {
  return static_cast<std::uint16_t>(std::ceil(std::clamp(density, 1.0, most_dpr) * 4));
}

std::uint16_t ask_dpr(Asking& asking) {
  return quarters(asking.either(sec_dpr, dpr, 0.1, 100).value_or(1));
}

/// In pixels of the picture.
double ask_width(Asking& asking) {
  if (const auto wide = asking.either(sec_width, width, 1, most_pixels)) return *wide;
  const auto screen = asking.either(sec_viewport, viewport, 1, most_pixels);
  return screen ? *screen * ask_dpr(asking) / 4 : usual_width;
}

bool ask_slow(Asking& asking, const HintOptions& options) {
  if (options.save_data)
    if (const auto said = asking.text(save_data); said && ascii_lower(trimmed(*said)) == "on") return true;
  if (options.ect)
    if (const auto type = asking.text(ect); type && !type->empty())
      return *type == "slow-2g" || *type == "2g" || *type == "3g";
  if (!options.downlink) return false;
  const auto megabits = asking.number(downlink, 0, 1e6);
  return megabits && *megabits < slow_below_megabits;
}

/// The smallest rung that is not below; the highest one when none is.
int rung_for(double wanted, const std::vector<int>& widths) {
  const auto rung = std::ranges::find_if(widths, [&](int width) { return width >= wanted; });
  return rung == widths.end() ? widths.back() : *rung;
}

/// Icons and placeholders stay as small as they are.
int snapped(double wanted, const std::vector<int>& widths) {
  return wanted < widths.front() ? static_cast<int>(std::ceil(wanted)) : rung_for(wanted, widths);
}

bool is_edit(std::string_view operation) {
  const auto* found = processor::imaginary::find_operation(operation);
  return found && found->kind == processor::imaginary::Operation::Kind::edit;
}

std::string_view value_of(const http::Query& query, std::string_view name) {
  return http::find(query, name).value_or("");
}

void set(http::Query& query, std::string_view name, std::string value) {
  const auto found = std::ranges::find(query, name, &http::Query::value_type::first);
  if (found == query.end()) {
    query.emplace_back(name, std::move(value));
  } else {
    found->second = std::move(value);
  }
}

/// Whether the answer could be smaller at another quality.
bool quality_counts(const http::Query& query) {
  using image::Format;
  const Format format = image::from_name(value_of(query, "type"));
  const bool lossless = format == Format::png || format == Format::gif || format == Format::tiff;
  return !lossless && value_of(query, "quality").empty() && value_of(query, "placeholder").empty();
}

/// Multiplies the sides that the query names, so that the first of them stands on a rung.
void scale_sides(http::Query& query, double factor, bool snap, const std::vector<int>& widths) {
  for (const std::string_view name : {"width", "height"}) {
    const auto side = read_number(value_of(query, name));
    if (!side || *side < 1 || *side > most_pixels) continue;
    const double wanted = std::min(*side * factor, 1.0 * most_pixels);
    const double length = snap ? snapped(wanted, widths) : std::round(wanted);
    set(query, name, fmt::format("{}", length));
    factor = length / *side;
    snap = false;  // the other side keeps the proportions
  }
}

/// A density that the request itself names; nothing when it is not one.
std::optional<double> named_dpr(const http::Query& query) {
  const auto value = read_number(value_of(query, "dpr"));
  return value && *value >= 0.5 && *value <= most_dpr ? value : std::nullopt;
}

/// Few, so that screens that are nearly alike share answers.
int density_class(double dpr) {
  return dpr < 1.75 ? 1 : dpr < 2.5 ? 2 : 3;
}

}  // namespace

Result<std::vector<int>> parse_widths(const std::vector<std::string>& texts) {
  std::vector<int> widths;
  for (const std::string& text : texts) {
    const auto width = read_number(text);
    if (!width || *width < 1 || *width > most_pixels || *width != std::floor(*width))
      return fail(400, fmt::format("widths in pixels from 1 to {}, with commas between them: '{}'", most_pixels, text));
    widths.push_back(static_cast<int>(*width));
  }
  if (widths.empty()) return fail(400, "at least one width in pixels");
  std::ranges::sort(widths);
  widths.erase(std::ranges::unique(widths).begin(), widths.end());
  return widths;
}

HintsWanted hints_wanted(std::string_view operation, const http::Query& query, const HintOptions& options) {
  if (!is_edit(operation)) return {};
  HintsWanted wanted;
  wanted.width = value_of(query, "width") == "auto";
  wanted.dpr = !wanted.width && value_of(query, "dpr") == "auto";
  wanted.network = (options.save_data || options.ect || options.downlink) && quality_counts(query);
  return wanted;
}

HintClass hint_class(const HintsWanted& wanted, const HeaderOf& header, const HintOptions& options) {
  HintClass out;
  Asking asking(header, out.looked_at);
  if (wanted.width) out.width = static_cast<std::uint16_t>(rung_for(ask_width(asking), options.widths));
  if (wanted.dpr) out.dpr_quarters = ask_dpr(asking);
  if (wanted.network) out.slow = ask_slow(asking, options);
  return out;
}

int settle_hints(std::string_view operation, http::Query& query, const HintsWanted& wanted, const HintClass& hints,
                 const HintOptions& options) {
  if (!is_edit(operation)) return 1;
  if (wanted.network && hints.slow) set(query, "quality", "low");
  const auto dpr_of_request = named_dpr(query);
  if (wanted.width) {
    set(query, "width", std::to_string(hints.width));
  } else if (wanted.dpr) {
    scale_sides(query, hints.dpr_quarters / 4.0, true, options.widths);
  } else if (dpr_of_request || options.snap) {
    scale_sides(query, dpr_of_request.value_or(1), options.snap, options.widths);
  }
  // More than the source has would be bytes for nothing.
  if (wanted.width || wanted.dpr) set(query, "enlarge", "false");
  if (wanted.width || wanted.dpr || dpr_of_request)
    std::erase_if(query, [](const auto& p) { return p.first == "dpr"; });
  if (wanted.width) return 1;  // a width in pixels, of any screen
  return density_class(wanted.dpr ? hints.dpr_quarters / 4.0 : dpr_of_request.value_or(1));
}

std::string client_lines(bool negotiated, const HintsWanted& wanted, const HintClass& hints,
                         const HintOptions& options) {
  if (!negotiated && !wanted.any()) return {};
  std::vector<std::string> counted;
  if (negotiated) counted.emplace_back("Accept");
  for (std::size_t i = 0; i < names.size(); ++i)
    if (hints.looked_at >> i & 1) counted.emplace_back(names[i]);
  std::vector<std::string> offered;
  if (wanted.width) offered = {"Sec-CH-Width", "Sec-CH-Viewport-Width"};
  if (wanted.width || wanted.dpr) offered.emplace_back("Sec-CH-DPR");
  if (wanted.network && options.ect) offered.emplace_back("ECT");
  if (wanted.network && options.downlink) offered.emplace_back("Downlink");
  std::string lines = "Vary: " + joined(counted, ", ") + "\r\n";
  if (!offered.empty()) lines += "Accept-CH: " + joined(offered, ", ") + "\r\n";
  return lines;
}

}  // namespace imcaxy::proxy
