// Outgoing requests: libcurl's multi interface on a thread of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/await.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/ip_range.hpp"

namespace imcaxy::http {

struct ClientOptions {
  std::size_t max_transfers = 256;  ///< connections at a time; more wait
  std::uint64_t max_buffered_bytes = 256u
                                     << 20;  ///< of all bodies that are alive; beyond, all but the oldest transfer wait
  AddressPolicy addresses;                   ///< checked for every connection
};

/// Takes the body of an answer while it comes. Called on the client's thread; has to be short.
class BodySink {
 public:
  virtual ~BodySink() = default;
  /// Before the first bytes. `length`: of the whole body, where it is known.
  virtual void begin(const std::string& content_type, std::optional<std::uint64_t> length) = 0;
  virtual void more(Bytes piece) = 0;
};

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  ///< `Name: value`
  std::uint64_t max_bytes = 0;       ///< of the body, as it arrives and after decompression; headers have a bound too
  std::chrono::milliseconds timeout{0};
  Bytes body = {};  ///< what is sent; its Content-Type belongs to the headers
  /// Gets the body of an answer with status 200 instead of the response; once it has begun, nothing is tried again.
  std::shared_ptr<BodySink> sink = {};
  /// Of Amazon's version 4: "aws:amz:<region>:<service>"; empty: none.
  std::string signature = {};
  std::string credentials = {};  ///< of the signature, "<key>:<secret>"
  bool any_certificate = false;  ///< for a server of this machine: whatever it shows is believed
};

/// What an answer says of how long it may be kept, and how to ask whether it still holds; empty where it says nothing.
struct CacheHeaders {
  std::string etag, last_modified, cache_control, expires, date, age;
};

struct ClientResponse {
  unsigned status = 0;
  std::string content_type;
  std::string redirect_to;                          ///< of a redirect: the absolute URL; empty otherwise
  std::optional<std::chrono::seconds> retry_after;  ///< what the header of that name says, as a time from now
  Bytes body;
  CacheHeaders cache = {};
};

/// Why no answer came.
struct ClientFailure {
  enum class Kind { unreachable, refused_address, timeout, too_large, invalid, stopped } kind;
  std::string text;                  ///< what libcurl says of it
  std::uint64_t content_length = 0;  ///< with too_large: what was announced, 0 when nothing was
};

struct ClientStats {
  std::atomic<std::uint64_t> retries = 0;
  std::atomic<std::int64_t> running = 0;
};

/// Requests with connection reuse, HTTP/2, and one more try on a broken connection. Redirects are the caller's to
/// follow. Thread-safe.
class Client {
 public:
  using Outcome = std::expected<ClientResponse, ClientFailure>;

  explicit Client(ClientOptions options);
  /// Ends what runs, and what comes later, with Kind::stopped.
  void stop();
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// `done` is called on the client's thread and must be short. A request may reach the other side twice, so its method
  /// has to be idempotent.
  void send(ClientRequest request, Callback<Outcome> done);

  const ClientStats& stats() const;
  /// Bytes of the bodies that are alive, here and with those who got them.
  std::uint64_t buffered_bytes() const;

 private:
  class Worker;
  struct Transfer;
  std::unique_ptr<Worker> worker_;
};

}  // namespace imcaxy::http
