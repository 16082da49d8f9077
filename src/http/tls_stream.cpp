#include "http/tls_stream.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace imcaxy::http {
namespace {

constexpr std::size_t record_bytes = SSL3_RT_MAX_PLAIN_LENGTH;
/// Written before others on the loop have their turn.
constexpr std::size_t turn_bytes = 16 * record_bytes;

/// `parts` without their first bytes.
TwoParts parts_after(const TwoParts& parts, std::size_t bytes) {
  const std::size_t first = std::min(bytes, parts[0].size());
  return {parts[0] + first, parts[1] + (bytes - first)};
}

/// The first record's worth of bytes, through `scratch` only where both parts are in it. Depends on the sizes of the
/// parts alone, because OpenSSL wants the same record again when it did not fit.
asio::const_buffer first_record(const TwoParts& parts, std::array<char, record_bytes>& scratch) {
  const auto& [head, body] = parts;
  if (head.size() == 0) return asio::buffer(body, record_bytes);
  if (head.size() >= record_bytes || body.size() == 0) return asio::buffer(head, record_bytes);
  const std::size_t of_body = std::min(body.size(), record_bytes - head.size());
  std::memcpy(scratch.data(), head.data(), head.size());
  std::memcpy(scratch.data() + head.size(), body.data(), of_body);
  return asio::buffer(scratch.data(), head.size() + of_body);
}

}  // namespace

void TlsStream::FreeSsl::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

TlsStream::TlsStream(Socket& socket, const TlsContext& context) : socket_(socket), ssl_(context.new_connection()) {
  BIO* link = ssl_ ? BIO_new(link_method()) : nullptr;
  if (!link) {
    ssl_.reset();
    return;
  }
  BIO_set_data(link, this);
  BIO_set_init(link, 1);
  SSL_set_bio(ssl_.get(), link, link);
  SSL_set_accept_state(ssl_.get());
}

/// OpenSSL's own way to a socket raises SIGPIPE, and can't say that more follows.
const BIO_METHOD* TlsStream::link_method() {
  static const std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> method = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket of a connection");
    if (m) {
      BIO_meth_set_write(m, link_write);
      BIO_meth_set_read(m, link_read);
      BIO_meth_set_ctrl(m, link_control);
    }
    return std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)>(m, BIO_meth_free);
  }();
  return method.get();
}

int TlsStream::link_write(BIO* bio, const char* data, int size) {
  auto& self = *static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const int flags = MSG_NOSIGNAL | (self.more_follows_ ? MSG_MORE : 0);
  const ssize_t sent = ::send(self.socket_.native_handle(), data, static_cast<std::size_t>(size), flags);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int TlsStream::link_read(BIO* bio, char* data, int size) {
  auto& self = *static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(self.socket_.native_handle(), data, static_cast<std::size_t>(size), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  self.ended_by_client_ = got == 0;
  return static_cast<int>(got);
}

long TlsStream::link_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return static_cast<TlsStream*>(BIO_get_data(bio))->ended_by_client_;
  return 0;
}

TlsStream::ErrorCode TlsStream::failure(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      awaited_ = Socket::wait_read;
      return asio::error::would_block;
    case SSL_ERROR_WANT_WRITE:
      awaited_ = Socket::wait_write;
      return asio::error::would_block;
    case SSL_ERROR_ZERO_RETURN:
      return asio::error::eof;
    default:
      broken_ = true;
      return asio::error::connection_aborted;
  }
}

Task<void> TlsStream::wait(ErrorCode& error) {
  return socket_.async_wait(awaited_, asio::redirect_error(asio::use_awaitable, error));
}

Task<TlsStream::Handshake> TlsStream::handshake() {
  if (!ssl_) co_return Handshake{.reason = "no memory"};
  // The client speaks first.
  for (;;) {
    ErrorCode error;
    co_await wait(error);
    if (error) co_return Handshake{.reason = error.message()};
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) break;
    error = failure(result);
    if (error == asio::error::would_block) continue;
    const unsigned long cause = ERR_peek_error();
    const char* text = ERR_reason_error_string(cause);
    Handshake failed;
    failed.plain_http = ERR_GET_LIB(cause) == ERR_LIB_SSL && ERR_GET_REASON(cause) == SSL_R_HTTP_REQUEST;
    failed.reason = text ? text : error.message();
    ERR_clear_error();
    co_return failed;
  }
  established_ = true;
  co_return Handshake{.done = true};
}

std::size_t TlsStream::write_some(const TwoParts& parts, ErrorCode& error) {
  error = {};
  const std::size_t all = asio::buffer_size(parts);
  std::array<char, record_bytes> scratch;  // not initialised: most answers need little of it
  std::size_t sent = 0;
  while (sent < all) {
    if (broken_) {
      error = asio::error::connection_aborted;
      return sent;
    }
    if (sent >= turn_bytes) {
      awaited_ = Socket::wait_write;
      error = asio::error::would_block;
      return sent;
    }
    const asio::const_buffer record = first_record(parts_after(parts, sent), scratch);
    const std::size_t after = sent + record.size();
    more_follows_ = after < all && after < turn_bytes;
    ERR_clear_error();
    std::size_t written = 0;
    const int result = SSL_write_ex(ssl_.get(), record.data(), record.size(), &written);
    more_follows_ = false;
    sent += written;
    half_sent_ = result != 1;
    if (result != 1) {
      error = failure(result);
      return sent;
    }
  }
  return sent;
}

Task<std::size_t> TlsStream::write(TwoParts parts, ErrorCode& error) {
  std::size_t sent = 0;
  for (;;) {
    const TwoParts rest = parts_after(parts, sent);
    sent += write_some(rest, error);
    if (error != asio::error::would_block) co_return sent;
    co_await wait(error);
    if (error) co_return sent;
  }
}

Task<std::size_t> TlsStream::read_some(asio::mutable_buffer into, ErrorCode& error) {
  // Most of the time all that came was read, so a try would only cost a system call; and to wait gives others their
  // turn.
  awaited_ = Socket::wait_read;
  bool waits = SSL_has_pending(ssl_.get()) == 0;
  for (;; waits = true) {
    if (waits) co_await wait(error);
    if (waits && error) co_return 0;
    if (broken_) {
      error = asio::error::connection_aborted;
      co_return 0;
    }
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
    error = result == 1 ? ErrorCode() : failure(result);
    if (error != asio::error::would_block) co_return got;
  }
}

void TlsStream::say_goodbye() {
  if (!established_ || broken_ || half_sent_) return;
  ERR_clear_error();
  // Once: a second call would wait for the client's goodbye.
  if (!(SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN)) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace imcaxy::http
