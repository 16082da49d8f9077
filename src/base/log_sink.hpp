// A log file that can be opened again under its name.
#pragma once

#include <mutex>
#include <string>
#include <utility>

#include <spdlog/details/file_helper.h>
#include <spdlog/sinks/base_sink.h>

namespace imcaxy {

/// Thread-safe, as every spdlog sink.
class ReopenableFileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// Throws spdlog::spdlog_ex when the file can't be opened.
  explicit ReopenableFileSink(const std::string& path) { helper_.open(path); }

  void reopen_file() {
    std::lock_guard lock(mutex_);
    helper_.reopen(false);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    helper_.write(line);
  }
  void flush_() override { helper_.flush(); }

 private:
  spdlog::details::file_helper helper_;
};

}  // namespace imcaxy
