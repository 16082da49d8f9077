#include "caller.hpp"

#include <algorithm>
#include <future>
#include <thread>

#include <fmt/format.h>

#include "commands.hpp"

namespace imcaxy::command {
namespace {

using namespace std::chrono_literals;

constexpr auto first_pause = 500ms, longest_pause = 16000ms;

bool means_not_now(const http::Client::Outcome& outcome) {
  using Kind = http::ClientFailure::Kind;
  if (!outcome) return outcome.error().kind == Kind::unreachable || outcome.error().kind == Kind::timeout;
  return outcome->status == 429 || (outcome->status >= 502 && outcome->status <= 504);
}

std::string reason_of(const http::Client::Outcome& outcome) {
  return outcome ? fmt::format("it answered {}", outcome->status) : outcome.error().text;
}

}  // namespace

http::ClientOptions any_address() {
  return {.max_buffered_bytes = most_answer_bytes, .addresses = *AddressPolicy::parse("true")};
}

std::expected<http::ClientResponse, std::string> Caller::call(const std::string& name, http::ClientRequest request) {
  request.max_bytes = most_answer_bytes;
  if (request.timeout == 0ms) request.timeout = patience;
  auto pause = first_pause;
  for (int left = retries_;; --left) {
    std::promise<http::Client::Outcome> promise;
    client_.send(request, [&](http::Client::Outcome outcome) { promise.set_value(std::move(outcome)); });
    auto outcome = promise.get_future().get();
    if (left > 0 && means_not_now(outcome)) {
      complain(fmt::format("{}: {}; trying again in {} ms", name, reason_of(outcome), pause.count()));
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, longest_pause);
      continue;
    }
    if (outcome) return std::move(*outcome);
    return std::unexpected(fmt::format("{} can't be asked: {}", name, outcome.error().text));
  }
}

}  // namespace imcaxy::command
