// A request as it came and an answer as it will go, independent of how they travel.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/beast/http/verb.hpp>
#include <boost/container/small_vector.hpp>

#include "base/await.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

namespace imcaxy::http {

using Method = boost::beast::http::verb;

/// Views point into the connection's buffer: valid until the answer has been handed over, also across co_await.
struct Request {
  Method method = Method::unknown;
  std::string_view method_text;
  std::string_view target;  ///< path and query as they came
  std::string_view path;    ///< before the first `?`
  std::string_view query;   ///< after it
  unsigned version = 11;    ///< 10 or 11
  bool keep_alive = true;
  boost::container::small_vector<std::pair<std::string_view, std::string_view>, 16> headers;
  std::string body;
  std::string_view remote_address;
  std::string id;  ///< given by the client when it is harmless, else made here

  /// The handler's own notes for when it is told that this was answered.
  std::uint8_t route = 0, cache_result = 0, picture_kind = 0;
  std::uint64_t original_bytes = 0;   ///< that the picture of the answer was made of; 0: unknown, or no picture
  std::uint64_t imaginary_bytes = 0;  ///< that plain Imaginary would have sent instead; 0: unknown

  /// The first header of that name, compared without case; nothing when there is none.
  std::optional<std::string_view> header(std::string_view name) const;

  bool is_get_or_head() const { return method == Method::get || method == Method::head; }
};

/// A body of which not all is there yet.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// Bytes of all of it, where known.
  virtual std::optional<std::uint64_t> length() const = 0;
  /// The next bytes; empty at the end; an error ends the connection, because the status has gone out already.
  virtual Task<Result<Bytes>> next() = 0;
};

/// What a handler answers. Date, Content-Length, Connection and X-Request-Id are the connection's to write, and for a
/// GET with validators it also turns 200 into 206, 304, 412 or 416 (see conditional.hpp).
struct Response {
  unsigned status = 200;
  Bytes prepared;       ///< header lines made once and shared, each ending in CRLF
  std::string headers;  ///< more header lines of this answer alone
  Bytes body;
  std::unique_ptr<BodySource> stream;  ///< instead of body
  std::string_view etag;  ///< with quotes; points into what `prepared` owns. Empty: no conditions, no ranges
  std::optional<std::chrono::sys_seconds> last_modified;

  /// Appends a header line. Control characters in the value become spaces, so that no value can end the line.
  Response& add(std::string_view name, std::string_view value);

  static Response text(unsigned status, std::string_view body);
  static Response json(unsigned status, std::string body);
};

/// `Name: value\r\n`, as Response::add writes it.
void append_header(std::string& out, std::string_view name, std::string_view value);

}  // namespace imcaxy::http
