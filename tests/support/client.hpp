// A client that can do wrong what a browser would do right: raw bytes over a socket, and a plain request on top.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/types.h>

namespace imcaxy::test {

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case; of repeated ones the last
  std::string body;

  std::string header(const std::string& name) const {
    const auto it = headers.find(name);
    return it == headers.end() ? "" : it->second;
  }
};

/// Where a server is, and how it is spoken to.
struct Endpoint {
  Endpoint(std::uint16_t p = 0, bool with_tls = false) : port(p), tls(with_tls) {}

  std::uint16_t port;
  bool tls;                             ///< any certificate will do
  bool together = false;                ///< the handshake's last words leave with the first request
  std::function<void(SSL*)> prepare{};  ///< called before the handshake
};

/// A connection to 127.0.0.1, with TLS after the handshake. Reads give up after ten seconds. Not thread-safe.
class Client {
 public:
  /// Throws when nobody listens, or the handshake fails.
  explicit Client(const Endpoint& server);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// False when the server has closed the connection.
  bool send(std::string_view bytes);
  /// One answer; nothing when the connection ended before it was whole. `head_only`: of a HEAD request.
  std::optional<Answer> receive(bool head_only = false);
  /// True when the server closes within `limit` without sending more.
  bool closed_within(std::chrono::milliseconds limit);
  /// At most `count` raw bytes; fewer at the end or after ten seconds.
  std::string read_some(std::size_t count);
  /// The encryption; null without.
  SSL* ssl() { return tls_.get(); }
  /// Sends what OpenSSL has to say by itself.
  bool flush();
  /// So small a window that the server's writes soon stall.
  void shrink_window();

  using Headers = std::vector<std::pair<std::string, std::string>>;
  /// Sends and receives, keeping the connection.
  std::optional<Answer> request(std::string_view method, std::string_view target, const Headers& headers = {},
                                std::string_view body = {});
  std::optional<Answer> get(std::string_view target, const Headers& headers = {}) {
    return request("GET", target, headers);
  }

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const;
  };
  enum class Came { bytes, nothing, end };

  bool send_raw(std::string_view bytes);
  /// Waits for bytes and puts them behind buffer_.
  Came fill_within(std::chrono::milliseconds limit);
  Came fill_tls_within(std::chrono::milliseconds limit);
  bool fill();

  int fd_ = -1;
  bool together_ = false;
  std::unique_ptr<SSL, FreeSsl> tls_;
  std::string buffer_;
};

/// One request on a connection of its own.
std::optional<Answer> fetch(const Endpoint& server, std::string_view method, std::string_view target,
                            const Client::Headers& headers = {}, std::string_view body = {});

}  // namespace imcaxy::test
