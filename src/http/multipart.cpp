#include "http/multipart.hpp"

#include <algorithm>
#include <string>

#include "base/text.hpp"

namespace imcaxy::http {
namespace {

/// The first `;` that is not in quotes.
std::size_t parameter_end(std::string_view header) {
  bool quoted = false;
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (header[i] == '\\' && quoted) {
      ++i;
    } else if (header[i] == '"') {
      quoted = !quoted;
    } else if (header[i] == ';' && !quoted) {
      return i;
    }
  }
  return header.npos;
}

/// The value of `name` in `...; name=value; ...` or `name="value"`; names without case.
std::string parameter(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const std::size_t end = parameter_end(header);
    const std::string_view part = trimmed(header.substr(0, end));
    const std::size_t equals = part.find('=');
    if (equals != part.npos && ascii_lower(trimmed(part.substr(0, equals))) == name) {
      std::string_view value = trimmed(part.substr(equals + 1));
      if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
        value = value.substr(1, value.size() - 2);
      return std::string(value);
    }
    if (end == header.npos) break;
    header.remove_prefix(end + 1);
  }
  return {};
}

/// Whether a part's header lines name the field.
bool is_field(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon != line.npos && ascii_lower(trimmed(line.substr(0, colon))) == "content-disposition" &&
        parameter(line.substr(colon + 1), "name") == name)
      return true;
    if (end == head.npos) break;
    head.remove_prefix(end + 2);
  }
  return false;
}

/// Whether a delimiter can end here: a longer word that begins like it is content.
bool ends_delimiter(std::string_view rest) {
  return rest.empty() || rest.starts_with("--") || std::string_view(" \t\r\n").contains(rest.front());
}

/// The next delimiter from `from` on.
std::size_t find_delimiter(std::string_view body, std::string_view separator, std::size_t from) {
  std::size_t at = body.find(separator, from);
  while (at != body.npos && !ends_delimiter(body.substr(at + separator.size()))) at = body.find(separator, at + 1);
  return at;
}

}  // namespace

Result<std::string_view> form_field(std::string_view content_type, std::string_view body, std::string_view name) {
  const std::string boundary = parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > 70) return fail(400, "no multipart boundary param in Content-Type");
  const std::string separator = "\r\n--" + boundary;
  std::size_t at = separator.size() - 2;  // the first delimiter has no line end in front when nothing precedes it
  if (!body.starts_with(std::string_view(separator).substr(2)) || !ends_delimiter(body.substr(at))) {
    const std::size_t found = find_delimiter(body, separator, 0);
    if (found == body.npos) return fail(400, "multipart: NextPart: EOF");
    at = found + separator.size();
  }
  while (at < body.size() && !body.substr(at).starts_with("--")) {
    const std::size_t head_begin = body.find("\r\n", at);
    if (head_begin == body.npos) break;
    const std::size_t head_end = body.find("\r\n\r\n", head_begin);
    if (head_end == body.npos) break;
    const std::size_t content = head_end + 4;
    const std::size_t end = find_delimiter(body, separator, content - 2);  // the blank line may be its line end, too
    if (end == body.npos) break;
    const std::string_view head = body.substr(head_begin, head_end - head_begin);
    if (is_field(head, name)) return body.substr(content, std::max(end, content) - content);
    at = end + separator.size();
  }
  return fail(400, "http: no such file");
}

}  // namespace imcaxy::http
