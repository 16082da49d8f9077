#include "support/client.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace imcaxy::test {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds patience(10'000);

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// Bytes of the socket, as many as came; nothing in time is 0, the end is -1.
int receive_raw(int fd, char* block, std::size_t size, Milliseconds limit) {
  pollfd p{fd, POLLIN, 0};
  if (poll(&p, 1, static_cast<int>(limit.count())) <= 0) return 0;
  const ssize_t got = recv(fd, block, size, 0);
  return got <= 0 ? -1 : static_cast<int>(got);
}

SSL* new_client_side() {
  static SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  return SSL_new(context);
}

}  // namespace

void Client::FreeSsl::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

Client::Client(const Endpoint& server) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd_ < 0 || connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect to the server under test");
  if (!server.tls) return;
  together_ = server.together;
  tls_.reset(new_client_side());
  // Through memory, so that the socket is only used here, and without signals.
  SSL_set_bio(tls_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(tls_.get());
  SSL_set_tlsext_host_name(tls_.get(), "localhost");
  if (server.prepare) server.prepare(tls_.get());
  // Reading drives the handshake.
  while (!SSL_is_init_finished(tls_.get()))
    if (fill_tls_within(patience) == Came::end) throw std::runtime_error("the TLS handshake failed");
}

Client::~Client() {
  if (fd_ >= 0) close(fd_);
}

bool Client::send_raw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Client::flush() {
  char* data = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(tls_.get()), &data);
  const bool sent = send_raw(std::string_view(data, static_cast<std::size_t>(size)));
  (void)BIO_reset(SSL_get_wbio(tls_.get()));
  return sent;
}

bool Client::send(std::string_view bytes) {
  if (!tls_ || bytes.empty()) return send_raw(bytes);
  ERR_clear_error();
  return SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0 && flush();
}

Client::Came Client::fill_tls_within(Milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    char block[65536];
    ERR_clear_error();
    const bool done = SSL_is_init_finished(tls_.get());
    const int got = done ? SSL_read(tls_.get(), block, sizeof block) : SSL_do_handshake(tls_.get());
    const int error = SSL_get_error(tls_.get(), got);
    if (got > 0 && !done && together_) return Came::nothing;
    flush();
    if (got > 0 && !done) return Came::nothing;
    if (got > 0) {
      buffer_.append(block, static_cast<std::size_t>(got));
      return Came::bytes;
    }
    if (error != SSL_ERROR_WANT_READ) return Came::end;
    const auto left = std::chrono::duration_cast<Milliseconds>(end - std::chrono::steady_clock::now());
    const int raw = receive_raw(fd_, block, sizeof block, std::max(left, Milliseconds(0)));
    if (raw == 0) return done ? Came::nothing : Came::end;
    if (raw < 0) return Came::end;
    BIO_write(SSL_get_rbio(tls_.get()), block, raw);
  }
}

Client::Came Client::fill_within(Milliseconds limit) {
  if (tls_) return fill_tls_within(limit);
  char block[65536];
  const int got = receive_raw(fd_, block, sizeof block, limit);
  if (got > 0) buffer_.append(block, static_cast<std::size_t>(got));
  return got > 0 ? Came::bytes : got == 0 ? Came::nothing : Came::end;
}

bool Client::fill() {
  return fill_within(patience) == Came::bytes;
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

bool Client::closed_within(Milliseconds limit) {
  return buffer_.empty() && fill_within(limit) == Came::end;
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

std::optional<Answer> fetch(const Endpoint& server, std::string_view method, std::string_view target,
                            const Client::Headers& headers, std::string_view body) {
  return Client(server).request(method, target, headers, body);
}

}  // namespace imcaxy::test
