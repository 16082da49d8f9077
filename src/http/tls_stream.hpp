// A connection's bytes, encrypted by OpenSSL. Internal to the server.
#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/types.h>

#include "http/plain_stream.hpp"
#include "http/tls_context.hpp"

namespace imcaxy::http {

/// The members that PlainStream has, too, promise the same; `handshake` comes before them. Encrypts straight between
/// the caller's memory and the socket, so that a connection without work holds no buffers. Not movable: OpenSSL knows
/// where it is.
class TlsStream {
 public:
  using Socket = PlainStream::Socket;
  using ErrorCode = PlainStream::ErrorCode;

  static constexpr bool encrypted = true;

  TlsStream(Socket& socket, const TlsContext& context);
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  struct Handshake {
    bool done = false;
    bool plain_http = false;  ///< the client did not know that it has to encrypt, and can be told so
    std::string reason;       ///< why it is not done
  };
  Task<Handshake> handshake();

  std::size_t write_some(const TwoParts& parts, ErrorCode& error);
  Task<std::size_t> write(TwoParts parts, ErrorCode& error);
  Task<std::size_t> read_some(asio::mutable_buffer into, ErrorCode& error);
  /// Sends close_notify, if it fits now, and does not wait for the client's.
  void say_goodbye();

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const;
  };

  static const BIO_METHOD* link_method();
  static int link_write(BIO* bio, const char* data, int size);
  static int link_read(BIO* bio, char* data, int size);
  static long link_control(BIO* bio, int command, long number, void* pointer);

  /// After a call of OpenSSL that returned `result`: would_block, and `awaited_` says for what; or the end.
  ErrorCode failure(int result);
  Task<void> wait(ErrorCode& error);

  Socket& socket_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  Socket::wait_type awaited_ = Socket::wait_read;
  bool established_ = false;
  bool broken_ = false;     ///< no more calls of OpenSSL
  bool half_sent_ = false;  ///< a record waits inside OpenSSL for `write` to go on
  bool more_follows_ = false;
  bool ended_by_client_ = false;
};

}  // namespace imcaxy::http
