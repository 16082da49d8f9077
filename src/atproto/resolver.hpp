// From an account to the server that has its blobs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "atproto/did.hpp"
#include "base/await.hpp"
#include "base/error.hpp"
#include "base/lru_map.hpp"
#include "http/client.hpp"
#include "hub/data_hub.hpp"

namespace imcaxy::atproto {

struct ResolverOptions {
  std::string plc_url = "https://plc.directory";
  std::chrono::milliseconds timeout{10000};    ///< of one look-up
  std::chrono::milliseconds fresh{3'600'000};  ///< then it is looked up again, behind the answer
  std::chrono::milliseconds refused{60'000};   ///< a directory's no is remembered
  std::chrono::milliseconds failed{5'000};     ///< and that it could not be asked
  /// What was looked up so recently is not looked up again, whatever a server says: a broken one must not become a
  /// storm on the directory.
  std::chrono::milliseconds least_between{5'000};
  std::size_t max_identities = 100'000;
};

struct Identity {
  std::string pds;                                  ///< as pds_of_document gives it
  std::chrono::steady_clock::time_point looked_up;  ///< when the directory was asked
};

struct ResolverStats {
  std::atomic<std::uint64_t> lookups = 0, failed = 0, hits = 0, stale = 0;
  std::atomic<std::int64_t> running = 0;
};

/// did:plc asks the PLC directory, did:web the host itself. What was found once is used until the directory says
/// otherwise: a directory that is down takes nobody away. Equal look-ups at a time are one.
/// Thread-safe; coroutines run on the caller's executor, which must run until `idle`.
class Resolver {
 public:
  Resolver(ResolverOptions options, http::Client& client) : options_(std::move(options)), client_(client) {}

  /// 502 in the words of the original proxy, 504 when the directory did not answer in time.
  Task<Result<Identity>> find(Did did);

  /// For who found that `old` is wrong by now: asks again, unless somebody has done that since, or just now.
  Task<Result<Identity>> find_newer(Did did, Identity old);

  bool idle() const { return stats_.running.load() == 0; }
  const ResolverStats& stats() const { return stats_; }

 private:
  using Steady = std::chrono::steady_clock;
  using Hub = hub::DataHub<Identity>;

  /// What is known of an account: where it is, or why nobody knows.
  struct Known {
    std::optional<Identity> identity;
    Error error;
    Steady::time_point until;  ///< then the directory is asked again
  };
  struct Failure {
    Error error;
    bool definite = false;  ///< the directory's word, and not its absence
  };

  std::optional<Known> known(const Did& did);
  Task<Result<Identity>> look_up_once(Did did);
  void refresh(const asio::any_io_executor& executor, const Did& did);
  Task<void> produce(hub::Production<Identity> given, Did did);
  Task<std::expected<Identity, Failure>> ask(const Did& did);
  std::string document_url(const Did& did) const;

  const ResolverOptions options_;
  http::Client& client_;
  std::mutex mutex_;
  LruMap<std::string, Known> known_{options_.max_identities};  // guarded by mutex_
  Hub hub_;
  ResolverStats stats_;
};

}  // namespace imcaxy::atproto
