#include "http/multipart.hpp"

#include <string>

#include "base/text.hpp"

namespace imcaxy::http {
namespace {

/// The value of `name` in `...; name=value; ...` or `name="value"`; names without case.
std::string parameter(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const std::size_t end = header.find(';');
    const std::string_view part = trimmed(header.substr(0, end));
    const std::size_t equals = part.find('=');
    if (equals != part.npos && ascii_lower(trimmed(part.substr(0, equals))) == name) {
      std::string_view value = trimmed(part.substr(equals + 1));
      if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) value = value.substr(1, value.size() - 2);
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

}  // namespace

Result<std::string_view> form_field(std::string_view content_type, std::string_view body, std::string_view name) {
  const std::string boundary = parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > 70) return fail(400, "no multipart boundary param in Content-Type");
  const std::string separator = "\r\n--" + boundary;
  std::size_t at = separator.size() - 2;  // the first delimiter has no line end in front when nothing precedes it
  if (!body.starts_with(std::string_view(separator).substr(2))) {
    const std::size_t found = body.find(separator);
    if (found == body.npos) return fail(400, "multipart: NextPart: EOF");
    at = found + separator.size();
  }
  while (at < body.size() && !body.substr(at).starts_with("--")) {
    const std::size_t head_begin = body.find("\r\n", at);
    if (head_begin == body.npos) break;
    const std::size_t head_end = body.find("\r\n\r\n", head_begin);
    if (head_end == body.npos) break;
    const std::size_t content = head_end + 4;
    const std::size_t end = body.find(separator, content);
    if (end == body.npos) break;
    if (is_field(body.substr(head_begin + 2, head_end - head_begin - 2), name)) return body.substr(content, end - content);
    at = end + separator.size();
  }
  return fail(400, "http: no such file");
}

}  // namespace imcaxy::http
