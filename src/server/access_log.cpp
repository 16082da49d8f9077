#include "server/access_log.hpp"

#include <fmt/format.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/clock.hpp"
#include "http/query.hpp"

namespace imcaxy::server {
namespace {

constexpr std::size_t waiting_lines = 8192;

/// For the text form: a quote or a control character in a target or an agent must not fake another field or line.
std::string quoted(std::string_view text) {
  return '"' + json_escape(text) + '"';
}

}  // namespace

AccessLog::AccessLog(std::string path, LogFormat format) : format_(format) {
  if (path.empty()) return;
  spdlog::sink_ptr sink;
  if (path == "-") {
    sink = std::make_shared<spdlog::sinks::stdout_sink_mt>();
  } else {
    file_ = std::make_shared<ReopenableFileSink>(path);
    sink = file_;
  }
  thread_ = std::make_shared<spdlog::details::thread_pool>(waiting_lines, 1);
  // A name of its own: two logs may live at once, and the registry takes each name once.
  logger_ = std::make_shared<spdlog::async_logger>(fmt::format("access {}", fmt::ptr(this)), std::move(sink), thread_,
                                                   spdlog::async_overflow_policy::overrun_oldest);
  logger_->set_pattern("%v", spdlog::pattern_time_type::utc);
  if (format == LogFormat::text) logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc);
  spdlog::register_logger(logger_);  // so that it is flushed every now and then, as the application log is
}

AccessLog::~AccessLog() {
  if (!logger_) return;
  spdlog::drop(logger_->name());
  thread_.reset();  // writes what waits and joins; after that nobody else holds the logger
}

void AccessLog::write(const http::Request& request, unsigned status, std::uint64_t bytes, std::string_view cache,
                      std::chrono::steady_clock::duration took) {
  if (!logger_) return;
  const double ms = std::chrono::duration<double, std::milli>(took).count();
  std::string masked;
  if (request.target.find("key=") != request.target.npos) masked = http::mask_parameter(request.target, "key");
  const std::string_view target = masked.empty() ? request.target : masked;
  const std::string_view agent = request.header("User-Agent").value_or("-");
  if (format_ == LogFormat::json) {
    logger_->info(
        R"({{"time":"{}","remote":"{}","method":"{}","target":"{}","status":{},"bytes":{},"ms":{:.3f},"cache":"{}","agent":"{}","id":"{}"}})",
        to_rfc3339(Clock::system().now()), request.remote_address, json_escape(request.method_text),
        json_escape(target), status, bytes, ms, cache, json_escape(agent), request.id);
  } else {
    logger_->info("{} {} {} {} {} {:.3f}ms {} {} {}", request.remote_address,
                  request.method_text.empty() ? "-" : request.method_text, quoted(target), status, bytes, ms, cache,
                  quoted(agent), request.id);
  }
}

void AccessLog::reopen() {
  if (file_) file_->reopen_file();
}

}  // namespace imcaxy::server
