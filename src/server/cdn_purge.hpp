// Tells a CDN in front of us what it must not keep any longer.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/await.hpp"
#include "http/client.hpp"

namespace imcaxy::server {

struct CdnPurgeOptions {
  std::string url;     ///< what our paths follow in the CDN's URLs; empty: there is none
  std::string header;  ///< a header line for it, as `Fastly-Key: secret`; may be empty
};

/// Sends `PURGE <url>`, which Varnish, Fastly and their like understand. Thread-safe; coroutines run on the caller's
/// executor.
class CdnPurge {
 public:
  CdnPurge(CdnPurgeOptions options, http::Client& client) : options_(std::move(options)), client_(client) {}

  bool enabled() const { return !options_.url.empty(); }

  /// How many of these paths (as `/img/avatar/...`) could not be purged.
  Task<std::size_t> purge(std::vector<std::string> paths);

 private:
  const CdnPurgeOptions options_;
  http::Client& client_;
};

}  // namespace imcaxy::server
