#include "config/options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <type_traits>

#include <fmt/format.h>

#include "base/ip_range.hpp"
#include "base/text.hpp"

namespace imcaxy::config {
namespace {

Result<void> check_addresses(const std::string& value) {
  const auto policy = AddressPolicy::parse(value);
  if (!policy) return fail(400, "false, true, or a list of address ranges: " + policy.error().message);
  return {};
}

Result<void> check_prefix(const std::string& value) {
  if (value.empty() || (value.starts_with('/') && !value.ends_with('/'))) return {};
  return fail(400, "empty, or a path such as /api/v1, with a slash in front and none at the end");
}

Result<void> check_bind(const std::string& value) {
  boost::system::error_code error;
  boost::asio::ip::make_address(value, error);
  if (error) return fail(400, "an IP address, 0.0.0.0 for all of IPv4, :: for all of both");
  return {};
}

Result<void> check_not_empty(const std::string& value) {
  if (value.empty()) return fail(400, "a path");
  return {};
}

const std::vector<Option>& table() {
  constexpr std::string_view server = "Server", cache = "Cache", sources = "Sources", images = "Images", logs = "Logs";
  constexpr double thousand_years = 31557600e3, terabyte = 1e12;
  static const std::vector<Option> all{
      {server, "PORT", &Config::port, "port", "where it listens; 0 takes any free one. `PORT` works, too", 0, 65535},
      {server, "BIND", &Config::bind, "address", "the address it listens on", 0, 0, {}, check_bind},
      {server,
       "PATH_PREFIX",
       &Config::path_prefix,
       "path",
       "in front of every route: `/api/v1` gives `/api/v1/imaginary/...`",
       0,
       0,
       {},
       check_prefix},
      {server, "IO_THREADS", &Config::io_threads, "threads", "event loops for connections; 0: one a core", 0, 1024},
      {server, "MAX_CONNECTIONS", &Config::max_connections, "connections", "open at a time; more get 503", 1, 1e6},
      {server, "HEADER_TIMEOUT_SECONDS", &Config::header_timeout_seconds, "seconds",
       "for the whole header of a request", 1, 3600},
      {server, "IDLE_TIMEOUT_SECONDS", &Config::idle_timeout_seconds, "seconds",
       "a connection may wait for its next request", 1, 86400},
      {server, "SHUTDOWN_TIMEOUT_SECONDS", &Config::shutdown_timeout_seconds, "seconds",
       "running requests may take after SIGTERM", 0, 3600},
      {server, "MAX_HEADER_BYTES", &Config::max_header_bytes, "bytes", "of a request's line and header", 1024, 1 << 20},
      {server, "MAX_TARGET_BYTES", &Config::max_target_bytes, "bytes", "of a request's path and query", 256, 1 << 20},
      {server, "MAX_BODY_BYTES", &Config::max_body_bytes, "bytes", "of an uploaded picture", 0, terabyte},
      {cache, "DATA_DIR", &Config::data_dir, "path", "where everything that lasts is kept", 0, 0, {}, check_not_empty},
      {cache, "MEMORY_CACHE_MB", &Config::memory_cache_mb, "MiB", "of answers in memory; 0 keeps none", 0, 1 << 20},
      {cache, "DISK_CACHE_MB", &Config::disk_cache_mb, "MiB", "of answers and originals on disk; 0 keeps none", 0,
       1 << 30},
      {cache, "ORIGINALS_PERCENT", &Config::originals_percent, "percent",
       "of the disk cache for the sources' own bytes", 0, 90},
      {cache, "CACHE_TTL", &Config::cache_ttl, "seconds", "an answer is kept; 0: until it is invalidated", 0,
       thousand_years},
      {cache, "NEGATIVE_TTL_SECONDS", &Config::negative_ttl_seconds, "seconds", "a failure is remembered", 0, 3600},
      {cache, "HTTP_CACHE_TTL", &Config::http_cache_ttl, "seconds",
       "in the answers' Cache-Control, as Imaginary's option of that name (0: no caching); unset: `public, "
       "max-age=600, stale-while-revalidate=86400`",
       0, 31556926},
      {cache,
       "INVALIDATE_SECURITY_TOKEN",
       &Config::invalidate_security_token,
       "secret",
       "what `Authorization: Bearer` has to carry to invalidate; unset: one is made and kept in `<data dir>/token`",
       0,
       0,
       {},
       nullptr,
       true},
      {sources,
       "ALLOW_PRIVATE_SOURCES",
       &Config::allow_private_sources,
       "false, true or list",
       "whether pictures may come from addresses that are not public; a list of ranges (`10.0.0.0/8,fd00::/8`) allows "
       "just those",
       0,
       0,
       {},
       check_addresses},
      {sources, "ALLOWED_DOMAINS", &Config::allowed_domains, "list",
       "hosts that pictures may come from, with `*` globs; empty: all", 0, 0},
      {sources, "ALLOWED_ORIGINS", &Config::allowed_origins, "list",
       "web origins (`https://www.example.com`) whose pages may ask, with `*` globs; empty: all", 0, 0},
      {sources, "FETCH_TIMEOUT_SECONDS", &Config::fetch_timeout_seconds, "seconds",
       "for the whole download of a picture", 1, 3600},
      {sources, "FETCH_CONNECTIONS", &Config::fetch_connections, "connections", "to all sources together", 1, 65536},
      {sources, "MAX_SOURCE_BYTES", &Config::max_source_bytes, "bytes", "of a picture's file", 1, terabyte},
      {images, "CPU_THREADS", &Config::cpu_threads, "threads", "that process pictures; 0: one a core", 0, 1024},
      {images, "MAX_IN_FLIGHT_REQUESTS", &Config::max_in_flight_requests, "productions",
       "that wait or run; more get 503", 1, 1e6},
      {images, "REQUEST_TIMEOUT_SECONDS", &Config::request_timeout_seconds, "seconds",
       "a request may wait for its picture", 1, 3600},
      {images, "MAX_SOURCE_MEGAPIXELS", &Config::max_source_megapixels, "megapixels",
       "of a picture, all frames together", 0.01, 100000},
      {images, "MAX_FRAMES", &Config::max_frames, "frames", "of an animated picture", 1, 100000},
      {images,
       "FALLBACK",
       &Config::fallback,
       "",
       "what is served when a picture can't be processed: its original, or the error",
       0,
       0,
       {"original", "none"}},
      {images, "CODEC", &Config::codec, "path",
       "of the sandboxed program for PDF, HEIC, JPEG XL and JPEG 2000; a name alone: beside imcaxy itself; empty "
       "switches these formats off",
       0, 0},
      {logs,
       "LOG_LEVEL",
       &Config::log_level,
       "",
       "what the application log shows",
       0,
       0,
       {"debug", "info", "warn", "error", "off"}},
      {logs, "LOG_FORMAT", &Config::log_format, "", "of both logs", 0, 0, {"text", "json"}},
      {logs, "LOG_FILE", &Config::log_file, "path", "of the application log; empty: standard error", 0, 0},
      {logs, "ACCESS_LOG", &Config::access_log, "path",
       "a line for each request, at the levels debug and info; `-`: standard output, empty: none", 0, 0},
  };
  return all;
}

constexpr std::array<std::string_view, 27> not_yet{"IMCAXY_MONGO_CONNECTION_STRING",
                                                   "IMCAXY_MINIO_ENDPOINT",
                                                   "IMCAXY_MINIO_ACCESS_KEY",
                                                   "IMCAXY_MINIO_SECRET_KEY",
                                                   "IMCAXY_MINIO_BUCKET",
                                                   "IMCAXY_MINIO_LOCATION",
                                                   "IMCAXY_MINIO_SSL",
                                                   "IMCAXY_IMAGINARY_SERVICE_URL",
                                                   "IMCAXY_AUTO_FORMAT",
                                                   "IMCAXY_API_KEY",
                                                   "IMCAXY_URL_SIGNATURE_KEY",
                                                   "IMCAXY_ALLOWED_SOURCES",
                                                   "IMCAXY_DISABLE_ENDPOINTS",
                                                   "IMCAXY_PLACEHOLDER",
                                                   "IMCAXY_PLACEHOLDER_STATUS",
                                                   "IMCAXY_RETURN_SIZE",
                                                   "IMCAXY_MOUNT",
                                                   "IMCAXY_FORWARD_HEADERS",
                                                   "IMCAXY_AUTHORIZATION",
                                                   "IMCAXY_ENABLE_AUTH_FORWARDING",
                                                   "IMCAXY_CONCURRENCY",
                                                   "IMCAXY_BURST",
                                                   "IMCAXY_TLS_CERT",
                                                   "IMCAXY_TLS_KEY",
                                                   "IMAGE_PROXY_ENABLED",
                                                   "IMAGE_PROXY_BASE_URL",
                                                   "IMAGE_PROXY_PLC_URL"};

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class Number>
Result<Number> number_within(const Option& option, std::string_view text) {
  const auto value = parse_number<Number>(trimmed(text));
  const bool whole = std::is_integral_v<Number>;
  if (value && static_cast<double>(*value) >= option.least && static_cast<double>(*value) <= option.most) return *value;
  return fail(
      400, fmt::format("a {}number from {} to {} ({})", whole ? "whole " : "", option.least, option.most, option.unit));
}

std::string with(std::string_view text, char underscore, char (*letter)(char)) {
  std::string out(text);
  for (char& c : out) c = c == '_' ? underscore : letter(c);
  return out;
}

}  // namespace

std::string Option::variable() const {
  return "IMCAXY_" + std::string(name);
}
std::string Option::flag() const {
  return "--" + with(name, '-', ascii_lower);
}
std::string Option::key() const {
  return with(name, '_', ascii_lower);
}

std::span<const Option> options() {
  return table();
}
std::span<const std::string_view> announced() {
  return not_yet;
}

Result<void> assign(const Option& option, std::string_view text, Config& config) {
  return std::visit(
      [&](auto member) -> Result<void> {
        auto& target = config.*member;
        using Value = std::remove_reference_t<decltype(target)>;
        if constexpr (std::is_same_v<Value, std::string>) {
          std::string value(trimmed(text));
          if (!option.choices.empty() && std::ranges::find(option.choices, value) == option.choices.end())
            return fail(400, fmt::format("one of: {}", fmt::join(option.choices, ", ")));
          if (option.check)
            if (auto ok = option.check(value); !ok) return ok;
          target = std::move(value);
        } else if constexpr (std::is_same_v<Value, std::vector<std::string>>) {
          target = split_list(text);
        } else if constexpr (std::is_same_v<Value, std::optional<std::int64_t>>) {
          if (trimmed(text).empty()) {
            target.reset();
            return {};
          }
          auto value = number_within<std::int64_t>(option, text);
          if (!value) return std::unexpected(std::move(value.error()));
          target = *value;
        } else {
          auto value = number_within<Value>(option, text);
          if (!value) return std::unexpected(std::move(value.error()));
          target = *value;
        }
        return {};
      },
      option.member);
}

std::string text_of(const Option& option, const Config& config) {
  return std::visit(
      [&](auto member) -> std::string {
        const auto& value = config.*member;
        using Value = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::string>) {
          return value;
        } else if constexpr (std::is_same_v<Value, std::vector<std::string>>) {
          return joined(value, ",");
        } else if constexpr (std::is_same_v<Value, std::optional<std::int64_t>>) {
          return value ? fmt::format("{}", *value) : "";
        } else {
          return fmt::format("{}", value);
        }
      },
      option.member);
}

}  // namespace imcaxy::config
