// Objects in one bucket of MinIO, or of any other S3.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/await.hpp"
#include "base/circuit_breaker.hpp"
#include "base/error.hpp"
#include "s3/answers.hpp"
#include "s3/failure.hpp"
#include "s3/object.hpp"
#include "s3/place.hpp"

namespace imcaxy::s3 {

struct ClientOptions {
  PlaceOptions place;
  std::string access_key, secret_key;
  std::string ca_file;  ///< of certificates in PEM form that may vouch for the store, besides the system's
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds stall_timeout{5000};  ///< without a byte in either direction
  std::chrono::milliseconds timeout{30000};       ///< for all tries of one request, and its wait for a turn
  unsigned tries = 3;
  std::chrono::milliseconds longest_backoff{1000};  ///< before a further try; it begins with a twentieth
  std::size_t max_running = 32;                     ///< requests at a time
  std::size_t max_waiting = 256;                    ///< for their turn; more are Kind::left_alone
  CircuitBreakerOptions breaker;
};

struct ClientStats {
  std::atomic<std::uint64_t> requests = 0, retries = 0, failures = 0, left_alone = 0;
  std::atomic<std::uint64_t> bytes_sent = 0, bytes_received = 0;  ///< of bodies
  std::atomic<std::int64_t> under_way = 0;
};

struct ListRequest {
  std::string prefix;
  std::string page;          ///< `next` of the page before; empty: the first
  unsigned max_keys = 1000;  ///< at most 1000
};

/// Requests are signed (AWS Signature V4) together with their bodies. What may be repeated is tried again after broken
/// connections, stalls and answers that ask for it, with growing pauses of random length; all of this may be. A store
/// that fails time after time is left alone for a while. Thread-safe. Each `done` is called once: on the client's
/// thread, where it must be short, or at once when nothing was asked.
class Client {
 public:
  template <class T>
  using Done = Callback<Outcome<T>>;

  /// 400: which option is wrong, how, and what to do. Asks the store for nothing.
  static Result<std::unique_ptr<Client>> open(const ClientOptions& options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Ends what runs, and what comes later, with Kind::stopped.
  void stop();

  /// Makes the bucket when there is none, then looks whether it can be used: credentials (which have to allow
  /// s3:ListBucket), location. Many may do so at once.
  void ensure_bucket(Done<void> done);

  /// Replaces an object of the same name. The store checks the bytes, and keeps their SHA-256.
  void put(PutRequest request, Done<void> done);

  /// The bytes as they come. After a break it goes on where it was, if the object is the same still. Whole objects
  /// whose SHA-256 the store knows are compared with it: Kind::damaged comes after the last byte then, so that nothing
  /// should be kept before `done`.
  void get(GetRequest request, Done<ObjectHead> done);

  void head(std::string key, Done<ObjectHead> done);

  /// In batches of a thousand; what is not there counts as removed. Those that could not be are told; a failure means
  /// that the rest was not tried.
  void remove(std::vector<std::string> keys, Done<std::vector<Undeleted>> done);

  /// In the order of the names' bytes.
  void list(const ListRequest& request, Done<ListPage> done);

  const ClientStats& stats() const;
  /// Whether it is left alone just now.
  bool left_alone() const;

 private:
  class Worker;
  explicit Client(std::unique_ptr<Worker> worker);

  std::unique_ptr<Worker> worker_;
};

}  // namespace imcaxy::s3
