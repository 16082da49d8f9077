// `/img/{preset}/plain/{did}/{cid}`: pictures of AT Protocol accounts.
#pragma once

#include <string>
#include <string_view>

#include "cache/block_list.hpp"
#include "http/server.hpp"
#include "proxy/blob_request.hpp"
#include "proxy/service.hpp"
#include "server/metrics.hpp"

namespace imcaxy::server {

/// Header lines that every answer below `/img/` has: the bytes come from strangers, and any page may show them.
std::string blob_safety_lines();

/// Thread-safe.
class BlobHandler {
 public:
  using Reply = http::Handler::Reply;

  struct Options {
    int blocked_status = 404;  ///< what a blocked blob is answered with, or 451
    bool cache_tags = false;   ///< Cache-Tag and Surrogate-Key, for CDNs
  };
  BlobHandler(const proxy::BlobRequestReader& reader, const cache::BlockList& blocks, proxy::Service& service,
              Metrics& metrics, Options options)
      : reader_(reader), blocks_(blocks), service_(service), metrics_(metrics), options_(options) {}

  /// A GET or HEAD; `path`: what follows `/img/`.
  Reply handle(http::Request& request, std::string_view path);

  /// The header lines that a hit in memory has.
  Bytes hit_lines(const cache::EntryMeta& meta) const;

  /// In the plain text of the original proxy.
  http::Response error(const Error& error) const;

 private:
  bool is_blocked(const proxy::ImageRequest& wanted) const;
  http::Response blocked() const;
  std::string lines_of(const cache::EntryMeta& meta) const;
  http::Response not_modified(const proxy::ImageRequest& wanted) const;
  Task<http::Response> serve(http::Request& request, proxy::ImageRequestPtr wanted);

  const proxy::BlobRequestReader& reader_;
  const cache::BlockList& blocks_;
  proxy::Service& service_;
  Metrics& metrics_;
  const Options options_;
};

}  // namespace imcaxy::server
