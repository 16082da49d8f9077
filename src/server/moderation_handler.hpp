// Taking pictures of AT Protocol accounts out of the cache, and keeping them out.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/worker_pool.hpp"
#include "cache/block_list.hpp"
#include "cache/invalidation.hpp"
#include "http/server.hpp"
#include "proxy/blob_request.hpp"
#include "server/cdn_purge.hpp"

namespace imcaxy::server {

/// Every route of it needs the token of the administration. Thread-safe.
class ModerationHandler {
 public:
  struct Options {
    std::function<bool(const http::Request&)> authorized;
    std::string path_prefix;  ///< in front of `/img/`
  };

  ModerationHandler(Options options, const proxy::BlobRequestReader& reader, const cache::BlockList& blocks,
                    cache::BlockWriter& writer, cache::InvalidationService& invalidations, CdnPurge& cdn,
                    WorkerPool& disk_pool)
      : options_(std::move(options)),
        reader_(reader),
        blocks_(blocks),
        writer_(writer),
        invalidations_(invalidations),
        cdn_(cdn),
        disk_pool_(disk_pool) {}

  /// `DELETE /img/{did}` and `DELETE /img/{did}/{cid}`: they may come back when they are asked for.
  Task<http::Response> purge(const http::Request& request, std::string_view path);

  /// `GET`, `POST` and `DELETE /img/block`: the list; `{"did": ..., "cid": ..., "reason": ...}` on it, which purges,
  /// too; `?did=&cid=` off it.
  Task<http::Response> block(const http::Request& request);

 private:
  using Subject = proxy::BlobRequestReader::Subject;

  Task<http::Response> add(const http::Request& request);
  Task<http::Response> remove(const http::Request& request);
  http::Response list() const;
  /// Removes all of it here, then at the CDN, and says what that was.
  Task<Result<http::Response>> purged(Subject subject);

  const Options options_;
  const proxy::BlobRequestReader& reader_;
  const cache::BlockList& blocks_;
  cache::BlockWriter& writer_;
  cache::InvalidationService& invalidations_;
  CdnPurge& cdn_;
  WorkerPool& disk_pool_;
};

}  // namespace imcaxy::server
