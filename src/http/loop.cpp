#include "http/loop.hpp"

#include <pthread.h>
#include <sys/socket.h>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "http/connection.hpp"

namespace imcaxy::http {

using ErrorCode = boost::system::error_code;

namespace {

/// Binds without SO_REUSEPORT, for a moment: with it the loops share the port among themselves, but also with any other
/// process of the same user that sets it, such as another server of this kind.
ErrorCode check_unused(asio::io_context& io, const asio::ip::tcp::endpoint& endpoint) {
  ErrorCode error;
  asio::ip::tcp::acceptor probe(io);
  probe.open(endpoint.protocol(), error);
  if (!error) probe.set_option(asio::ip::tcp::acceptor::reuse_address(true), error);
  if (!error) probe.bind(endpoint, error);
  return error;
}

}  // namespace

Loop::Loop(Server& server)
    : server_(server),
      id_prefix_(random_hex(4).substr(0, 7)),
      // One thread runs the loop: the reactor needs no locks, only posts from elsewhere do.
      io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      acceptor_(io_),
      sweeper_(io_) {}

Loop::~Loop() {
  stop();
}

Result<void> Loop::start(std::uint16_t& port, unsigned index) {
  const ServerOptions& options = server_.options_;
  ErrorCode error;
  const auto address = asio::ip::make_address(options.bind, error);
  if (error)
    return fail(500, fmt::format("cannot bind to '{}': IMCAXY_BIND takes an IPv4 or IPv6 address", options.bind));
  const Tcp::endpoint endpoint(address, port);
  if (index == 0 && port != 0) error = check_unused(io_, endpoint);
  if (!error) acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
  const int yes = 1;
  if (!error && setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) != 0)
    error = ErrorCode(errno, boost::system::system_category());
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(4096, error);
  if (error)
    return fail(500, fmt::format("cannot listen on {}:{}: {}; choose another IMCAXY_PORT or end what uses it",
                                 options.bind, port, error.message()));
  port = acceptor_.local_endpoint().port();
  asio::co_spawn(io_, accept(), asio::detached);
  asio::co_spawn(io_, sweep(), asio::detached);
  thread_ = std::thread([this] { io_.run(); });
  pthread_setname_np(thread_.native_handle(), fmt::format("io-{}", index).c_str());
  return {};
}

void Loop::begin_drain() {
  asio::post(io_, [this] {
    ErrorCode ignored;
    acceptor_.close(ignored);
    for (ConnectionState& c : connections_)
      if (c.idle) c.socket.cancel(ignored);
  });
}

void Loop::stop() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] { io_.stop(); });
  thread_.join();
}

void Loop::enter(ConnectionState& c) {
  connections_.push_back(c);
  server_.connections_.fetch_add(1, std::memory_order_relaxed);
}

void Loop::leave(ConnectionState& c) {
  connections_.erase(connections_.iterator_to(c));
  server_.connections_.fetch_sub(1, std::memory_order_relaxed);
}

const std::string& Loop::date_line() {
  const WallTime now = Clock::system().now();
  const std::int64_t second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (second != date_second_) {
    date_second_ = second;
    date_line_ = "Date: " + to_http_date(now) + "\r\n";
  }
  return date_line_;
}

void Loop::next_request_id(std::string& out) {
  char digits[8];
  std::uint32_t n = ++id_counter_;
  for (int i = 7; i >= 0; --i, n >>= 4) digits[i] = "0123456789abcdef"[n & 15];
  out.assign(id_prefix_).append(digits, 8);
}

Task<void> Loop::accept() {
  while (acceptor_.is_open()) {
    ErrorCode error;
    Tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) co_return;
    if (error) {
      // No descriptors left, most likely: those in use will come back.
      spdlog::warn("cannot accept a connection: {}", error.message());
      asio::steady_timer pause(io_, std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    if (!server_.options_.tls) {
      serve<PlainStream>(std::move(socket));
    } else {
      const std::shared_ptr<const TlsContext> context = server_.tls_context();
      serve<TlsStream>(std::move(socket), *context);
    }
  }
}

template <class Stream, class... Encryption>
void Loop::serve(Tcp::socket socket, const Encryption&... encryption) {
  auto connection = std::make_unique<Connection<Stream>>(*this, std::move(socket), encryption...);
  asio::co_spawn(io_, Connection<Stream>::run(std::move(connection)), asio::detached);
}

Task<void> Loop::sweep() {
  for (;;) {
    ErrorCode error;
    sweeper_.expires_after(std::chrono::milliseconds(500));
    co_await sweeper_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    const auto now = Steady::now();
    const bool draining = server_.draining_.load(std::memory_order_relaxed);
    for (ConnectionState& c : connections_) {
      // Something had just come, when the drain began, that was no request: it waits again.
      if (draining && c.idle) c.socket.cancel(error);
      if (c.deadline > now) continue;
      c.deadline = Steady::time_point::max();
      c.timed_out = true;
      c.socket.cancel(error);
    }
  }
}

}  // namespace imcaxy::http
