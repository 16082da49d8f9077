// Beast's parser, filling a Request with views instead of copies.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>

#include "http/message.hpp"

namespace imcaxy::http {

struct ParserLimits {
  std::uint32_t max_header_bytes = 16384;  ///< request line and fields
  std::size_t max_target_bytes = 8192;
  std::size_t max_fields = 100;
};

/// One request. The header is parsed only when all of it is in the buffer, so the views into that buffer hold as long
/// as the buffer is not touched. Not thread-safe.
class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  RequestParser(Request& request, const ParserLimits& limits) : request_(request), limits_(limits) {
    header_limit(limits.max_header_bytes);
    body_limit(boost::none);  // bounded by the connection, which knows what the route allows
  }

  /// Bytes of the body are appended to request.body, at most this many; beyond is an error (body_limit).
  void set_max_body(std::uint64_t bytes) { max_body_ = bytes; }

  /// Whether more of a body has to come before `next` can be parsed. Behind a last chunk's `0` two line ends follow,
  /// and Beast takes it for a mistake of its caller to be given less of them again.
  bool waits_behind(std::string_view next) const {
    return next.empty() || (chunked() && next.size() < 5 && next.starts_with("0\r\n"));
  }

  bool has_body() const { return chunked() || content_length().value_or(0) > 0; }

 private:
  using Verb = boost::beast::http::verb;
  using Code = boost::system::error_code;
  using Text = boost::beast::string_view;

  void on_request_impl(Verb method, Text method_text, Text target, int version, Code& error) override;
  void on_response_impl(int, Text, int, Code&) override {}
  void on_field_impl(boost::beast::http::field, Text name, Text value, Code& error) override;
  void on_header_impl(Code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, Code&) override {}
  std::size_t on_body_impl(Text body, Code& error) override;
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, Code& error) override { return on_body_impl(body, error); }
  void on_finish_impl(Code&) override {}

  Request& request_;
  const ParserLimits& limits_;
  std::uint64_t max_body_ = 0;
  std::deque<std::string> unfolded_;  // values that Beast joined from several lines
};

}  // namespace imcaxy::http
