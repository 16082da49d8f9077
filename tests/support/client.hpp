// A client that can do wrong what a browser would do right: raw bytes over a socket, and a plain request on top.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// A connection to 127.0.0.1. Reads give up after ten seconds. Not thread-safe.
class Client {
 public:
  explicit Client(std::uint16_t port);
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
  bool fill();

  int fd_ = -1;
  std::string buffer_;
};

/// One request on a connection of its own.
std::optional<Answer> fetch(std::uint16_t port, std::string_view method, std::string_view target,
                            const Client::Headers& headers = {}, std::string_view body = {});

}  // namespace imcaxy::test
