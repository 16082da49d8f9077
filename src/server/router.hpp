// From a path to the handler that answers it.
#pragma once

#include <string>

#include "http/server.hpp"
#include "server/access_log.hpp"
#include "server/blob_handler.hpp"
#include "server/image_handler.hpp"
#include "server/invalidation_handler.hpp"
#include "server/metrics.hpp"
#include "server/moderation_handler.hpp"
#include "server/status_handler.hpp"

namespace imcaxy::server {

struct RouterOptions {
  std::string path_prefix;  ///< in front of every route; empty, or as `/api/v1`
  std::uint64_t max_body_bytes = 32u << 20;
};

/// Thread-safe; the handlers outlive it.
class Router final : public http::Handler {
 public:
  /// `blobs` and `moderation`: both or none.
  Router(RouterOptions options, ImageHandler& images, BlobHandler* blobs, ModerationHandler* moderation,
         InvalidationHandler& invalidations, StatusHandler& status, Metrics& metrics, AccessLog& access_log);

  Reply handle(http::Request& request) override;
  std::uint64_t max_body_bytes(const http::Request& request) const override;
  http::Response refuse(unsigned status, std::string_view reason) const override;
  void answered(const http::Request& request, unsigned status, std::uint64_t sent,
                std::chrono::steady_clock::duration took) override;

 private:
  /// The path below the prefix; nothing when it is not below it.
  std::optional<std::string_view> below_prefix(std::string_view path) const;
  Reply route(http::Request& request);
  Reply gated_index(http::Request& request);
  Reply below_img(http::Request& request, std::string_view path);
  Reply below_imaginary(http::Request& request, std::string_view operation);

  const RouterOptions options_;
  ImageHandler& images_;
  BlobHandler* const blobs_;
  ModerationHandler* const moderation_;
  InvalidationHandler& invalidations_;
  StatusHandler& status_;
  Metrics& metrics_;
  AccessLog& access_log_;
};

}  // namespace imcaxy::server
