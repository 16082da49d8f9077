// One event loop: its thread, acceptor, connections and the clock-work that ends the slow ones. Internal to the server.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include "http/server.hpp"

namespace imcaxy::http {

using Tcp = asio::ip::tcp;
using Steady = std::chrono::steady_clock;

/// What the loop knows of a connection. Touched on the loop's thread only.
struct ConnectionState : boost::intrusive::list_base_hook<> {
  explicit ConnectionState(Tcp::socket s) : socket(std::move(s)) {}

  Tcp::socket socket;
  bool idle = true;  ///< between two requests: may be closed without loss
  bool timed_out = false;
  Steady::time_point deadline = Steady::time_point::max();
};

/// All but start, stop and post-like members belong to the loop's thread.
class Loop {
 public:
  explicit Loop(Server& server);
  ~Loop();

  /// Binds with SO_REUSEPORT and starts the thread. `port` 0: chosen by the system and written back.
  Result<void> start(std::uint16_t& port, unsigned index);
  void begin_drain();
  void stop();
  asio::any_io_executor executor() { return io_.get_executor(); }

  Server& server() { return server_; }
  void enter(ConnectionState& c);
  void leave(ConnectionState& c);

  /// `Date: ...\r\n`, made anew once a second.
  const std::string& date_line();
  /// A short identifier, unique on this machine for all practical purposes.
  void next_request_id(std::string& out);
  /// Scratch for the head of an answer; its content is good until the next suspension.
  std::string& head_scratch() { return head_scratch_; }

 private:
  Task<void> accept();
  template <class Stream, class... Encryption>
  void serve(Tcp::socket socket, const Encryption&... encryption);
  Task<void> sweep();

  Server& server_;
  boost::intrusive::list<ConnectionState> connections_;  // before io_, whose end takes the connections away
  std::string head_scratch_;
  std::string date_line_;
  std::int64_t date_second_ = -1;
  std::string id_prefix_;
  std::uint32_t id_counter_ = 0;
  asio::io_context io_;
  Tcp::acceptor acceptor_;
  asio::steady_timer sweeper_;
  std::thread thread_;
};

}  // namespace imcaxy::http
