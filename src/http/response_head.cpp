#include "http/response_head.hpp"

#include <charconv>

#include <fmt/format.h>
#include <boost/beast/http/status.hpp>

#include "http/conditional.hpp"

namespace imcaxy::http {
namespace {

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_status_line(std::string& out, unsigned status) {
  if (status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
    return;
  }
  const auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  out += "HTTP/1.1 ";
  append_number(out, status);
  out += ' ';
  out.append(reason.data(), reason.size());
  out += "\r\n";
}

}  // namespace

PreparedAnswer prepare_answer(const Request& request, const Response& response, bool keep_alive,
                              std::string_view date_line, std::string& head) {
  PreparedAnswer answer{response.status, response.body};
  const std::uint64_t size = response.body.size();
  Outcome outcome{response.status, {}};
  if (response.status == 200 && !response.etag.empty() && request.is_get_or_head())
    outcome = evaluate(request, response.etag, response.last_modified, size);
  answer.status = outcome.status;

  head.clear();
  append_status_line(head, answer.status);
  head += date_line;
  head += response.prepared.view();
  head += response.headers;
  head += "X-Request-Id: ";
  head += request.id;
  head += "\r\n";
  if (outcome.range) {
    answer.body = response.body.slice(outcome.range->first, outcome.range->length);
    head += fmt::format("Content-Range: bytes {}-{}/{}\r\n", outcome.range->first,
                        outcome.range->first + outcome.range->length - 1, size);
  } else if (answer.status == 416) {
    head += fmt::format("Content-Range: bytes */{}\r\n", size);
  }
  if (answer.status == 304 || answer.status == 412 || answer.status == 416) answer.body = {};
  // RFC 9110 section 8.6: none with 204 and 1xx; a 304 may leave it out.
  if (answer.status != 204 && answer.status != 304 && !response.stream) {
    head += "Content-Length: ";
    append_number(head, answer.body.size());
    head += "\r\n";
  }
  if (!keep_alive) {
    head += "Connection: close\r\n";
  } else if (request.version < 11) {
    head += "Connection: keep-alive\r\n";
  }
  head += "\r\n";
  if (request.method == Method::head) answer.body = {};
  return answer;
}

}  // namespace imcaxy::http
