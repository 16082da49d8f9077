// Originals from where their URL says.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/await.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "http/client.hpp"

namespace imcaxy::source {

/// A picture as its source gave it.
struct Original {
  Bytes body;
  std::string content_type;  ///< what the source calls it; not to be trusted
};

struct FetcherOptions {
  std::uint64_t max_bytes = 32u << 20;
  std::chrono::milliseconds timeout{30000};
};

/// Thread-safe; the client outlives it.
class Fetcher {
 public:
  Fetcher(http::Client& client, FetcherOptions options) : client_(client), options_(options) {}

  /// Errors are worded as Imaginary words them where it has a word, and carry the status that it answers with.
  /// `done` is called on the client's thread.
  void fetch(const std::string& url, Callback<Result<Original>> done);

 private:
  http::Client& client_;
  const FetcherOptions options_;
};

}  // namespace imcaxy::source
