// `/imaginary/<operation>`: from an HTTP request to a picture.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.hpp"
#include "proxy/imaginary_sizes.hpp"
#include "proxy/service.hpp"
#include "server/answer_headers.hpp"
#include "server/gate.hpp"
#include "server/metrics.hpp"
#include "server/placeholder.hpp"

namespace imcaxy::server {

struct ImageHandlerOptions {
  std::vector<std::string> allowed_origins;  ///< globs over the Origin header; empty: every one
  CachePolicy cache_policy;
  bool cache_tags = false;   ///< Cache-Tag and Surrogate-Key, for CDNs
  bool return_size = false;  ///< Image-Width and Image-Height
  std::optional<Placeholder> placeholder;
  int placeholder_status = 0;  ///< 0: the error's own
  WallTime (*now)() = [] { return Clock::system().now(); };
};

/// Thread-safe.
class ImageHandler {
 public:
  using Reply = http::Handler::Reply;

  ImageHandler(ImageHandlerOptions options, const proxy::RequestReader& reader, Gate& gate, proxy::Service& service,
               const proxy::ImaginarySizes& sizes, Metrics& metrics);

  /// `operation`: the path below `/imaginary/`.
  Reply handle(http::Request& request, std::string_view operation);

  /// What the gate says, for what is below `/imaginary` and no operation; nothing when it may go on.
  std::optional<http::Response> refuse(const http::Request& request, std::string_view endpoint);

  /// The header lines that a hit in memory has.
  Bytes hit_lines(const cache::EntryMeta& meta) const;

  /// An error in Imaginary's JSON.
  http::Response error(const Error& error) const;

 private:
  Reply handle_other(http::Request& request, std::string_view operation);
  http::Response preflight(const http::Request& request) const;
  http::Response answer_hit(http::Request& request, const proxy::ImageRequest& wanted, cache::MemoryItemPtr hit,
                            proxy::AcceptClass accepted) const;
  proxy::AcceptClass accepted_by(const http::Request& request) const;
  Task<http::Response> serve_file(http::Request& request, std::string_view operation);
  Task<http::Response> serve_upload(http::Request& request, std::string_view operation);
  Task<http::Response> serve(http::Request& request, proxy::ImageRequestPtr wanted);
  Task<http::Response> answer(proxy::Served served, const proxy::ImageRequest& asked, http::Request& request) const;
  Task<http::Response> serve_found(http::Request& request, proxy::ImageRequestPtr wanted);
  /// Also by what the gate says of a pipeline's steps.
  Result<proxy::ImageRequestPtr> checked(Result<proxy::ImageRequestPtr> wanted) const;
  proxy::RawRequest raw_request(const http::Request& request, std::string_view operation) const;
  /// An error, or the picture that stands for it.
  Reply failed(http::Request& request, const Error& why);
  Task<http::Response> failed_later(http::Request& request, Error why);
  Reply refused(http::Request& request, Gate::Refusal refusal);
  void append_shared_lines(std::string& lines, const cache::EntryMeta& meta) const;
  void add_error_lines(http::Response& response, const Error& error) const;
  bool origin_allowed(const http::Request& request) const;
  void add_cors(http::Response& response, const http::Request& request) const;

  const ImageHandlerOptions options_;
  const bool any_origin_;
  const proxy::RequestReader& reader_;
  const std::string vary_;  ///< a header line, or nothing
  Gate& gate_;
  proxy::Service& service_;
  const proxy::ImaginarySizes& sizes_;
  Metrics& metrics_;
};

}  // namespace imcaxy::server
