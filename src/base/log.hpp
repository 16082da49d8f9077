// The application log: levels, text or JSON lines, files that can be re-opened. Thread-safe after log_start.
#pragma once

#include <string>
#include <string_view>

#include <spdlog/spdlog.h>

#include "base/error.hpp"

namespace imcaxy {

enum class LogFormat { text, json };

struct LogOptions {
  spdlog::level::level_enum level = spdlog::level::info;
  LogFormat format = LogFormat::text;
  std::string file;  ///< empty: standard error
};

/// Sets up the default spdlog logger; call once, before other threads start. An error when the file can't be opened.
Result<void> log_start(const LogOptions& options);

/// Opens the log file again under its name, after a log rotation moved the old one away. No effect on standard error.
void log_reopen();

/// `text` as the inside of a JSON string, also when it is not UTF-8.
std::string json_escape(std::string_view text);

}  // namespace imcaxy
