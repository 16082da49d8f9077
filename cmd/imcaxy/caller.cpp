#include "caller.hpp"

#include <algorithm>
#include <future>
#include <thread>

#include <fmt/format.h>

#include "base/text.hpp"
#include "commands.hpp"

namespace imcaxy::command {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_shown_bytes = 300;
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

std::string shown(std::string_view text) {
  text = trimmed(text);
  const bool cut = text.size() > most_shown_bytes;
  text = text.substr(0, most_shown_bytes);
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    // Controls move a terminal's cursor and more, those of two bytes (U+0080 to U+009F) as well.
    const bool control =
        first < 0x20 || first == 0x7f || (length == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0);
    if (length == 0 || control)
      out += fmt::format("\\x{:02x}", first);
    else
      out += text.substr(0, length);
    text.remove_prefix(length == 0 || control ? 1 : length);
  }
  return cut ? out + "..." : out;
}

}  // namespace imcaxy::command
