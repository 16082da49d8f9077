// Every option of the server, with its value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace imcaxy::config {

/// Values in the units that options.cpp declares; a member's name is its variable's in small letters.
struct Config {
  // The server
  std::int64_t port = 8080;
  std::string bind = "0.0.0.0";
  std::string path_prefix;
  std::string tls_cert;
  std::string tls_key;
  std::int64_t io_threads = 0;
  std::int64_t max_connections = 16384;
  std::int64_t header_timeout_seconds = 10;
  std::int64_t idle_timeout_seconds = 75;
  std::int64_t shutdown_timeout_seconds = 25;
  std::int64_t max_header_bytes = 16384;
  std::int64_t max_target_bytes = 8192;
  std::int64_t max_body_bytes = 33554432;
  std::string api_key;
  std::string url_signature_key;
  std::vector<std::string> disable_endpoints;
  bool playground = true;
  std::int64_t concurrency = 0;
  std::int64_t burst = 100;
  // The cache
  std::string data_dir = "./data";
  std::int64_t memory_cache_mb = 64;
  std::int64_t disk_cache_mb = 10240;
  std::int64_t originals_percent = 25;
  bool mezzanine = true;
  bool optimiser = true;
  std::int64_t cache_ttl = 0;
  std::vector<std::string> freshness_rules;
  std::int64_t stale_while_revalidate_seconds = 60;
  std::int64_t stale_if_error_seconds = 86400;
  std::int64_t negative_ttl_seconds = 5;
  std::optional<std::int64_t> http_cache_ttl;
  bool cache_tags = false;
  std::string invalidate_security_token;
  // Many nodes
  std::string mongo_connection_string;
  std::string minio_endpoint;
  std::string minio_access_key;
  std::string minio_secret_key;
  std::string minio_bucket = "imcaxy";
  std::string minio_location = "us-east-1";
  bool minio_ssl = false;
  std::string minio_ca;
  bool minio_virtual_host = false;
  double shared_cache_gb = 0;
  std::int64_t shared_wait_ms = 3000;
  // Sources
  std::string allow_private_sources = "false";
  std::vector<std::string> allowed_domains;
  std::vector<std::string> allowed_origins;
  std::vector<std::string> allowed_sources;
  std::string mount;
  std::vector<std::string> forward_headers;
  std::string authorization;
  bool enable_auth_forwarding = false;
  std::int64_t fetch_timeout_seconds = 30;
  std::int64_t fetch_connections = 256;
  std::int64_t max_source_bytes = 33554432;
  // Images
  std::int64_t cpu_threads = 0;
  std::int64_t max_in_flight_requests = 1024;
  std::int64_t request_timeout_seconds = 60;
  double max_source_megapixels = 50;
  std::int64_t max_frames = 300;
  std::vector<std::string> auto_format = {"avif", "webp", "jpeg"};
  std::int64_t answer_deadline_ms = 500;
  std::vector<std::string> quality_targets = {"normal=75", "high=85", "low=65"};
  std::vector<std::string> widths = {"160",  "224",  "320",  "448",  "608",  "832",
                                     "1088", "1296", "1680", "1920", "2560", "3840"};
  bool snap_widths = false;
  std::vector<std::string> network_hints = {"save-data"};
  std::string light = "linear";
  std::string fallback = "original";
  std::string placeholder;
  std::int64_t placeholder_status = 0;
  bool return_size = false;
  std::string codec = "imcaxy-codec";
  // A remote Imaginary
  std::string imaginary_service_url;
  std::string imaginary_api_key;
  std::int64_t imaginary_timeout_seconds = 30;
  std::int64_t imaginary_max_bytes = 67108864;
  // AT Protocol
  std::string image_proxy_enabled = "auto";
  std::string image_proxy_presets = "coves";
  std::string image_proxy_plc_url = "https://plc.directory";
  std::int64_t image_proxy_identity_ttl_seconds = 3600;
  std::int64_t image_proxy_fetch_timeout_seconds = 30;
  std::int64_t image_proxy_max_source_size_mb = 10;
  double image_proxy_max_source_megapixels = 50;
  std::int64_t image_proxy_max_in_flight_requests = 1024;
  std::int64_t image_proxy_max_concurrent_processes = 0;
  std::int64_t image_proxy_fetches_per_host = 16;
  double image_proxy_cache_max_gb = 10;
  std::int64_t image_proxy_cache_ttl_days = 30;
  std::int64_t image_proxy_cleanup_interval_minutes = 60;
  std::int64_t image_proxy_revalidate_seconds = 0;
  std::string image_proxy_cache_path;
  std::string image_proxy_blocked_status = "404";
  std::string image_proxy_base_url;
  std::string image_proxy_cdn_url;
  bool image_proxy_cdn_purge = false;
  std::string image_proxy_cdn_purge_header;
  // Logs
  std::string log_level = "info";
  std::string log_format = "text";
  std::string log_file;
  std::string access_log = "-";
};

/// Whether this node shares its cache with others.
inline bool scales_out(const Config& c) {
  return !c.mongo_connection_string.empty();
}

}  // namespace imcaxy::config
