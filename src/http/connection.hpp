// One client's connection: requests in, answers out, in order. Internal to the server.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/loop.hpp"
#include "http/plain_stream.hpp"
#include "http/request_parser.hpp"
#include "http/tls_stream.hpp"

namespace imcaxy::http {

struct Refusal {
  unsigned status;
  std::string_view reason;
};

/// Lives on its loop's thread. Owned by the coroutine that runs it. `Stream` is PlainStream or TlsStream, chosen at
/// compile time, so that a plain connection pays nothing for the other kind.
template <class Stream>
class Connection : public ConnectionState {
 public:
  /// `encryption`: what the stream is made of besides the socket.
  template <class... Encryption>
  Connection(Loop& loop, Tcp::socket s, const Encryption&... encryption)
      : ConnectionState(std::move(s)), loop_(loop), server_(loop.server()), stream_(socket, encryption...) {
    begin();
  }
  ~Connection();

  static Task<void> run(std::unique_ptr<Connection> self);

 private:
  /// A complete header's size, or why there will be none; neither when the client has gone.
  struct Header {
    std::size_t bytes = 0;
    std::optional<Refusal> refusal;
  };
  enum class Read { complete, closed, refused };

  void begin();
  /// False when the connection has to end.
  Task<bool> handshake() requires Stream::encrypted;
  /// The only answer that goes out unencrypted.
  Task<void> refuse_plain_http() requires Stream::encrypted;

  /// Bytes [begin_, end_) of the buffer came and were not used yet.
  void make_room();
  void release_buffer();
  Task<Header> read_header();
  Task<Read> read_body(RequestParser& parser);
  Task<void> refuse(unsigned status, std::string_view reason);
  Task<bool> write(Response response);
  bool write_now(Response& response, std::string& rest, Bytes& body_rest);
  Task<bool> write_rest(std::string head, Bytes body);
  Task<bool> write_stream(BodySource& source, bool chunked);
  /// Waits for the client to read what it was sent before the connection ends, while it may still be sending.
  Task<void> linger();

  Loop& loop_;
  Server& server_;
  Stream stream_;
  Request request_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
  std::string address_;
  bool keep_alive_ = true;
  bool pipelined_behind_body_ = false;
  std::uint64_t reserved_ = 0;  ///< of the server's budget for bodies
  unsigned sent_status_ = 0;
  std::uint64_t sent_bytes_ = 0;
};

extern template class Connection<PlainStream>;
extern template class Connection<TlsStream>;

}  // namespace imcaxy::http
