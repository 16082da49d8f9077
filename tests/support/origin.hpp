// A source that the tests program: what it answers, when, and how it breaks.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace imcaxy::test {

/// One answer, and what goes wrong with it.
struct Script {
  int status = 200;
  std::vector<std::string> headers;  ///< `Name: value`
  std::string body;
  bool announce_length = true;                  ///< else the end of the connection ends the body
  bool chunked = false;                         ///< instead: a piece of it says that it is the last
  std::optional<std::uint64_t> announced;       ///< a Content-Length that is not the body's
  std::optional<std::size_t> cut_after;         ///< bytes of the body, then the connection breaks
  bool orderly = false;                         ///< it breaks behind those bytes, which so arrive for certain
  std::optional<std::size_t> rest_waits_after;  ///< bytes of the body, until `let_the_rest_go`
  bool drop = false;                            ///< the connection breaks before a byte was answered
  int pause_ms_between_bytes = 0;
};

/// An HTTP/1.1 server on 127.0.0.1, a thread for each connection. Thread-safe.
class Origin {
 public:
  Origin();
  ~Origin();
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  std::string url(const std::string& path) const;
  std::uint16_t port() const { return port_; }

  /// What `path` answers from now on; unknown paths are 404.
  void answer(const std::string& path, Script script);
  /// For each request the next of the scripts; the last stays.
  void answer_in_turn(const std::string& path, std::vector<Script> scripts);

  /// Requests for `path` wait, answered by nobody, until `release`.
  void hold(const std::string& path);
  void release(const std::string& path);
  /// Rests of bodies that wait are sent, those that come later, too.
  void let_the_rest_go();
  /// Lets one of the waiting requests go on.
  void release_one(const std::string& path);
  /// Returns when `count` requests for `path` have come, or after ten seconds: then false.
  bool wait_for_requests(const std::string& path, std::size_t count);

  std::size_t requests(const std::string& path) const;
  std::size_t connections() const { return connections_; }
  /// The header of the last request for `path`, as it came.
  std::string last_header(const std::string& path) const;
  /// And its body, as long as its Content-Length says.
  std::string last_body(const std::string& path) const;

 private:
  void accept_all();
  void serve(int fd);
  /// False when the connection is to be ended.
  bool send_script(int fd, const Script& script, bool head_only);
  bool send_body(int fd, const Script& script);
  void wait_for_the_rest();
  std::optional<Script> next_script(const std::string& path, const std::string& header, std::string body);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> connections_ = 0;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::map<std::string, std::vector<Script>> scripts_;
  std::map<std::string, std::size_t> requests_;
  std::map<std::string, std::string> headers_, bodies_;
  std::map<std::string, bool> held_;
  std::map<std::string, std::size_t> passes_;
  std::vector<int> open_;
  bool stopping_ = false, rest_goes_ = false;
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

}  // namespace imcaxy::test
