#include "config/options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <type_traits>

#include <fmt/format.h>

#include "base/host_port.hpp"
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

Result<void> check_connection_string(const std::string& value) {
  if (value.empty() || value.starts_with("mongodb://") || value.starts_with("mongodb+srv://")) return {};
  return fail(400, "empty, or begin with mongodb:// or mongodb+srv://: mongodb://user:password@host:27017/imcaxy");
}

Result<void> check_endpoint(const std::string& value) {
  if (value.empty()) return {};
  if (auto ok = parse_host_port(value); !ok) return fail(400, "host:port: " + ok.error().message);
  return {};
}

Result<void> check_not_empty(const std::string& value) {
  if (value.empty()) return fail(400, "a path");
  return {};
}

Result<void> check_service_url(const std::string& value) {
  if (value.empty()) return {};
  if (const auto url = parse_service_url(value); !url)
    return fail(400, "host:port, http://host:port or https://host:port; " + url.error().message);
  return {};
}

Result<void> check_url(const std::string& value) {
  if (value.starts_with("http://") || value.starts_with("https://")) return {};
  return fail(400, "a URL that begins with http:// or https://");
}

/// Names that would break the request to the source, or that are its own to say.
Result<void> check_forwardable(const std::string& name) {
  static constexpr std::array<std::string_view, 12> own{
      "host",    "connection",       "content-length", "transfer-encoding",   "te",    "trailer",
      "upgrade", "proxy-connection", "keep-alive",     "proxy-authorization", "range", "accept-encoding"};
  static constexpr std::string_view token =
      "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  if (name.find_first_not_of(token) == name.npos && std::ranges::find(own, ascii_lower(name)) == own.end()) return {};
  return fail(400, "names of headers, none of those that belong to the connection: '" + name + "'");
}

Result<void> check_signature_key(const std::string& value) {
  if (value.empty() || value.size() >= 32) return {};
  return fail(400, "empty, or 32 characters or more");
}

Result<void> check_auto_format(const std::string& name) {
  if (name == "avif" || name == "webp" || name == "jxl" || name == "jpeg") return {};
  return fail(400, "a list of avif, webp, jxl and jpeg, or empty");
}

Result<void> check_quality_target(const std::string& item) {
  const std::size_t equals = item.find('=');
  const std::string_view name = trimmed(std::string_view(item).substr(0, equals));
  const bool named = equals != item.npos && (name == "normal" || name == "high" || name == "low");
  const std::string_view score = named ? trimmed(std::string_view(item).substr(equals + 1)) : "";
  double value = 0;
  const auto [end, code] = std::from_chars(score.data(), score.data() + score.size(), value);
  if (named && !score.empty() && code == std::errc() && end == score.data() + score.size() && value >= 50 &&
      value <= 90)
    return {};
  return fail(400,
              "a list of normal=, high= and low= with scores from 50 to 90, as in normal=75,high=85,low=65, or empty");
}

Result<void> check_width(const std::string& text) {
  int width = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), width);
  if (code == std::errc() && end == text.data() + text.size() && width >= 1 && width <= 16384) return {};
  return fail(400, "widths in pixels, from 1 to 16384, with commas between them: '" + text + "'");
}

Result<void> check_network_hint(const std::string& name) {
  if (name == "save-data" || name == "ect" || name == "downlink") return {};
  return fail(400, "a list of save-data, ect and downlink, or empty");
}

Result<void> check_header_value(const std::string& value) {
  if (std::ranges::none_of(value, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) return {};
  return fail(400, "one line of text");
}

const std::vector<Option>& table() {
  constexpr std::string_view server = "Server", cache = "Cache", nodes = "Many nodes", sources = "Sources",
                             images = "Images", elsewhere = "A remote Imaginary", blobs = "AT Protocol", logs = "Logs";
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
      {server, "TLS_CERT", &Config::tls_cert, "path",
       "of the certificate in PEM form, followed by those that vouch for it (a `fullchain.pem`); with it and the key, "
       "the port speaks HTTPS and nothing else",
       0, 0},
      {server, "TLS_KEY", &Config::tls_key, "path",
       "of the certificate's key in PEM form, without a passphrase. SIGHUP loads both files again", 0, 0},
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
      {server,
       "API_KEY",
       &Config::api_key,
       "secret",
       "what everything below `/imaginary` needs, in the header `API-Key` or as `key=`; empty: nothing",
       0,
       0,
       {},
       nullptr,
       true},
      {server,
       "URL_SIGNATURE_KEY",
       &Config::url_signature_key,
       "secret of 32 characters or more",
       "what the URLs of pictures are signed with, in `sign=`: URL-safe Base64 of the HMAC-SHA256 over the path and "
       "the "
       "query with its names sorted; empty: they are not",
       0,
       0,
       {},
       check_signature_key,
       true},
      {server, "DISABLE_ENDPOINTS", &Config::disable_endpoints, "list",
       "operations that are switched off, also inside pipelines; `health` and `form`, too", 0, 0},
      {server, "PLAYGROUND", &Config::playground, "",
       "whether `/playground/` is there for everybody who reaches this server; the dashboard always needs the token", 0,
       0},
      {server, "CONCURRENCY", &Config::concurrency, "requests a second",
       "that are answered below `/imaginary`, reading and uploading each; more get 429; 0: any number", 0, 1e6},
      {server, "BURST", &Config::burst, "requests", "at once beyond CONCURRENCY", 0, 1e6},
      {cache, "DATA_DIR", &Config::data_dir, "path", "where everything that lasts is kept", 0, 0, {}, check_not_empty},
      {cache, "MEMORY_CACHE_MB", &Config::memory_cache_mb, "MiB", "of answers in memory; 0 keeps none", 0, 1 << 20},
      {cache, "DISK_CACHE_MB", &Config::disk_cache_mb, "MiB", "of answers and originals on disk; 0 keeps none", 0,
       1 << 30},
      {cache, "ORIGINALS_PERCENT", &Config::originals_percent, "percent",
       "of the disk cache for the sources' own bytes", 0, 90},
      {cache, "MEZZANINE", &Config::mezzanine, "",
       "whether a smaller form of a large picture is kept beside its original, once it is asked for in a second size, "
       "for the sizes that come after",
       0, 0},
      {cache, "OPTIMISER", &Config::optimiser, "",
       "whether pictures whose request names no quality are encoded again when the processor has nothing else to do: "
       "those that are asked for most come first, and what is smaller and looks as it should takes the answer's place",
       0, 0},
      {cache, "CACHE_TTL", &Config::cache_ttl, "seconds",
       "after which a source is asked whether its picture still holds; 0: never, it holds until it is invalidated", 0,
       thousand_years},
      {cache, "FRESHNESS_RULES", &Config::freshness_rules, "list of host/path=policy",
       "other times than CACHE_TTL: a glob over host and path, or a host, and a number of seconds, `source` (what its "
       "Cache-Control, Expires or Last-Modified say) or `invalidated`; the first that fits counts, as in "
       "`news.example.com/*=60,*=source`",
       0, 0},
      {cache, "STALE_WHILE_REVALIDATE_SECONDS", &Config::stale_while_revalidate_seconds, "seconds",
       "after its time a picture is served at once and its source asked behind it, unless a source with the policy "
       "`source` names its own; later the client waits for the source",
       0, thousand_years},
      {cache, "STALE_IF_ERROR_SECONDS", &Config::stale_if_error_seconds, "seconds",
       "after its time a picture is served when its source can't be asked, unless a source with the policy `source` "
       "names its own",
       0, thousand_years},
      {cache, "NEGATIVE_TTL_SECONDS", &Config::negative_ttl_seconds, "seconds", "a failure is remembered", 0, 3600},
      {cache, "HTTP_CACHE_TTL", &Config::http_cache_ttl, "seconds",
       "in the answers' Cache-Control, as Imaginary's option of that name (0: no caching); unset: `public, "
       "max-age=600, stale-while-revalidate=86400`",
       0, 31556926},
      {cache, "CACHE_TAGS", &Config::cache_tags, "",
       "whether answers carry a tag of their source in `Cache-Tag` and `Surrogate-Key`, by which `imcaxy invalidate "
       "--cdn` "
       "has Cloudflare, Fastly or CloudFront forget them",
       0, 0},
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
      {nodes,
       "MONGO_CONNECTION_STRING",
       &Config::mongo_connection_string,
       "mongodb://user:password@host:27017/imcaxy",
       "what the nodes know together lies in this database; together with `IMCAXY_MINIO_*` it makes any number of "
       "nodes "
       "one cache. Empty: this node is alone",
       0,
       0,
       {},
       check_connection_string,
       true},
      {nodes,
       "MINIO_ENDPOINT",
       &Config::minio_endpoint,
       "host:port",
       "MinIO, or any other S3, which keeps the pictures that the nodes share; a name or an address",
       0,
       0,
       {},
       check_endpoint},
      {nodes, "MINIO_ACCESS_KEY", &Config::minio_access_key, "", "who this server is there", 0, 0, {}, nullptr, true},
      {nodes, "MINIO_SECRET_KEY", &Config::minio_secret_key, "secret", "that proves it", 0, 0, {}, nullptr, true},
      {nodes, "MINIO_BUCKET", &Config::minio_bucket, "", "of the pictures; it is made where it is missing", 0, 0},
      {nodes, "MINIO_LOCATION", &Config::minio_location, "", "of the bucket: what S3 calls its region", 0, 0},
      {nodes, "MINIO_SSL", &Config::minio_ssl, "", "whether it speaks HTTPS", 0, 0},
      {nodes, "MINIO_CA", &Config::minio_ca, "path",
       "certificates in PEM form that may vouch for it, besides the system's", 0, 0},
      {nodes, "MINIO_VIRTUAL_HOST", &Config::minio_virtual_host, "",
       "whether the bucket is part of the host's name (`bucket.host`), and not of the path", 0, 0},
      {nodes, "SHARED_CACHE_GB", &Config::shared_cache_gb, "gigabytes",
       "of shared pictures; beyond it, those that were not asked for for longest leave. 0: any number", 0, 1e9},
      {nodes, "SHARED_WAIT_MS", &Config::shared_wait_ms, "milliseconds",
       "for another node that makes the same picture; then this node makes it, too", 0, 60000},
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
      {sources, "ALLOWED_SOURCES", &Config::allowed_sources, "list",
       "hosts and beginnings of paths that pictures may come from (`https://*.example.com/photos`), with `*` globs, "
       "redirects included; empty: all",
       0, 0},
      {sources, "MOUNT", &Config::mount, "path", "a folder whose pictures are asked for by `file=`; empty: none", 0, 0},
      {sources,
       "FORWARD_HEADERS",
       &Config::forward_headers,
       "list",
       "names of headers that the source gets as the client sent them; such pictures are cached for that client alone",
       0,
       0,
       {},
       check_forwardable},
      {sources,
       "AUTHORIZATION",
       &Config::authorization,
       "secret",
       "what every source gets as its `Authorization` header",
       0,
       0,
       {},
       check_header_value,
       true},
      {sources, "ENABLE_AUTH_FORWARDING", &Config::enable_auth_forwarding, "",
       "whether the source gets the client's `X-Forward-Authorization`, or its `Authorization`, as `Authorization`; "
       "such "
       "pictures are cached for that client alone",
       0, 0},
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
       "AUTO_FORMAT",
       &Config::auto_format,
       "list of avif, webp, jxl, jpeg",
       "formats that answers without `type` may have, the best first, where the client's Accept names them; `jpeg` "
       "needs "
       "no naming, but is for opaque photographs only. The smallest answer wins. Empty: always the source's format",
       0,
       0,
       {},
       check_auto_format},
      {images, "ANSWER_DEADLINE_MS", &Config::answer_deadline_ms, "milliseconds",
       "that writing an answer in its best format may be expected to take; beyond, a new answer comes in the next best "
       "one, for ten seconds, and the best is made when a core is idle. 0: the best is always waited for",
       0, 60000},
      {images,
       "QUALITY_TARGETS",
       &Config::quality_targets,
       "list of normal=, high=, low= with scores",
       "how JPEG, WebP and AVIF look whose request names no number for `quality`, in points of SSIMULACRA 2 from 50 to "
       "90: the quality of the codec is chosen for each picture so that it comes out there. Those that are not named "
       "stay as they are. Empty: JPEG's 75, and what looks like it in other formats, whatever the picture",
       0,
       0,
       {},
       check_quality_target},
      {images,
       "WIDTHS",
       &Config::widths,
       "list of pixels",
       "the widths that `width=auto` and `dpr=auto` come to: the smallest that is not below what the client's screen "
       "needs",
       0,
       0,
       {},
       check_width},
      {images, "SNAP_WIDTHS", &Config::snap_widths, "",
       "whether explicit widths become the next of WIDTHS, too, their height in proportion; widths below the first "
       "stay",
       0, 0},
      {images,
       "NETWORK_HINTS",
       &Config::network_hints,
       "list of save-data, ect, downlink",
       "headers by which a client's network lowers the quality of answers without `quality`; each stands in their "
       "`Vary`. "
       "Empty: none",
       0,
       0,
       {},
       check_network_hint},
      {images,
       "LIGHT",
       &Config::light,
       "",
       "how pictures are resized: `linear` mixes light, as eyes and lenses do; `encoded` mixes the numbers in the "
       "file, "
       "as Imaginary does, which makes fine light lines on dark ground darker",
       0,
       0,
       {"linear", "encoded"}},
      {images,
       "FALLBACK",
       &Config::fallback,
       "",
       "what is served when a picture can't be processed: its original, or the error",
       0,
       0,
       {"original", "none"}},
      {images, "PLACEHOLDER", &Config::placeholder, "path or `default`",
       "a picture that is answered instead of an error, at the size that was asked for, the error in the header "
       "`Error`; "
       "empty: none",
       0, 0},
      {images, "PLACEHOLDER_STATUS", &Config::placeholder_status, "status", "of such an answer; 0: the error's own", 0,
       599},
      {images, "RETURN_SIZE", &Config::return_size, "", "whether answers tell `Image-Width` and `Image-Height`", 0, 0},
      {images, "CODEC", &Config::codec, "path",
       "of the sandboxed program for PDF, HEIC, JPEG XL and JPEG 2000; a name alone: beside imcaxy itself; empty "
       "switches these formats off",
       0, 0},
      {elsewhere,
       "IMAGINARY_SERVICE_URL",
       &Config::imaginary_service_url,
       "host:port or URL",
       "of an Imaginary that processes pictures instead of this server; a path behind it is Imaginary's "
       "`-path-prefix`. "
       "Empty: they are processed here",
       0,
       0,
       {},
       check_service_url},
      {elsewhere,
       "IMAGINARY_API_KEY",
       &Config::imaginary_api_key,
       "secret",
       "what that Imaginary was started with as `-key`; empty: nothing",
       0,
       0,
       {},
       check_header_value,
       true},
      {elsewhere, "IMAGINARY_TIMEOUT_SECONDS", &Config::imaginary_timeout_seconds, "seconds", "for one answer of it", 1,
       3600},
      {elsewhere, "IMAGINARY_MAX_BYTES", &Config::imaginary_max_bytes, "bytes", "of one answer of it", 1, terabyte},
      {blobs,
       "IMAGE_PROXY_ENABLED",
       &Config::image_proxy_enabled,
       "",
       "whether `/img/{preset}/plain/{did}/{cid}` is served; `auto`: unless ALLOWED_DOMAINS, ALLOWED_SOURCES, API_KEY "
       "or "
       "URL_SIGNATURE_KEY limit what this server shows, since anybody can have an account",
       0,
       0,
       {"auto", "true", "false", "1", "0"}},
      {blobs,
       "IMAGE_PROXY_PRESETS",
       &Config::image_proxy_presets,
       "`coves`, `bluesky`, JSON or path",
       "the presets; own ones as a JSON object or as a file (`.json`, `.toml`), see docs/atproto.md",
       0,
       0,
       {},
       check_not_empty},
      {blobs,
       "IMAGE_PROXY_PLC_URL",
       &Config::image_proxy_plc_url,
       "URL",
       "of the directory that knows where the accounts of did:plc are",
       0,
       0,
       {},
       check_url},
      {blobs, "IMAGE_PROXY_IDENTITY_TTL_SECONDS", &Config::image_proxy_identity_ttl_seconds, "seconds",
       "after which an account is looked up again, behind the answers", 1, 31556926},
      {blobs, "IMAGE_PROXY_FETCH_TIMEOUT_SECONDS", &Config::image_proxy_fetch_timeout_seconds, "seconds",
       "for the whole download of a blob", 1, 3600},
      {blobs, "IMAGE_PROXY_MAX_SOURCE_SIZE_MB", &Config::image_proxy_max_source_size_mb, "MiB", "of a blob", 1, 1024},
      {blobs, "IMAGE_PROXY_MAX_SOURCE_MEGAPIXELS", &Config::image_proxy_max_source_megapixels, "megapixels",
       "of a blob's picture", 0.01, 100000},
      {blobs, "IMAGE_PROXY_MAX_IN_FLIGHT_REQUESTS", &Config::image_proxy_max_in_flight_requests, "productions",
       "of blobs that wait or run; more get 503", 1, 1e6},
      {blobs, "IMAGE_PROXY_MAX_CONCURRENT_PROCESSES", &Config::image_proxy_max_concurrent_processes, "threads",
       "of their own that process blobs; 0: those of all pictures", 0, 1024},
      {blobs, "IMAGE_PROXY_FETCHES_PER_HOST", &Config::image_proxy_fetches_per_host, "transfers",
       "with one server at a time", 1, 65536},
      {blobs, "IMAGE_PROXY_CACHE_MAX_GB", &Config::image_proxy_cache_max_gb, "GiB",
       "of made pictures on disk, in `<data dir>/cache/blobs`; 0 keeps none", 0, 1 << 20},
      {blobs, "IMAGE_PROXY_CACHE_TTL_DAYS", &Config::image_proxy_cache_ttl_days, "days",
       "after its last use a picture leaves the disk; 0: never", 0, 36500},
      {blobs, "IMAGE_PROXY_CLEANUP_INTERVAL_MINUTES", &Config::image_proxy_cleanup_interval_minutes, "minutes",
       "between two looks for those; 0: only at the start", 0, 525600},
      {blobs, "IMAGE_PROXY_REVALIDATE_SECONDS", &Config::image_proxy_revalidate_seconds, "seconds",
       "after which a blob is asked of its server again, so that what was taken down there goes here, too; 0: never", 0,
       3155760000.},
      {blobs, "IMAGE_PROXY_CACHE_PATH", &Config::image_proxy_cache_path, "path",
       "of the cache of an original Coves proxy, whose pictures are taken over once, at the start; empty: none", 0, 0},
      {blobs,
       "IMAGE_PROXY_BLOCKED_STATUS",
       &Config::image_proxy_blocked_status,
       "",
       "of what was blocked",
       0,
       0,
       {"404", "451"}},
      {blobs, "IMAGE_PROXY_BASE_URL", &Config::image_proxy_base_url, "URL",
       "under which clients know this server; for the purge of a CDN if IMAGE_PROXY_CDN_URL is empty", 0, 0},
      {blobs, "IMAGE_PROXY_CDN_URL", &Config::image_proxy_cdn_url, "URL", "of a CDN in front of this server", 0, 0},
      {blobs, "IMAGE_PROXY_CDN_PURGE", &Config::image_proxy_cdn_purge, "",
       "whether the CDN is sent `PURGE <url>` for what is purged or blocked here", 0, 0},
      {blobs,
       "IMAGE_PROXY_CDN_PURGE_HEADER",
       &Config::image_proxy_cdn_purge_header,
       "secret",
       "a header line that the CDN wants with it, as `Fastly-Key: ...`",
       0,
       0,
       {},
       check_header_value,
       true},
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

constexpr std::string_view foreign_prefix = "IMAGE_PROXY_";

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
  // The names of the original AT Protocol proxy, which its users have in their files.
  if (name.starts_with(foreign_prefix)) return std::string(name);
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
          std::vector<std::string> items = split_list(text);
          for (const std::string& item : items)
            if (option.check)
              if (auto ok = option.check(item); !ok) return ok;
          target = std::move(items);
        } else if constexpr (std::is_same_v<Value, bool>) {
          const std::string value = ascii_lower(trimmed(text));
          if (value != "true" && value != "false" && value != "1" && value != "0") return fail(400, "true or false");
          target = value == "true" || value == "1";
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
