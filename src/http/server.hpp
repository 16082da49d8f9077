// An HTTP/1.1 server: one event loop a thread, each with its own acceptor on the same port.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/await.hpp"
#include "base/error.hpp"
#include "http/message.hpp"
#include "http/request_parser.hpp"
#include "http/tls_context.hpp"

namespace imcaxy::http {

struct ServerOptions {
  std::string bind = "0.0.0.0";
  std::uint16_t port = 8080;  ///< 0: any free one
  unsigned threads = 1;
  std::size_t max_connections = 16384;
  ParserLimits limits;
  std::uint64_t max_buffered_bytes = 256u << 20;  ///< request bodies of all connections together
  std::optional<TlsFiles> tls;                    ///< then nothing but HTTPS
  std::chrono::seconds header_timeout{10};        ///< from the first byte of a request to the last of its header; for a
                                                  ///< TLS handshake, too
  std::chrono::seconds idle_timeout{75};
  std::chrono::seconds body_timeout{60};            ///< for the whole body of a request
  std::uint64_t min_write_bytes_per_second = 1024;  ///< a client that reads slower, after a minute's grace, is cut off
};

/// Called on the event loops' threads, several at a time; must not block.
class Handler {
 public:
  /// An answer at once, or a coroutine that will have it. The request outlives both.
  using Reply = std::variant<Response, Task<Response>>;

  virtual ~Handler() = default;
  virtual Reply handle(Request& request) = 0;

  /// Bytes of a body that this request may carry; asked before any of it is read.
  virtual std::uint64_t max_body_bytes(const Request& request) const = 0;

  /// The answer to what could not be read as a request: 400, 408, 413, 414, 431, 503.
  virtual Response refuse(unsigned status, std::string_view reason) const = 0;

  /// After an answer was sent, or the client left it. `sent`: bytes of its body.
  virtual void answered(const Request& request, unsigned status, std::uint64_t sent,
                        std::chrono::steady_clock::duration took) = 0;
};

class Loop;

/// start, then reload_certificate as often as wanted, then drain and stop, each once, from one thread.
class Server {
 public:
  Server(ServerOptions options, Handler& handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds and serves; an error names the address, or the file of the certificate, and what to do.
  Result<void> start();

  /// Reads certificate and key again, for connections that begin from now on. With an error the old ones stay.
  Result<void> reload_certificate();

  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }

  /// An executor of one of the loops in turn, for work that has to outlive a connection.
  asio::any_io_executor executor();

  /// No new connections; idle ones are closed; the others close after the answer that they are owed. Returns when all
  /// are gone or at the deadline.
  void drain(std::chrono::steady_clock::time_point deadline);

  /// Closes what is left and joins the threads.
  void stop();

 private:
  friend class Loop;
  template <class Stream>
  friend class Connection;

  std::shared_ptr<const TlsContext> tls_context();

  const ServerOptions options_;
  Handler& handler_;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> connections_ = 0;
  std::atomic<std::uint64_t> buffered_bytes_ = 0;
  std::atomic<bool> draining_ = false;
  std::atomic<unsigned> next_loop_ = 0;
  std::mutex tls_mutex_;
  std::shared_ptr<const TlsContext> tls_context_;  ///< guarded by tls_mutex_; null: plain HTTP
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace imcaxy::http
