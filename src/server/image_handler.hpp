// `/imaginary/<operation>`: from an HTTP request to a picture.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.hpp"
#include "proxy/service.hpp"
#include "server/answer_headers.hpp"
#include "server/metrics.hpp"

namespace imcaxy::server {

struct ImageHandlerOptions {
  std::vector<std::string> allowed_origins;  ///< globs over the Origin header; empty: every one
  std::vector<std::string> allowed_domains;  ///< globs over the source's host; empty: every one
  CachePolicy cache_policy;
  WallTime (*now)() = [] { return Clock::system().now(); };
};

/// Thread-safe.
class ImageHandler {
 public:
  using Reply = http::Handler::Reply;

  ImageHandler(ImageHandlerOptions options, proxy::Service& service, Metrics& metrics);

  /// `operation`: the path below `/imaginary/`.
  Reply handle(http::Request& request, std::string_view operation);

  /// The header lines that a hit in memory has.
  Bytes hit_lines(const cache::EntryMeta& meta) const;

  /// An error in Imaginary's JSON.
  http::Response error(const Error& error) const;

 private:
  Reply handle_other(http::Request& request, std::string_view operation);
  http::Response answer_hit(http::Request& request, cache::MemoryItemPtr hit) const;
  Task<http::Response> serve_upload(http::Request& request, std::string_view operation);
  Task<http::Response> serve(http::Request& request, proxy::ImageRequestPtr wanted);
  Task<http::Response> answer(proxy::Served served, http::Request& request) const;
  void append_shared_lines(std::string& lines) const;
  bool domains_allowed(const proxy::ImageRequest& wanted) const;
  bool origin_allowed(const http::Request& request) const;
  void add_cors(http::Response& response, const http::Request& request) const;

  const ImageHandlerOptions options_;
  const bool any_origin_;
  proxy::Service& service_;
  Metrics& metrics_;
};

}  // namespace imcaxy::server
