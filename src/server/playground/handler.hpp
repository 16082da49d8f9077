// `/playground/api/`: what the playground asks beside pictures.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "base/rate_limit.hpp"
#include "http/server.hpp"
#include "proxy/service.hpp"
#include "server/gate.hpp"

namespace imcaxy::server {

/// Thread-safe.
class PlaygroundHandler {
 public:
  using Reply = http::Handler::Reply;

  PlaygroundHandler(const proxy::RequestReader& reader, Gate& gate, proxy::Service& service)
      : reader_(reader), gate_(gate), service_(service) {}

  /// `path`: what follows `/playground/api/`.
  ///   grammar              operations, parameters and formats, from the tables that read requests
  ///   score/<operation>    the query, and body, of a request below /imaginary: how much its answer looks like the same
  ///                        without the losses of its format
  Reply handle(http::Request& request, std::string_view path);

 private:
  http::Response grammar() const;
  Task<http::Response> score(http::Request& request, std::string_view operation);
  /// The request and the same as PNG.
  struct Pair {
    proxy::ImageRequestPtr answer, lossless;
  };
  Result<Pair> read(http::Request& request, std::string_view operation) const;
  Task<Result<cache::EntryPtr>> make(proxy::ImageRequestPtr wanted);
  http::Response refusal(const Error& error) const;

  const proxy::RequestReader& reader_;
  Gate& gate_;
  proxy::Service& service_;
  RateLimit rate_{4, 12};  ///< it is open to everybody, and takes cores from those who want pictures
  std::atomic<std::int64_t> running_ = 0;
};

}  // namespace imcaxy::server
