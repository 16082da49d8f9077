// One line for each answered request, in the common log's spirit or as JSON.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <spdlog/async.h>

#include "base/log.hpp"
#include "base/log_sink.hpp"
#include "http/message.hpp"

namespace imcaxy::server {

/// Thread-safe. Lines are written by a background thread; when it can't keep up the oldest waiting lines are dropped
/// rather than a request held.
class AccessLog {
 public:
  /// `path` empty: off; `-`: standard output; else a file.
  AccessLog(std::string path, LogFormat format);
  ~AccessLog();

  bool enabled() const { return logger_ != nullptr; }
  void write(const http::Request& request, unsigned status, std::uint64_t bytes, std::string_view cache,
             std::chrono::steady_clock::duration took);

  /// After a log rotation moved the file away.
  void reopen();

 private:
  LogFormat format_;
  std::shared_ptr<ReopenableFileSink> file_;
  std::shared_ptr<spdlog::details::thread_pool> thread_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace imcaxy::server
