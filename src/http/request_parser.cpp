#include "http/request_parser.hpp"

#include <boost/beast/http/error.hpp>

namespace imcaxy::http {
namespace {

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

void RequestParser::on_request_impl(Verb method, Text method_text, Text target, int version, Code& error) {
  if (target.size() > limits_.max_target_bytes) {
    error = boost::beast::http::error::buffer_overflow;
    return;
  }
  request_.method = method;
  request_.method_text = view(method_text);
  request_.target = view(target);
  const std::size_t mark = request_.target.find('?');
  request_.path = request_.target.substr(0, mark);
  request_.query = mark == std::string_view::npos ? std::string_view() : request_.target.substr(mark + 1);
  request_.version = static_cast<unsigned>(version);
}

void RequestParser::on_field_impl(boost::beast::http::field, Text name, Text value, Code& error) {
  if (request_.headers.size() >= limits_.max_fields) {
    error = boost::beast::http::error::header_limit;
    return;
  }
  // A folded value (obsolete, RFC 9112 section 5.2) is joined in a buffer that does not outlive this call.
  const char* begin = name.data();
  const bool in_buffer = value.empty() || (value.data() > begin && value.data() < begin + limits_.max_header_bytes);
  request_.headers.emplace_back(view(name),
                                in_buffer ? view(value) : unfolded_.emplace_back(value.data(), value.size()));
}

std::size_t RequestParser::on_body_impl(Text body, Code& error) {
  if (request_.body.size() + body.size() > max_body_) {
    error = boost::beast::http::error::body_limit;
    return 0;
  }
  request_.body.append(body.data(), body.size());
  return body.size();
}

}  // namespace imcaxy::http
