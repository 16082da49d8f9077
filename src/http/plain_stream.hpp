// A connection's bytes as they are. Internal to the server.
#pragma once

#include <array>
#include <cstddef>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include "base/await.hpp"

namespace imcaxy::http {

/// A head and a body; either may be empty.
using TwoParts = std::array<asio::const_buffer, 2>;

/// What Connection asks of a stream, plain or encrypted. Members are called on the loop's thread, one at a time; the
/// socket is non-blocking and outlives the stream. Errors end the connection, but for would_block.
class PlainStream {
 public:
  using Socket = asio::ip::tcp::socket;
  using ErrorCode = boost::system::error_code;

  static constexpr bool encrypted = false;

  explicit PlainStream(Socket& socket) : socket_(socket) {}

  /// Writes what fits now and returns its size. When that is not all, there is an error, or `write` has to go on from
  /// there.
  std::size_t write_some(const TwoParts& parts, ErrorCode& error) { return socket_.write_some(parts, error); }

  /// Waits until all is written, or there is an error.
  Task<std::size_t> write(const TwoParts& parts, ErrorCode& error) {
    return asio::async_write(socket_, parts, asio::redirect_error(asio::use_awaitable, error));
  }

  /// Waits until there is at least a byte, or an error.
  Task<std::size_t> read_some(asio::mutable_buffer into, ErrorCode& error) {
    return socket_.async_read_some(into, asio::redirect_error(asio::use_awaitable, error));
  }

  /// Tells the client that what it got is all, where the protocol has words for that.
  void say_goodbye() {}

 private:
  Socket& socket_;
};

}  // namespace imcaxy::http
