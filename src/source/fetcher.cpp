#include "source/fetcher.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/version.hpp"
#include "http/url.hpp"

namespace imcaxy::source {
namespace {

constexpr int most_redirects = 5;
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

/// One picture on its way, over all its redirects.
struct Job {
  http::Client& client;
  std::shared_ptr<const FetcherOptions> options;
  std::string asked;  ///< what errors name
  http::Url first;    ///< whose host gets the headers
  http::Url now;
  std::vector<std::string> headers;
  std::chrono::steady_clock::time_point deadline;
  Callback<Result<Original>> done;
  int redirects = 0;
};

bool has_header(const std::vector<std::string>& headers, std::string_view name) {
  return std::ranges::any_of(headers, [&](std::string_view line) {
    return line.size() > name.size() && line[name.size()] == ':' &&
           ascii_lower(line.substr(0, name.size())) == ascii_lower(name);
  });
}

/// Whether what was meant for one address may go to another: never to another host or port, never in the clear after
/// it was not.
bool trusts(const http::Url& first, const http::Url& now) {
  return first.authority == now.authority && (first.scheme == now.scheme || now.scheme == "https");
}

std::vector<std::string> headers_of(const Job& job) {
  std::vector<std::string> headers;
  if (trusts(job.first, job.now)) headers = job.headers;
  if (!has_header(headers, "User-Agent")) headers.push_back("User-Agent: imcaxy/" + std::string(version_text));
  if (!has_header(headers, "Accept")) headers.emplace_back("Accept: image/*,*/*;q=0.5");
  return headers;
}

Result<void> redirect(Job& job, const std::string& location) {
  const auto wrong = [&](const std::string& why) {
    return fail(400, fmt::format("{}{} (url={})", prefix, why, job.asked));
  };
  if (++job.redirects > most_redirects) return wrong(fmt::format("stopped after {} redirects", most_redirects));
  auto url = http::parse_url(location);
  if (!url) return wrong("the source redirects to what is no address of a picture: " + url.error().message);
  if (auto ok = job.options->policy.check(*url); !ok) return ok;
  job.now = std::move(*url);
  return {};
}

void ask(std::shared_ptr<Job> job);

void answered(std::shared_ptr<Job> job, http::Client::Outcome outcome) {
  if (!outcome) return job->done(std::unexpected(error_of(outcome.error(), job->asked, job->options->max_bytes)));
  if (!outcome->redirect_to.empty()) {
    if (auto ok = redirect(*job, outcome->redirect_to); !ok) return job->done(std::unexpected(std::move(ok.error())));
    return ask(std::move(job));
  }
  const bool asks_whether = has_header(job->headers, "If-None-Match") || has_header(job->headers, "If-Modified-Since");
  if (outcome->status == 304 && asks_whether) return job->done(Original{{}, {}, std::move(outcome->cache), true});
  if (outcome->status != 200)
    return job->done(
        fail(status_of(outcome->status), fmt::format("{}(status={}) (url={})", prefix, outcome->status, job->asked)));
  job->done(Original{std::move(outcome->body), std::move(outcome->content_type), std::move(outcome->cache)});
}

void ask(std::shared_ptr<Job> job) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::duration_cast<milliseconds>(job->deadline - std::chrono::steady_clock::now());
  http::ClientRequest request{.url = job->now.text,
                              .headers = headers_of(*job),
                              .max_bytes = job->options->max_bytes,
                              .timeout = std::max(left, milliseconds(1))};
  http::Client& client = job->client;
  client.send(std::move(request), [job = std::move(job)](http::Client::Outcome outcome) mutable {
    answered(std::move(job), std::move(outcome));
  });
}

}  // namespace

void Fetcher::fetch(const std::string& url, std::vector<std::string> headers, Callback<Result<Original>> done) {
  auto parsed = http::parse_url(url);
  if (!parsed) return done(fail(400, "Invalid image URL", parsed.error().message));
  ask(std::make_shared<Job>(Job{.client = client_,
                                .options = options_,
                                .asked = url,
                                .first = *parsed,
                                .now = *parsed,
                                .headers = std::move(headers),
                                .deadline = std::chrono::steady_clock::now() + options_->timeout,
                                .done = std::move(done)}));
}

}  // namespace imcaxy::source
