#include "atproto/resolver.hpp"

#include <spdlog/spdlog.h>

#include "atproto/document.hpp"
#include "base/counted.hpp"
#include "base/hash.hpp"
#include "base/spawn.hpp"
#include "config/version.hpp"
#include "hub/reader.hpp"

namespace imcaxy::atproto {
namespace {

constexpr std::uint64_t max_document_bytes = 256u << 10;

/// Of DIDs, which strangers choose: two with one key would share an answer.
Key128 key_of(const Did& did) {
  return *Key128::from_hex(sha256_hex(did.text).substr(0, 32));
}

}  // namespace

std::optional<Resolver::Known> Resolver::known(const Did& did) {
  std::lock_guard lock(mutex_);
  const Known* found = known_.find(did.text);
  return found ? std::optional(*found) : std::nullopt;
}

Task<Result<Identity>> Resolver::find(Did did) {
  const auto found = known(did);
  const bool current = found && Steady::now() < found->until;
  if (!found || (!current && !found->identity)) co_return co_await look_up_once(std::move(did));
  if (!found->identity) co_return std::unexpected(found->error);
  ++stats_.hits;
  if (!current) {
    ++stats_.stale;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    refresh(executor, did);
  }
  co_return *found->identity;
}

Task<Result<Identity>> Resolver::find_newer(Did did, Identity old) {
  const auto found = known(did);
  if (found && found->identity && found->identity->looked_up > old.looked_up) co_return *found->identity;
  if (Steady::now() - old.looked_up < options_.least_between) co_return old;
  co_return co_await look_up_once(std::move(did));
}

Task<Result<Identity>> Resolver::look_up_once(Did did) {
  auto joined = hub_.join(key_of(did));
  if (joined.production) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    spawn(executor, produce(std::move(*joined.production), std::move(did)), "identity");
  }
  hub::Reader<Identity> reader(std::move(joined.stream));
  const auto head = co_await reader.head(options_.timeout * 2);
  if (!head) co_return std::unexpected(head.error());
  co_return **head;
}

void Resolver::refresh(const asio::any_io_executor& executor, const Did& did) {
  auto joined = hub_.join(key_of(did));
  if (joined.production) spawn(executor, produce(std::move(*joined.production), did), "identity");
}

Task<void> Resolver::produce(hub::Production<Identity> given, Did did) {
  const Counted running(stats_.running);
  hub::Production<Identity> production = std::move(given);  // so that it ends before it counts as ended
  ++stats_.lookups;
  const auto found = co_await ask(did);
  const auto now = Steady::now();
  if (found) {
    {
      std::lock_guard lock(mutex_);
      known_.put(did.text, {*found, {}, now + options_.fresh});
    }
    production.stream().complete(*found, {});
    co_return;
  }
  ++stats_.failed;
  const Failure& failure = found.error();
  spdlog::debug("{}: {} ({})", did.text, failure.error.message, failure.error.cause);
  {
    std::lock_guard lock(mutex_);
    Known* before = known_.find(did.text);
    if (before && before->identity && !failure.definite) {
      before->until = now + options_.failed;
    } else {
      known_.put(did.text, {{}, failure.error, now + (failure.definite ? options_.refused : options_.failed)});
    }
  }
  production.stream().fail(failure.error);
}

std::string Resolver::document_url(const Did& did) const {
  // The reference resolver speaks http with localhost, and only with that.
  if (did.method == Did::Method::web)
    return (did.is_local() ? "http://" : "https://") + did.host + "/.well-known/did.json";
  return options_.plc_url + (options_.plc_url.ends_with('/') ? "" : "/") + did.text;
}

Task<std::expected<Identity, Resolver::Failure>> Resolver::ask(const Did& did) {
  using Outcome = http::Client::Outcome;
  const auto refuse = [](int status, std::string message, std::string cause, bool definite) {
    return std::unexpected(Failure{{status, std::move(message), std::move(cause)}, definite});
  };
  const auto asked = Steady::now();
  http::ClientRequest request{.url = document_url(did),
                              .headers = {"Accept: application/did+ld+json, application/json",
                                          "User-Agent: imcaxy/" + std::string(version_text)},
                              .max_bytes = max_document_bytes,
                              .timeout = options_.timeout};
  auto start = [&](Callback<Outcome> done) { client_.send(std::move(request), std::move(done)); };
  const auto outcome = co_await await_callback<Outcome>(options_.timeout + std::chrono::seconds(5), std::move(start));
  if (!outcome || (!*outcome && outcome->error().kind == http::ClientFailure::Kind::timeout))
    co_return refuse(504, "request timed out", "the directory did not answer", false);
  if (!*outcome) co_return refuse(502, "failed to resolve DID", outcome->error().text, false);
  const http::ClientResponse& answer = **outcome;
  if (answer.status != 200) {
    // Redirects are an error: nobody but the host itself speaks for a did:web.
    const bool definite = answer.status == 404 || answer.status == 410;
    co_return refuse(502, "failed to resolve DID", "status " + std::to_string(answer.status), definite);
  }
  auto pds = pds_of_document(answer.body.view(), did);
  if (!pds) co_return refuse(pds.error().status, pds.error().message, pds.error().cause, true);
  co_return Identity{std::move(*pds), asked};
}

}  // namespace imcaxy::atproto
