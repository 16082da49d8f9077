// The invalidation API: what was invalidated last, and invalidating.
#pragma once

#include <string>

#include "base/worker_pool.hpp"
#include "cache/invalidation.hpp"
#include "http/server.hpp"

namespace imcaxy::server {

/// Thread-safe.
class InvalidationHandler {
 public:
  InvalidationHandler(cache::InvalidationService& service, WorkerPool& disk_pool, std::string token)
      : service_(service), disk_pool_(disk_pool), token_(std::move(token)) {}

  /// `GET /latestInvalidation?projectName=`
  Task<http::Response> latest(const http::Request& request);

  /// `DELETE /invalidate?projectName=&latestCommitHash=&urls=`, or the same fields as JSON in the body. There, `"urls":
  /// []` only records the commit.
  Task<http::Response> invalidate(const http::Request& request);

  /// Whether the request carries the token of the administration.
  bool authorized(const http::Request& request) const;

 private:
  cache::InvalidationService& service_;
  WorkerPool& disk_pool_;
  const std::string token_;
};

http::Response unauthorized();

}  // namespace imcaxy::server
