// Who may ask for what, and how often: in front of everything below `/imaginary`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/rate_limit.hpp"
#include "http/query.hpp"
#include "http/server.hpp"
#include "processor/work.hpp"

namespace imcaxy::server {

/// What too many requests are told, in plain text: it is said in front of the API.
inline constexpr std::string_view rate_refusal = "limit exceeded";

struct GateOptions {
  std::string api_key;                          ///< empty: none is needed
  std::string url_signature_key;                ///< empty: URLs are not signed
  std::vector<std::string> disabled_endpoints;  ///< "crop", "health", "form"
  std::int64_t requests_per_second = 0;         ///< of each method; 0: any number
  std::int64_t burst = 100;
  std::string path_prefix;  ///< in front of `/imaginary`
};

/// Thread-safe, without locks.
class Gate {
 public:
  /// What is wrong with the options: an error names what is allowed.
  static Result<void> check(const GateOptions& options);

  explicit Gate(GateOptions options);

  struct Refusal {
    Error error;
    std::string headers;  ///< lines for the answer
  };

  /// The key (401), then the rate (429), then whether the endpoint is there (501).
  std::optional<Refusal> refuse(const http::Request& request, std::string_view endpoint);

  /// 400 or 403 in the words of Imaginary. The signature may cover the path as it came, or without our `/imaginary`.
  /// One target is always right or always wrong.
  Result<void> check_signature(const http::Request& request, std::string_view operation) const;

  /// 400 for a step that is disabled as an endpoint.
  Result<void> check_steps(const processor::Work& work) const;

  bool signs() const { return !options_.url_signature_key.empty(); }
  bool needs_key() const { return !options_.api_key.empty(); }
  bool is_disabled(std::string_view endpoint) const;

 private:
  bool has_key(const http::Request& request) const;
  std::optional<Refusal> limit(const http::Request& request);

  GateOptions options_;                             // not changed after its making
  std::unique_ptr<RateLimit> reading_, uploading_;  ///< null: no limit
};

}  // namespace imcaxy::server
