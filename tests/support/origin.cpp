#include "support/origin.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "base/text.hpp"

namespace imcaxy::test {
namespace {

bool send_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t sent = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// Closes so that the other side sees a reset instead of a clean end.
void break_connection(int fd) {
  const linger hard{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

std::size_t body_length(const std::string& header) {
  constexpr std::string_view name = "\r\ncontent-length:";
  const std::size_t at = ascii_lower(header).find(name);
  return at == header.npos ? 0 : std::strtoul(header.c_str() + at + name.size(), nullptr, 10);
}

/// As one piece of a chunked body, where it is one.
bool send_piece(int fd, const Script& script, std::string_view piece) {
  if (!script.chunked) return send_all(fd, piece);
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
  return piece.empty() || (send_all(fd, size) && send_all(fd, piece) && send_all(fd, "\r\n"));
}

}  // namespace

Origin::Origin() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (listener_ < 0 || ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 4096) != 0 || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the test's origin can't listen");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_all(); });
}

Origin::~Origin() {
  std::vector<std::jthread> threads;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  changed_.notify_all();
  acceptor_.join();
  {
    std::lock_guard lock(mutex_);
    threads.swap(threads_);
  }
  threads.clear();
  ::close(listener_);
}

std::string Origin::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

void Origin::answer(const std::string& path, Script script) {
  answer_in_turn(path, {std::move(script)});
}

void Origin::answer_in_turn(const std::string& path, std::vector<Script> scripts) {
  std::lock_guard lock(mutex_);
  scripts_[path] = std::move(scripts);
}

void Origin::hold(const std::string& path) {
  std::lock_guard lock(mutex_);
  held_[path] = true;
}

void Origin::release(const std::string& path) {
  {
    std::lock_guard lock(mutex_);
    held_[path] = false;
  }
  changed_.notify_all();
}

void Origin::release_one(const std::string& path) {
  {
    std::lock_guard lock(mutex_);
    ++passes_[path];
  }
  changed_.notify_all();
}

bool Origin::wait_for_requests(const std::string& path, std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return requests_[path] >= count; });
}

std::size_t Origin::requests(const std::string& path) const {
  std::lock_guard lock(mutex_);
  const auto it = requests_.find(path);
  return it == requests_.end() ? 0 : it->second;
}

std::string Origin::last_header(const std::string& path) const {
  std::lock_guard lock(mutex_);
  const auto it = headers_.find(path);
  return it == headers_.end() ? "" : it->second;
}

std::string Origin::last_body(const std::string& path) const {
  std::lock_guard lock(mutex_);
  const auto it = bodies_.find(path);
  return it == bodies_.end() ? "" : it->second;
}

void Origin::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    std::lock_guard lock(mutex_);
    if (stopping_ || fd < 0) {
      if (fd >= 0) ::close(fd);
      return;
    }
    ++connections_;
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void Origin::let_the_rest_go() {
  {
    std::lock_guard lock(mutex_);
    rest_goes_ = true;
  }
  changed_.notify_all();
}

void Origin::wait_for_the_rest() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopping_ || rest_goes_; });
}

bool Origin::send_body(int fd, const Script& script) {
  std::string_view body = std::string_view(script.body).substr(0, script.cut_after.value_or(script.body.size()));
  if (script.rest_waits_after) {
    const std::string_view first = body.substr(0, *script.rest_waits_after);
    if (!send_piece(fd, script, first)) return false;
    wait_for_the_rest();
    body.remove_prefix(first.size());
  }
  if (script.pause_ms_between_bytes == 0) return send_piece(fd, script, body);
  for (const char byte : body) {
    if (!send_piece(fd, script, {&byte, 1})) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(script.pause_ms_between_bytes));
  }
  return true;
}

bool Origin::send_script(int fd, const Script& script, bool head_only) {
  if (script.drop) {
    break_connection(fd);
    return false;
  }
  const bool keeps = script.announce_length || script.chunked;
  std::string head = "HTTP/1.1 " + std::to_string(script.status) + " Scripted\r\n";
  for (const std::string& header : script.headers) head += header + "\r\n";
  if (script.chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (script.announce_length) {
    head += "Content-Length: " + std::to_string(script.announced.value_or(script.body.size())) + "\r\n";
  }
  if (!keeps) head += "Connection: close\r\n";
  if (!send_all(fd, head + "\r\n")) return false;
  if (head_only) return keeps;
  if (!send_body(fd, script)) return false;
  if (script.cut_after) {
    if (!script.orderly) break_connection(fd);
    return false;
  }
  if (script.chunked) return send_all(fd, "0\r\n\r\n");
  return keeps;
}

std::optional<Script> Origin::next_script(const std::string& path, const std::string& header, std::string body) {
  std::unique_lock lock(mutex_);
  ++requests_[path];
  headers_[path] = header;
  bodies_[path] = std::move(body);
  changed_.notify_all();
  // What it answers is settled when the request comes, also when it is held.
  Script script{.status = 404, .headers = {}, .body = "not here"};
  if (const auto it = scripts_.find(path); it != scripts_.end()) {
    script = it->second.front();
    if (it->second.size() > 1) it->second.erase(it->second.begin());
  }
  changed_.wait(lock, [&] { return stopping_ || !held_[path] || passes_[path] > 0; });
  if (passes_[path] > 0) --passes_[path];
  if (stopping_) return std::nullopt;
  return script;
}

void Origin::serve(int fd) {
  std::string buffer;
  char block[4096];
  bool open = true;
  const auto fill = [&] {
    const ssize_t got = ::recv(fd, block, sizeof block, 0);
    open = got > 0;
    if (open) buffer.append(block, static_cast<std::size_t>(got));
  };
  while (open) {
    std::size_t end;
    while ((end = buffer.find("\r\n\r\n")) == buffer.npos && open) fill();
    if (!open) break;
    const std::string header = buffer.substr(0, end);
    buffer.erase(0, end + 4);
    const std::size_t length = body_length(header);
    while (buffer.size() < length && open) fill();
    if (!open) break;
    std::string body = buffer.substr(0, length);
    buffer.erase(0, length);
    const std::size_t first = header.find(' '), second = header.find(' ', first + 1);
    const auto script = next_script(header.substr(first + 1, second - first - 1), header, std::move(body));
    open = script && send_script(fd, *script, header.starts_with("HEAD "));
  }
  std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  ::close(fd);
}

}  // namespace imcaxy::test
