// Requests of the command line: one after another, tried again where that may help.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "http/client.hpp"

namespace imcaxy::command {

/// The client of a command: it may connect to any address, since a person has named it.
http::ClientOptions any_address();

/// How long an answer may take, and how large it may be.
inline constexpr std::chrono::minutes patience{6};  // the server's own for an invalidation, and some more
inline constexpr std::uint64_t most_answer_bytes = 1u << 30;

/// Not thread-safe; blocks.
class Caller {
 public:
  /// `retries`: further tries when there is no answer, or one that says "not now" (429, 502, 503, 504).
  explicit Caller(int retries) : retries_(retries), client_(any_address()) {}

  /// The last answer, or why there was none, for a person. `name`: of the other side, for what is told meanwhile.
  std::expected<http::ClientResponse, std::string> call(const std::string& name, http::ClientRequest request);

 private:
  const int retries_;
  http::Client client_;
};

}  // namespace imcaxy::command
