// From a path to the handler that answers it.
#pragma once

#include <string>

#include "http/server.hpp"
#include "server/access_log.hpp"
#include "server/blob_handler.hpp"
#include "server/dashboard/handler.hpp"
#include "server/image_handler.hpp"
#include "server/invalidation_handler.hpp"
#include "server/metrics.hpp"
#include "server/moderation_handler.hpp"
#include "server/playground/handler.hpp"
#include "server/status_handler.hpp"
#include "server/web/pages.hpp"

namespace imcaxy::server {

struct RouterOptions {
  std::string path_prefix;  ///< in front of every route; empty, or as `/api/v1`
  std::uint64_t max_body_bytes = 32u << 20;
};

/// Who answers what. All of them outlive the router.
struct Handlers {
  ImageHandler& images;
  BlobHandler* blobs;  ///< and `moderation`: both or none
  ModerationHandler* moderation;
  InvalidationHandler& invalidations;
  StatusHandler& status;
  const WebPages& pages;
  DashboardHandler& dashboard;
  PlaygroundHandler* playground;  ///< null: there is none
};

/// Thread-safe.
class Router final : public http::Handler {
 public:
  Router(RouterOptions options, Handlers handlers, Metrics& metrics, AccessLog& access_log)
      : options_(std::move(options)), to_(handlers), metrics_(metrics), access_log_(access_log) {}

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
  /// The pages for browsers and what they ask; nothing when it is none of them.
  std::optional<Reply> for_browsers(http::Request& request, std::string_view path);
  Reply below_img(http::Request& request, std::string_view path);
  Reply below_imaginary(http::Request& request, std::string_view operation);

  const RouterOptions options_;
  const Handlers to_;
  Metrics& metrics_;
  AccessLog& access_log_;
};

}  // namespace imcaxy::server
