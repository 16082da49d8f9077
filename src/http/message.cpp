#include "http/message.hpp"

#include <boost/beast/core/string.hpp>

namespace imcaxy::http {

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (boost::beast::iequals({key.data(), key.size()}, {name.data(), name.size()})) return value;
  return std::nullopt;
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  for (char c : value) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  out += "\r\n";
}

Response& Response::add(std::string_view name, std::string_view value) {
  append_header(headers, name, value);
  return *this;
}

Response Response::text(unsigned status, std::string_view body) {
  Response response;
  response.status = status;
  response.add("Content-Type", "text/plain; charset=utf-8");
  response.body = Bytes::copy(body);
  return response;
}

Response Response::json(unsigned status, std::string body) {
  Response response;
  response.status = status;
  response.add("Content-Type", "application/json");
  response.body = Bytes::adopt(std::move(body));
  return response;
}

}  // namespace imcaxy::http
