#include "atproto/blob_fetcher.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "config/version.hpp"
#include "http/query.hpp"
#include "http/url.hpp"

namespace imcaxy::atproto {
namespace {

constexpr int most_redirects = 5, most_tries = 4;
/// Of an error's body that is looked at.
constexpr std::size_t looked_at = 1024;

constexpr std::string_view not_found = "blob not found", failed = "failed to fetch blob from PDS",
                           too_large = "image too large", too_late = "request timed out";

Error error_of(const http::ClientFailure& failure) {
  using Kind = http::ClientFailure::Kind;
  switch (failure.kind) {
    case Kind::timeout:
      return {504, std::string(too_late), failure.text};
    case Kind::too_large:
      return {400, std::string(too_large), failure.text};
    case Kind::stopped:
      return {503, "the server is stopping; try again", ""};
    default:
      return {502, std::string(failed), failure.text};
  }
}

/// The name of an XRPC error; empty when the body is none.
std::string error_name(std::string_view body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return {};
  const auto it = json.find("error");
  return it != json.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::string blob_url(const std::string& pds, const Blob& blob) {
  return fmt::format("{}/xrpc/com.atproto.sync.getBlob?did={}&cid={}", pds, http::percent_encode(blob.owner.text),
                     blob.cid.text);
}

}  // namespace

Task<Result<source::Original>> BlobFetcher::fetch(Blob blob) {
  if (options_.is_blocked && options_.is_blocked(blob)) co_return fail(404, std::string(not_found), "blocked");
  const auto owner = co_await resolver_.find(blob.owner);
  if (!owner) co_return std::unexpected(owner.error());
  const auto deadline = Steady::now() + options_.timeout;
  Answer answer = co_await ask_patiently(owner->pds, blob, deadline);
  if (!answer && answer.error().then == Refusal::Then::look_up_owner) {
    const auto newer = co_await resolver_.find_newer(blob.owner, *owner);
    if (newer && newer->pds != owner->pds) {
      ++stats_.moved;
      answer = co_await ask_patiently(newer->pds, blob, deadline);
    }
  }
  if (!answer) co_return std::unexpected(std::move(answer.error().error));
  co_return std::move(*answer);
}

Task<BlobFetcher::Answer> BlobFetcher::ask_patiently(std::string pds, const Blob& blob, Steady::time_point deadline) {
  for (int tries = 1;; ++tries) {
    Answer answer = co_await ask(pds, blob, deadline);
    const bool again = !answer && answer.error().then == Refusal::Then::try_again && tries < most_tries;
    if (!again) co_return answer;
  }
}

Task<BlobFetcher::Answer> BlobFetcher::ask(const std::string& pds, const Blob& blob, Steady::time_point deadline) {
  using Outcome = http::Client::Outcome;
  const auto refuse = [](Error error, Refusal::Then then = Refusal::Then::give_up) {
    return std::unexpected(Refusal{std::move(error), then});
  };
  std::string url = blob_url(pds, blob);
  for (int redirects = 0; redirects <= most_redirects; ++redirects) {
    const auto parsed = http::parse_url(url);
    if (!parsed) co_return refuse({502, std::string(failed), "redirected to what is no URL: " + url});
    const std::string host = parsed->authority;
    const HostLimits::Turn turn = co_await hosts_.wait(host, deadline);
    if (!turn) co_return refuse({504, std::string(too_late), host + " is busy"});

    ++stats_.asked;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now());
    http::ClientRequest request{
        .url = parsed->text,
        .headers = {"Accept: image/*, */*;q=0.5", "User-Agent: imcaxy/" + std::string(version_text)},
        .max_bytes = options_.max_bytes,
        .timeout = std::max(left, std::chrono::milliseconds(1))};
    auto start = [&](Callback<Outcome> done) { client_.send(std::move(request), std::move(done)); };
    auto outcome = co_await await_callback<Outcome>(left + std::chrono::seconds(5), std::move(start));
    if (!outcome) co_return refuse({504, std::string(too_late), "no answer from libcurl"});
    if (!*outcome) {
      // A server that is gone for good is what an account that moved leaves behind, too.
      const bool gone = outcome->error().kind == http::ClientFailure::Kind::unreachable;
      co_return refuse(error_of(outcome->error()), gone ? Refusal::Then::look_up_owner : Refusal::Then::give_up);
    }
    url = (*outcome)->redirect_to;
    if (!url.empty()) continue;
    Answer answer = read(host, std::move(**outcome));
    if (!answer) co_return answer;
    const bool right = co_await is_right(answer->body, blob.cid.sha256);
    if (right) co_return answer;
    ++stats_.wrong_bytes;
    spdlog::warn("{} sent other bytes than those of {}", host, source_name(blob));
    co_return refuse({502, std::string(failed), "the bytes are not those of the CID"});
  }
  co_return refuse({502, std::string(failed), fmt::format("more than {} redirects", most_redirects)});
}

/// A hash over megabytes takes milliseconds.
Task<bool> BlobFetcher::is_right(Bytes body, std::string sha256) {
  auto compare = [body = std::move(body), sha256 = std::move(sha256)]() -> Result<bool> {
    return sha256_hex(body.view()) == sha256;
  };
  const Result<bool> right = co_await run_on(pool_, options_.timeout, std::move(compare));
  co_return right&&* right;
}

BlobFetcher::Answer BlobFetcher::read(const std::string& host, http::ClientResponse response) {
  using Then = Refusal::Then;
  const auto refuse = [](int status, std::string_view message, std::string cause, Then then = Then::give_up) {
    return std::unexpected(Refusal{{status, std::string(message), std::move(cause)}, then});
  };
  const std::string_view start = response.body.view().substr(0, looked_at);
  if (response.status == 429 || response.status == 503) {
    ++stats_.refused;
    hosts_.refused(host, response.retry_after);
    return refuse(502, failed, fmt::format("status {}", response.status), Then::try_again);
  }
  hosts_.served(host);
  if (response.status == 404) return refuse(404, not_found, "status 404");
  if (response.status == 400) {
    if (ascii_lower(start).find(not_found) != std::string::npos) return refuse(404, not_found, "said its server");
    const std::string name = error_name(start);
    // What an account that moved away looks like on its old server.
    if (name == "RepoNotFound" || name == "RepoDeactivated") return refuse(404, not_found, name, Then::look_up_owner);
    if (name == "RepoTakendown" || name == "RepoSuspended") return refuse(404, not_found, name);
  }
  if (response.status != 200) return refuse(502, failed, fmt::format("status {}", response.status));
  return source::Original{std::move(response.body), std::move(response.content_type)};
}

}  // namespace imcaxy::atproto
