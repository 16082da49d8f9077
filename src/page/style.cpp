#include "page/style.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace imcaxy::page {
namespace {

std::string without_comments(std::string_view css) {
  std::string out;
  for (std::size_t from = 0; from < css.size();) {
    const std::size_t begin = css.find("/*", from);
    out.append(css.substr(from, begin == css.npos ? css.npos : begin - from));
    if (begin == css.npos) break;
    const std::size_t end = css.find("*/", begin + 2);
    if (end == css.npos) break;
    from = end + 2;
  }
  return out;
}

/// Where the text inside the brackets, or the quotes, at the beginning of `text` ends. A backslash takes the next
/// character's meaning away.
std::size_t end_at(std::string_view text, char closing) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == closing) {
      return i;
    }
  }
  return text.npos;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

struct Declaration {
  std::string_view name, value;
};

/// What lies between semicolons and braces, in neither brackets nor quotes.
std::vector<Declaration> declarations(std::string_view css) {
  std::vector<Declaration> out;
  std::size_t from = 0;
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i <= css.size(); ++i) {
    if (i < css.size()) {
      const char c = css[i];
      if (c == '\\') {
        ++i;
        continue;
      }
      if (quote != 0) {
        if (c == quote) quote = 0;
        continue;
      }
      if (c == '"' || c == '\'') quote = c;
      if (c == '(') ++depth;
      if (c == ')' && depth > 0) --depth;
      if (depth > 0 || (c != ';' && c != '{' && c != '}')) continue;
    }
    const std::string_view one = css.substr(from, std::min(i, css.size()) - from);
    from = i + 1;
    const std::size_t colon = one.find(':');
    if (colon != one.npos) out.push_back({trimmed(one.substr(0, colon)), trimmed(one.substr(colon + 1))});
  }
  return out;
}

/// The addresses in one value.
void add_urls(std::string_view value, std::vector<std::string>& out) {
  const std::string small = ascii_lower(value);
  constexpr std::string_view opening = "url(";
  for (std::size_t at = small.find(opening); at != small.npos; at = small.find(opening, at)) {
    at += opening.size();
    std::string_view rest = trimmed(value.substr(at));
    const bool quoted = rest.starts_with('"') || rest.starts_with('\'');
    const char closing = quoted ? rest.front() : ')';
    if (quoted) rest.remove_prefix(1);
    const std::size_t end = end_at(rest, closing);
    if (end == rest.npos) return;
    out.push_back(unescaped(trimmed(rest.substr(0, end))));
  }
}

}  // namespace

std::vector<std::string> background_urls(std::string_view css) {
  std::vector<std::string> out;
  const std::string text = without_comments(css);
  for (const Declaration& one : declarations(text)) {
    const std::string name = ascii_lower(one.name);
    if (name == "background" || name == "background-image" || name == "content") add_urls(one.value, out);
  }
  return out;
}

std::optional<std::string_view> property(std::string_view style, std::string_view name) {
  std::optional<std::string_view> found;
  for (const Declaration& one : declarations(style))
    if (ascii_lower(one.name) == name) found = one.value;
  return found;
}

}  // namespace imcaxy::page
