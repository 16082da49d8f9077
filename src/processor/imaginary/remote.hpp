// An Imaginary elsewhere that makes answers instead of this process.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/await.hpp"
#include "base/bytes.hpp"
#include "base/circuit_breaker.hpp"
#include "base/error.hpp"
#include "http/client.hpp"
#include "http/query.hpp"
#include "processor/imaginary/request.hpp"
#include "processor/work.hpp"

namespace imcaxy::processor::imaginary {

struct RemoteOptions {
  std::string base;     ///< `http://host:port`, with a path where it is not at the root, without a slash at the end
  std::string api_key;  ///< that it wants to see; empty: none
  std::chrono::milliseconds timeout{30000};       ///< for one answer
  std::uint64_t max_bytes = 64u << 20;            ///< of one
  std::chrono::milliseconds whole_within{50};     ///< of its head: an answer that is there by then is one piece
  std::chrono::milliseconds check_timeout{5000};  ///< for `check`
  CircuitBreakerOptions breaker;
};

struct RemoteStats {
  std::atomic<std::uint64_t> answered = 0;
  std::atomic<std::uint64_t> refused = 0;     ///< for what the request says
  std::atomic<std::uint64_t> failed = 0;      ///< for anything else
  std::atomic<std::uint64_t> left_alone = 0;  ///< of these: not asked, because it failed time after time
  std::atomic<std::uint64_t> bytes_sent = 0, bytes_received = 0;
  std::atomic<std::int64_t> running = 0;
};

/// It gets pictures as the bodies of POST requests and never an address to fetch from, so that what this server
/// guards (addresses, domains, sizes, epochs) holds whatever it would do with one. Its answers are doubted: only
/// pictures made of pixels, complete and within the limits, count as such. Thread-safe.
class Remote {
 public:
  explicit Remote(RemoteOptions options);
  /// Ends what runs, and what comes later, with errors.
  void stop();

  struct Question {
    std::string target;  ///< path and query below the base
    std::string accept;  ///< of the answer; empty: anything
    bool json = false;   ///< and not a picture
  };
  struct Refusal {
    Error error;
    bool of_request = false;  ///< what it says is wrong; else the picture, this server or that one may be at fault
  };
  /// The answer for the picture on the bench, piece by piece when it takes its time.
  Task<std::expected<Answer, Refusal>> ask(Question question, Bench& bench);

  /// How it ended, for the figures.
  enum class End { answered, refused, failed };
  void count(End end);

  /// Has it make a picture of one pixel. Blocks. An error says what to do; 503: `stop` was called.
  Result<void> check();
  /// Whether it answered when it was asked last.
  bool in_order() const { return checked_ && !breaker_.open(); }

  const RemoteStats& stats() const { return stats_; }

 private:
  class Incoming;
  http::ClientRequest request_for(const Question& question, Bytes body) const;
  void send(http::ClientRequest request, std::shared_ptr<Incoming> incoming);
  Task<std::expected<Answer, Refusal>> receive(std::shared_ptr<Incoming> incoming, bool json, Bench& bench);
  void judge(const http::Client::Outcome& outcome);

  const RemoteOptions options_;
  RemoteStats stats_;
  CircuitBreaker breaker_;
  std::atomic<bool> checked_ = true;  ///< the last check went well
  http::Client client_;               // last: what runs uses the rest
};

/// A request that another makes the answer of.
class Forward final : public Work {
 public:
  /// `path`: "/resize"; `query`: as it came. The remote outlives the work.
  Forward(Remote& remote, Request request, std::string_view path, const http::Query& query);

  std::string_view processor() const override { return "imaginary elsewhere"; }
  std::vector<std::string_view> steps() const override { return step_names(request_); }
  Task<Result<Outcome>> carry_out(Bench& bench) const override;

 private:
  Remote& remote_;
  const Request request_;
  Remote::Question question_;
};

/// Whether an Imaginary that gets such a request might fetch something itself, as it does for the picture that
/// `watermarkimage` lays on: such requests are carried out here, where addresses are guarded. In doubt it might.
bool may_fetch(const Request& request, const http::Query& query);

}  // namespace imcaxy::processor::imaginary
