#include "page/screen.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace imcaxy::page {
namespace {

constexpr double pixels_of_em = 16;  // what browsers begin with

/// Reads arithmetic of lengths: a number that is a length and one that is none both are doubles, so a unit that is
/// missing goes unnoticed. Pages are written for browsers, which notice.
class LengthReader {
 public:
  LengthReader(std::string_view text, const Screen& screen) : text_(text), screen_(screen) {}

  std::optional<double> all() {
    const auto value = sum();
    skip_blanks();
    return text_.empty() && value && std::isfinite(*value) ? value : std::nullopt;
  }

 private:
  static constexpr int most_depth = 16;

  void skip_blanks() {
    while (!text_.empty() && std::isspace(static_cast<unsigned char>(text_.front()))) text_.remove_prefix(1);
  }
  bool take(char c) {
    skip_blanks();
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::string word() {
    std::size_t end = 0;
    while (end < text_.size() && (std::isalpha(static_cast<unsigned char>(text_[end])) || text_[end] == '%')) ++end;
    const std::string out = ascii_lower(text_.substr(0, end));
    text_.remove_prefix(end);
    return out;
  }

  std::optional<double> sum() {
    auto left = product();
    while (left) {
      const bool plus = take('+');
      if (!plus && !take('-')) return left;
      const auto right = product();
      if (!right) return std::nullopt;
      left = plus ? *left + *right : *left - *right;
    }
    return left;
  }

  std::optional<double> product() {
    auto left = value();
    while (left) {
      const bool times = take('*');
      if (!times && !take('/')) return left;
      const auto right = value();
      if (!right) return std::nullopt;
      left = times ? *left * *right : *left / *right;
    }
    return left;
  }

  std::optional<double> value() {
    skip_blanks();
    if (++depth_ > most_depth) return std::nullopt;
    const auto out = text_.empty()                                             ? std::nullopt
                     : text_.front() == '('                                    ? inner()
                     : std::isalpha(static_cast<unsigned char>(text_.front())) ? function()
                                                                               : number();
    --depth_;
    return out;
  }

  std::optional<double> inner() {
    if (!take('(')) return std::nullopt;
    const auto value = sum();
    return value && take(')') ? value : std::nullopt;
  }

  std::optional<double> function() {
    const std::string name = word();
    if (!take('(')) return std::nullopt;
    std::vector<double> values;
    do {
      const auto value = sum();
      if (!value) return std::nullopt;
      values.push_back(*value);
    } while (take(','));
    if (!take(')')) return std::nullopt;
    if (name == "calc" && values.size() == 1) return values[0];
    if (name == "min") return std::ranges::min(values);
    if (name == "max") return std::ranges::max(values);
    if (name == "clamp" && values.size() == 3) return std::max(values[0], std::min(values[1], values[2]));
    return std::nullopt;
  }

  std::optional<double> number() {
    double value = 0;
    if (text_.starts_with('+')) text_.remove_prefix(1);
    const auto [end, code] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (code != std::errc()) return std::nullopt;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    const std::string unit = word();
    if (unit.empty() || unit == "px") return value;
    if (unit == "vw" || unit == "dvw" || unit == "svw" || unit == "lvw") return value * screen_.width / 100;
    if (unit == "vh" || unit == "dvh" || unit == "svh" || unit == "lvh") return value * screen_.height / 100;
    if (unit == "vmin") return value * std::min(screen_.width, screen_.height) / 100;
    if (unit == "vmax") return value * std::max(screen_.width, screen_.height) / 100;
    if (unit == "em" || unit == "rem") return value * pixels_of_em;
    if (unit == "pt") return value * 4 / 3;
    return std::nullopt;  // `%` is of a box that nobody knows here
  }

  std::string_view text_;
  const Screen& screen_;
  int depth_ = 0;
};

/// `2`, `2x`, `2dppx`, `192dpi` as a density; `16/9` as a ratio.
std::optional<double> plain_number(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc()) return std::nullopt;
  const std::string_view rest = trimmed(text.substr(static_cast<std::size_t>(end - text.data())));
  if (rest.starts_with('/')) {
    const auto below = plain_number(trimmed(rest.substr(1)));
    return below && *below > 0 ? std::optional(value / *below) : std::nullopt;
  }
  return rest == "dpi" ? value / 96 : value;
}

struct Feature {
  double is = 0;                 ///< of the screen
  std::optional<double> wanted;  ///< by the query
};

std::optional<Feature> feature_of(std::string_view name, std::string_view value, const Screen& screen) {
  if (name == "width" || name == "device-width") return Feature{screen.width, length_on(value, screen)};
  if (name == "height" || name == "device-height") return Feature{screen.height, length_on(value, screen)};
  if (name == "resolution" || name == "device-pixel-ratio") return Feature{screen.density, plain_number(value)};
  if (name == "aspect-ratio") return Feature{screen.width / screen.height, plain_number(value)};
  return std::nullopt;
}

bool keyword_holds(std::string_view name, std::string_view value, const Screen& screen) {
  if (name == "orientation") return value == (screen.width > screen.height ? "landscape" : "portrait");
  return (name == "prefers-color-scheme" && value == "light") || (name == "color" && value.empty()) ||
         (name == "scripting" && value == "enabled");
}

/// `width >= 600px`, `400px <= width <= 700px`.
std::optional<bool> range_holds(std::string_view text, const Screen& screen) {
  std::vector<std::string> parts;
  std::vector<std::string> signs;
  std::string part;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '<' && text[i] != '>' && text[i] != '=') {
      part += text[i];
      continue;
    }
    signs.emplace_back(1, text[i]);
    if (i + 1 < text.size() && text[i + 1] == '=') signs.back() += text[++i];
    parts.emplace_back(trimmed(std::exchange(part, {})));
  }
  if (signs.empty()) return std::nullopt;
  parts.emplace_back(trimmed(part));
  const auto side = [&](const std::string& value, std::string_view other) -> std::optional<double> {
    if (const auto feature = feature_of(value, other, screen)) return feature->is;
    return length_on(value, screen);
  };
  for (std::size_t i = 0; i < signs.size(); ++i) {
    const auto left = side(parts[i], parts[i + 1]), right = side(parts[i + 1], parts[i]);
    if (!left || !right) return false;
    const bool holds = signs[i] == "<"    ? *left < *right
                       : signs[i] == "<=" ? *left <= *right
                       : signs[i] == ">"  ? *left > *right
                       : signs[i] == ">=" ? *left >= *right
                                          : *left == *right;
    if (!holds) return false;
  }
  return true;
}

/// What stands in one pair of brackets.
bool condition_holds(std::string_view text, const Screen& screen) {
  if (const auto range = range_holds(text, screen)) return *range;
  const std::size_t colon = text.find(':');
  std::string_view name = trimmed(text.substr(0, colon));
  const std::string_view value = colon == text.npos ? "" : trimmed(text.substr(colon + 1));
  if (name.starts_with("-webkit-")) name.remove_prefix(8);
  const bool least = name.starts_with("min-"), most = name.starts_with("max-");
  if (least || most) name.remove_prefix(4);
  const auto feature = feature_of(name, value, screen);
  if (!feature) return keyword_holds(name, value, screen);
  if (!feature->wanted) return false;
  return least  ? feature->is >= *feature->wanted
         : most ? feature->is <= *feature->wanted
                : feature->is == *feature->wanted;
}

/// The text at the beginning of `text` up to the bracket that closes its first, both included.
std::string_view bracketed(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return text.substr(0, i + 1);
  }
  return {};
}

/// One query without commas, in small letters.
bool one_holds(std::string_view text, const Screen& screen) {
  bool negated = false, holds = true;
  while (!(text = trimmed(text)).empty()) {
    if (text.starts_with('(')) {
      const std::string_view part = bracketed(text);
      if (part.empty()) return false;
      const std::string_view inside = trimmed(part.substr(1, part.size() - 2));
      holds = holds && (inside.starts_with('(') ? one_holds(inside, screen) : condition_holds(inside, screen));
      text.remove_prefix(part.size());
      continue;
    }
    const std::size_t end = std::min(text.find_first_of(" \t\r\n("), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    if (word == "not") {
      negated = true;
    } else if (word != "and" && word != "only" && word != "all" && word != "screen") {
      holds = false;
    }
  }
  return holds != negated;
}

/// Parts between the commas that stand in no brackets.
std::vector<std::string_view> split_outside(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '(') ++depth;
    if (i < text.size() && text[i] == ')') --depth;
    if (i < text.size() && (text[i] != ',' || depth > 0)) continue;
    parts.push_back(trimmed(text.substr(from, i - from)));
    from = i + 1;
  }
  return parts;
}

/// Where the length at the end of one of the `sizes` begins.
std::size_t begin_of_length(std::string_view part) {
  int depth = 0;
  for (std::size_t i = part.size(); i-- > 0;) {
    if (part[i] == ')') ++depth;
    if (part[i] == '(') --depth;
    if (depth == 0 && std::isspace(static_cast<unsigned char>(part[i]))) return i + 1;
  }
  return 0;
}

}  // namespace

std::optional<double> length_on(std::string_view text, const Screen& screen) {
  return LengthReader(text, screen).all();
}

bool media_holds(std::string_view query, const Screen& screen) {
  const std::string text = ascii_lower(trimmed(query));
  if (text.empty()) return true;
  return std::ranges::any_of(split_outside(text), [&](std::string_view part) { return one_holds(part, screen); });
}

std::optional<double> width_by_sizes(std::string_view sizes, const Screen& screen) {
  for (const std::string_view part : split_outside(sizes)) {
    const std::size_t length = begin_of_length(part);
    if (!media_holds(part.substr(0, length), screen)) continue;
    const auto width = length_on(part.substr(length), screen);
    if (width && *width > 0) return width;
  }
  return std::nullopt;
}

}  // namespace imcaxy::page
