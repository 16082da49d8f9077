// Forms with a file. The first line of an input is the Content-Type, the rest the body.
#include "target.hpp"

#include <algorithm>
#include <string>

#include "http/multipart.hpp"

using namespace imcaxy;
using fuzz::require;

namespace {

/// A well-formed form around any content gives that content back.
void require_round_trip(std::string_view content) {
  static constexpr std::string_view boundary = "----a form's 7 boundary";
  if (content.find(boundary) != content.npos) return;
  const std::string type = "multipart/form-data; boundary=\"" + std::string(boundary) + "\"";
  const std::string delimiter = "--" + std::string(boundary);
  const std::string body = delimiter + "\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n" + "x\r\n" +
                           delimiter + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\n" +
                           std::string(content) + "\r\n" + delimiter + "--\r\n";
  const auto field = http::form_field(type, body, "file");
  require(field && *field == content, "a form gives back what was put into it");
}

}  // namespace

FUZZ_TARGET(multipart) {
  const std::string_view content_type = fuzz::take_line(input);
  require_round_trip(input);
  const auto field = http::form_field(content_type, input, "file");
  if (!field) return require(field.error().status == 400 && !field.error().message.empty(), "a mistake is told");
  require(field->data() >= input.data() && field->data() + field->size() <= input.data() + input.size(),
          "a field lies within its body");
}
