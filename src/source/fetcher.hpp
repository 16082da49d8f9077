// Originals from where their URL says.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/await.hpp"
#include "base/error.hpp"
#include "http/client.hpp"
#include "source/original.hpp"
#include "source/policy.hpp"

namespace imcaxy::source {

struct FetcherOptions {
  std::uint64_t max_bytes = 32u << 20;
  std::chrono::milliseconds timeout{30000};  ///< redirects included
  SourcePolicy policy;                       ///< asked for every redirect; who calls asks it for the first URL
};

/// Thread-safe; the client outlives it.
class Fetcher {
 public:
  Fetcher(http::Client& client, FetcherOptions options)
      : client_(client), options_(std::make_shared<const FetcherOptions>(std::move(options))) {}

  /// `headers`: further ones, as `Name: value`; they are not taken along to where another host is redirected to. With
  /// If-None-Match or If-Modified-Since among them, 304 is an answer, too.
  /// Follows at most five redirects. Errors are worded as Imaginary words them where it has a word, and carry the
  /// status that it answers with. `done` is called on the client's thread.
  void fetch(const std::string& url, std::vector<std::string> headers, Callback<Result<Original>> done);

 private:
  http::Client& client_;
  const std::shared_ptr<const FetcherOptions> options_;  // what is under way may outlive the fetcher
};

}  // namespace imcaxy::source
