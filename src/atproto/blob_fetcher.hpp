// Blobs from the servers of their owners, believed only when their hash is right.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "atproto/blob.hpp"
#include "atproto/host_limits.hpp"
#include "atproto/resolver.hpp"
#include "base/await.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/worker_pool.hpp"
#include "http/client.hpp"
#include "source/original.hpp"

namespace imcaxy::atproto {

struct BlobFetcherOptions {
  std::uint64_t max_bytes = 10u << 20;
  std::chrono::milliseconds timeout{30'000};  ///< from the answer of the directory on, waits included
  HostLimitsOptions hosts;
  /// What must not be fetched; none where empty. Asked of each, so what was taken away does not come in again.
  std::function<bool(const Blob&)> is_blocked = {};
};

struct BlobFetcherStats {
  std::atomic<std::uint64_t> asked = 0, wrong_bytes = 0, refused = 0, moved = 0;
};

/// Thread-safe; coroutines run on the caller's executor.
class BlobFetcher {
 public:
  /// `pool`: threads for what would hold up an event loop.
  BlobFetcher(BlobFetcherOptions options, Resolver& resolver, http::Client& client, WorkerPool& pool)
      : options_(std::move(options)), resolver_(resolver), client_(client), pool_(pool), hosts_(options_.hosts) {}

  /// Asks the owner's server (com.atproto.sync.getBlob), follows redirects, and looks the owner up once more where the
  /// server does not have the account. Errors carry the statuses and words of the original proxy.
  Task<Result<source::Original>> fetch(Blob blob);

  const BlobFetcherStats& stats() const { return stats_; }

 private:
  using Steady = std::chrono::steady_clock;

  struct Refusal {
    Error error;
    enum class Then { give_up, look_up_owner, try_again } then = Then::give_up;
  };
  using Answer = std::expected<source::Original, Refusal>;

  /// With another try when the server is busy.
  Task<Answer> ask_patiently(std::string pds, const Blob& blob, Steady::time_point deadline);
  Task<Answer> ask(const std::string& pds, const Blob& blob, Steady::time_point deadline);
  Answer read(const std::string& host, http::ClientResponse response);
  Task<bool> is_right(Bytes body, std::string sha256);

  const BlobFetcherOptions options_;
  Resolver& resolver_;
  http::Client& client_;
  WorkerPool& pool_;
  HostLimits hosts_;
  BlobFetcherStats stats_;
};

}  // namespace imcaxy::atproto
