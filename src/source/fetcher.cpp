#include "source/fetcher.hpp"

#include <fmt/format.h>

#include "config/version.hpp"

namespace imcaxy::source {
namespace {

constexpr std::string_view prefix = "error fetching remote http image: ";

Error error_of(const http::ClientFailure& failure, const std::string& url, std::uint64_t max_bytes) {
  using Kind = http::ClientFailure::Kind;
  switch (failure.kind) {
    case Kind::refused_address:
      return {403,
              fmt::format("{}the address is not public and IMCAXY_ALLOW_PRIVATE_SOURCES does not allow it (url={})",
                          prefix, url),
              ""};
    case Kind::timeout:
      return {504, fmt::format("{}no complete answer in time (url={})", prefix, url), failure.text};
    case Kind::too_large:
      if (failure.content_length > max_bytes)
        return {400,
                fmt::format("Content-Length {} exceeds maximum allowed {} bytes", failure.content_length, max_bytes),
                ""};
      return {400, fmt::format("{}more than the allowed {} bytes (url={})", prefix, max_bytes, url), ""};
    case Kind::invalid:
      return {400, "Invalid image URL", failure.text};
    case Kind::stopped:
      return {503, "the server is stopping; try again", ""};
    case Kind::unreachable:
      break;
  }
  return {400, fmt::format("{}{} (url={})", prefix, failure.text, url), ""};
}

/// The source's own status, where a status can tell its client that something failed.
int status_of(unsigned status) {
  return status >= 400 && status <= 511 ? static_cast<int>(status) : 503;
}

}  // namespace

void Fetcher::fetch(const std::string& url, Callback<Result<Original>> done) {
  http::ClientRequest request{
      .url = url,
      .headers = {"User-Agent: imcaxy/" + std::string(version_text), "Accept: image/*,*/*;q=0.5"},
      .max_bytes = options_.max_bytes,
      .timeout = options_.timeout};
  client_.get(std::move(request),
              [url, max_bytes = options_.max_bytes, done = std::move(done)](http::Client::Outcome outcome) mutable {
                if (!outcome) return done(std::unexpected(error_of(outcome.error(), url, max_bytes)));
                if (outcome->status != 200)
                  return done(fail(status_of(outcome->status),
                                   fmt::format("{}(status={}) (url={})", prefix, outcome->status, url)));
                done(Original{std::move(outcome->body), std::move(outcome->content_type)});
              });
}

}  // namespace imcaxy::source
