#include "support/client.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace imcaxy::test {
namespace {

constexpr int patience_ms = 10'000;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

Client::Client(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd_ < 0 || connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect to the server under test");
}

Client::~Client() {
  if (fd_ >= 0) close(fd_);
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Client::fill() {
  pollfd p{fd_, POLLIN, 0};
  if (poll(&p, 1, patience_ms) <= 0) return false;
  char block[65536];
  const ssize_t got = recv(fd_, block, sizeof block, 0);
  if (got <= 0) return false;
  buffer_.append(block, static_cast<std::size_t>(got));
  return true;
}

std::optional<Answer> Client::receive(bool head_only) {
  std::size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == buffer_.npos)
    if (!fill()) return std::nullopt;
  Answer answer;
  const std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  answer.status = std::stoi(head.substr(head.find(' ') + 1));
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t line_end = head.find("\r\n", at);
    const std::string line = head.substr(at, line_end - at);
    const std::size_t colon = line.find(": ");
    if (colon != line.npos) answer.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
    at = line_end + 2;
  }
  if (answer.status == 100) return receive(head_only);
  if (head_only || answer.status == 304 || answer.status == 204) return answer;
  if (answer.header("transfer-encoding") == "chunked") {
    for (;;) {
      while (buffer_.find("\r\n") == buffer_.npos)
        if (!fill()) return std::nullopt;
      const std::size_t size = std::stoul(buffer_, nullptr, 16);
      buffer_.erase(0, buffer_.find("\r\n") + 2);
      while (buffer_.size() < size + 2)
        if (!fill()) return std::nullopt;
      answer.body += buffer_.substr(0, size);
      buffer_.erase(0, size + 2);
      if (size == 0) return answer;
    }
  }
  if (!answer.headers.contains("content-length")) {
    while (fill()) {
    }
    answer.body = std::move(buffer_);
    return answer;
  }
  const std::size_t length = std::stoul(answer.header("content-length"));
  while (buffer_.size() < length)
    if (!fill()) return std::nullopt;
  answer.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return answer;
}

bool Client::closed_within(std::chrono::milliseconds limit) {
  pollfd p{fd_, POLLIN, 0};
  if (!buffer_.empty() || poll(&p, 1, static_cast<int>(limit.count())) <= 0) return false;
  char byte;
  return recv(fd_, &byte, 1, 0) <= 0;
}

std::string Client::read_some(std::size_t count) {
  while (buffer_.size() < count && fill()) {
  }
  std::string out = buffer_.substr(0, count);
  buffer_.erase(0, out.size());
  return out;
}

void Client::shrink_window() {
  const int bytes = 2048;
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

std::optional<Answer> Client::request(std::string_view method, std::string_view target, const Headers& headers,
                                      std::string_view body) {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  text += "\r\n";
  send(text);
  send(body);  // a refusal may come, and the connection close, before all of it is sent
  return receive(method == "HEAD");
}

std::optional<Answer> fetch(std::uint16_t port, std::string_view method, std::string_view target,
                            const Client::Headers& headers, std::string_view body) {
  return Client(port).request(method, target, headers, body);
}

}  // namespace imcaxy::test
