#include "http/server.hpp"

#include <thread>

#include <spdlog/spdlog.h>

#include "base/clock.hpp"
#include "http/loop.hpp"

namespace imcaxy::http {

Server::Server(ServerOptions options, Handler& handler) : options_(std::move(options)), handler_(handler) {}

Server::~Server() {
  stop();
}

Result<void> Server::start() {
  if (auto loaded = reload_certificate(); !loaded) return loaded;
  port_ = options_.port;
  for (unsigned i = 0; i < options_.threads; ++i) {
    loops_.push_back(std::make_unique<Loop>(*this));
    if (auto started = loops_.back()->start(port_, i); !started) {
      stop();
      return started;
    }
  }
  return {};
}

Result<void> Server::reload_certificate() {
  if (!options_.tls) return {};
  auto loaded = TlsContext::load(*options_.tls);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  const WallTime expires = (*loaded)->expires();
  if (expires < Clock::system().now()) {
    spdlog::warn("the certificate in {} has expired: it was valid until {}; clients will refuse it",
                 options_.tls->certificate, to_rfc3339(expires));
  } else {
    spdlog::info("the certificate in {} is valid until {}", options_.tls->certificate, to_rfc3339(expires));
  }
  std::lock_guard lock(tls_mutex_);
  tls_context_ = std::move(*loaded);
  return {};
}

std::shared_ptr<const TlsContext> Server::tls_context() {
  std::lock_guard lock(tls_mutex_);
  return tls_context_;
}

asio::any_io_executor Server::executor() {
  return loops_[next_loop_.fetch_add(1, std::memory_order_relaxed) % loops_.size()]->executor();
}

void Server::drain(std::chrono::steady_clock::time_point deadline) {
  draining_ = true;
  for (auto& loop : loops_) loop->begin_drain();
  while (connections() > 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

void Server::stop() {
  for (auto& loop : loops_) loop->stop();
  loops_.clear();
}

}  // namespace imcaxy::http
