#include "processor/imaginary/remote.hpp"

#include <algorithm>
#include <future>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/counted.hpp"
#include "base/text.hpp"
#include "hub/reader.hpp"
#include "image/completeness.hpp"

namespace imcaxy::processor::imaginary {
namespace {

using nlohmann::json;
using Steady = std::chrono::steady_clock;
using Refused = std::unexpected<Remote::Refusal>;

/// So many bytes tell the format of a picture.
constexpr std::size_t enough_to_tell = 64;
constexpr std::size_t longest_message = 500;
constexpr std::uint64_t max_buffered_bytes = 256u << 20;
constexpr std::string_view processing_failed = "Error while processing the image";

/// A PNG of one pixel.
constexpr char pixel[] =
    "\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00"
    "\x00\x3a\x7e\x9b\x55\x00\x00\x00\x0a\x49\x44\x41\x54\x78\xda\x63\x68\x00\x00\x00\x82\x00\x81\xda\x45\x08\x3b\x00"
    "\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

Refused failure(int status, std::string message, std::string cause = {}) {
  return Refused(Remote::Refusal{{status, std::move(message), std::move(cause)}, false});
}

/// What Imaginary's JSON says; nothing where it is none.
std::optional<std::string> message_in(std::string_view body) {
  const json object = json::parse(body, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const auto message = object.find("message");
  if (message == object.end() || !message->is_string()) return std::nullopt;
  return message->get<std::string>().substr(0, longest_message);
}

/// Another answer than 200.
Refused refusal(unsigned status, std::string_view body) {
  const auto message = message_in(body);
  const std::string cause = fmt::format("Imaginary answered {}: {}", status, body.substr(0, longest_message));
  switch (status) {
    case 400:
    case 406:
    case 413:
    case 415:
    case 422:
    case 501: {
      Error error{static_cast<int>(status),
                  message.value_or(fmt::format("the image processor answered with the status {}", status)), cause};
      const bool of_request = status != 400 || !error.message.starts_with(processing_failed);
      return Refused(Remote::Refusal{std::move(error), of_request});
    }
    case 401:
    case 403:
      return failure(502, "the image processor refuses this server", cause);
    case 404:
    case 405:
      return failure(502, "the image processor does not know this operation", cause);
    case 408:
    case 504:
      return failure(504, "the image processor did not answer in time", cause);
    case 429:
    case 503:
      return failure(503, "the image processor is busy; try again in a moment", cause);
    default:
      return failure(502, fmt::format("the image processor answered with the status {}", status), cause);
  }
}

Error error_of(const http::ClientFailure& why) {
  using Kind = http::ClientFailure::Kind;
  switch (why.kind) {
    case Kind::timeout:
      return {504, "the image processor did not answer in time", why.text};
    case Kind::too_large:
      return {502, "the image processor's answer is larger than IMCAXY_IMAGINARY_MAX_BYTES allows", why.text};
    case Kind::stopped:
      return {503, "the server is stopping; try again", ""};
    case Kind::refused_address:
    case Kind::invalid:
    case Kind::unreachable:
      break;
  }
  return {502, "the image processor can't be reached, or broke off", why.text};
}

/// Empty for what is no picture made of pixels: what a stranger's server says of its bytes is not believed.
std::string picture_type(std::string_view bytes) {
  const image::Format format = image::sniff(bytes);
  return image::is_raster(format) ? std::string(image::mime_type(format)) : std::string();
}

}  // namespace

/// What the answer's head says, and its body, on their way from the client's thread to the production's.
class Remote::Incoming final : public http::BodySink {
 public:
  struct Head {
    unsigned status = 200;
    std::optional<std::uint64_t> length;
  };

  void begin(const std::string&, std::optional<std::uint64_t> length) override { stream_.open(Head{200, length}); }
  void more(Bytes piece) override { stream_.append(std::move(piece)); }
  void end(http::Client::Outcome outcome) {
    if (!outcome) return stream_.fail(error_of(outcome.error()));
    if (outcome->status == 200) return stream_.finish();
    stream_.complete(Head{outcome->status, {}}, std::move(outcome->body));
  }

  static hub::Reader<Head> reader(std::shared_ptr<Incoming> incoming) {
    auto* stream = &incoming->stream_;
    return hub::Reader<Head>(std::shared_ptr<hub::Stream<Head>>(std::move(incoming), stream));
  }

 private:
  hub::Stream<Head> stream_;
};

Remote::Remote(RemoteOptions options)
    : options_(std::move(options)),
      breaker_(options_.breaker),
      // It is the operator's own server: where it is, is no matter for the guard of sources.
      client_({.max_buffered_bytes = max_buffered_bytes, .addresses = *AddressPolicy::parse("true")}) {}

void Remote::stop() {
  client_.stop();
}

http::ClientRequest Remote::request_for(const Question& question, Bytes body) const {
  http::ClientRequest request{.method = "POST",
                              .url = options_.base + question.target,
                              .headers = {},
                              .max_bytes = options_.max_bytes,
                              .timeout = options_.timeout};
  request.headers.push_back(fmt::format("Content-Type: {}", image::mime_type(image::sniff(body.view()))));
  request.headers.push_back("Accept: " + (question.accept.empty() ? "*/*" : question.accept));
  if (!options_.api_key.empty()) request.headers.push_back("API-Key: " + options_.api_key);
  request.body = std::move(body);
  return request;
}

/// Whether the server is there; what it thinks of a request says nothing about that.
void Remote::judge(const http::Client::Outcome& outcome) {
  if (!outcome && outcome.error().kind == http::ClientFailure::Kind::stopped) return breaker_.unknown();
  if (!outcome || outcome->status >= 502) return breaker_.failed(Steady::now());
  breaker_.worked();
}

void Remote::send(http::ClientRequest request, std::shared_ptr<Incoming> incoming) {
  stats_.bytes_sent += request.body.size();
  request.sink = incoming;
  client_.send(std::move(request), [this, incoming = std::move(incoming)](http::Client::Outcome outcome) {
    judge(outcome);
    incoming->end(std::move(outcome));
  });
}

Task<std::expected<Answer, Remote::Refusal>> Remote::ask(Question question, Bench& bench) {
  if (!breaker_.admit(Steady::now())) {
    ++stats_.left_alone;
    co_return failure(503, "the image processor does not answer; try again in a moment");
  }
  const Counted running(stats_.running);
  auto incoming = std::make_shared<Incoming>();
  send(request_for(question, bench.original()), incoming);
  auto answer = co_await receive(std::move(incoming), question.json, bench);
  co_return answer;
}

Task<std::expected<Answer, Remote::Refusal>> Remote::receive(std::shared_ptr<Incoming> incoming, bool as_json,
                                                             Bench& bench) {
  auto reader = Incoming::reader(std::move(incoming));
  // The client ends everything in time; that it does not is not expected.
  const Steady::duration patience = options_.timeout + std::chrono::seconds(5);
  const auto head = co_await reader.head(patience);
  if (!head) co_return Refused(Refusal{head.error(), false});
  if ((*head)->status != 200) {
    const auto body = co_await reader.next(patience);
    co_return refusal((*head)->status, body ? body->view() : std::string_view());
  }
  const auto one_piece_until = Steady::now() + options_.whole_within;
  std::string whole, type = as_json ? "application/json" : "";
  bool begun = false;
  for (;;) {
    const bool ended = reader.stream().ended();
    const bool may_begin = !begun && !ended && !as_json && !type.empty();
    Steady::duration wait = patience;
    if (may_begin) wait = std::max(one_piece_until - Steady::now(), Steady::duration::zero());
    const auto piece = co_await reader.next(wait);
    if (!piece && may_begin) {
      if (reader.stream().ended()) continue;  // just now: look again
      bench.begin(type, (*head)->length);
      bench.more(Bytes::copy(whole));
      begun = true;
      continue;
    }
    if (!piece) co_return Refused(Refusal{piece.error(), false});
    if (piece->empty()) break;
    stats_.bytes_received += piece->size();
    whole += piece->view();
    if (begun) bench.more(*piece);
    if (!type.empty() || whole.size() < enough_to_tell) continue;
    type = picture_type(whole);
    if (type.empty()) break;
  }
  if (type.empty()) type = picture_type(whole);
  if (type.empty() || (as_json && !json::accept(whole)))
    co_return failure(502, "the image processor answered with something else than was asked for",
                      std::string(whole.substr(0, longest_message)));
  if (!as_json && !image::is_complete(image::sniff(whole), whole))
    co_return failure(502, "the image processor's answer broke off");
  co_return Answer{Bytes::adopt(std::move(whole)), std::move(type), {}};
}

void Remote::count(End end) {
  ++(end == End::answered ? stats_.answered : end == End::refused ? stats_.refused : stats_.failed);
}

Result<void> Remote::check() {
  http::ClientRequest request = request_for({"/resize?width=1", "", false}, Bytes::copy({pixel, sizeof pixel - 1}));
  request.timeout = options_.check_timeout;
  auto promise = std::make_shared<std::promise<http::Client::Outcome>>();
  client_.send(std::move(request),
               [promise](http::Client::Outcome outcome) { promise->set_value(std::move(outcome)); });
  const http::Client::Outcome outcome = promise->get_future().get();
  const auto wrong = [&](std::string_view why) {
    return fail(502, fmt::format("IMCAXY_IMAGINARY_SERVICE_URL={}: {}", options_.base, why));
  };
  if (!outcome && outcome.error().kind == http::ClientFailure::Kind::stopped)
    return fail(503, "the server is stopping");
  checked_ = outcome && outcome->status == 200 && !picture_type(outcome->body.view()).empty();
  if (checked_) {
    breaker_.worked();
    return {};
  }
  if (!outcome)
    return wrong(fmt::format("no answer ({}): start Imaginary there, or correct the address", outcome.error().text));
  switch (outcome->status) {
    case 200:
      return wrong("it answers with something else than a picture: is this an Imaginary?");
    case 401:
      return wrong("it wants another key: set IMCAXY_IMAGINARY_API_KEY to what it was started with (-key)");
    case 404:
      return wrong("it answers 404 for /resize: the path has to be what it was started with (-path-prefix)");
    default:
      break;
  }
  const auto message = message_in(outcome->body.view());
  if (message && message->contains("URL signature"))
    return wrong("it wants signed URLs: start it without -enable-url-signature, and let only Imcaxy reach it");
  return wrong(fmt::format("it can't resize a picture of one pixel: status {}, {}", outcome->status,
                           message.value_or("no message")));
}

namespace {

/// What Imaginary is told: it has no words for qualities.
std::string plain_value(const Params& params, const std::string& name, const std::string& value) {
  const bool is_word = name == "quality" && (value == "low" || value == "normal" || value == "high");
  return is_word ? std::to_string(params.quality) : value;
}

}  // namespace

Forward::Forward(Remote& remote, Request request, std::string_view path, const http::Query& query)
    : remote_(remote), request_(std::move(request)) {
  std::string target(path);
  char mark = '?';
  for (const auto& [name, value] : query) {
    if (name == "key" || name == "sign") continue;  // say who may ask here
    const std::string plain = request_.params ? plain_value(*request_.params, name, value) : value;
    target += fmt::format("{}{}={}", std::exchange(mark, '&'), http::percent_encode(name), http::percent_encode(plain));
  }
  question_.target = std::move(target);
  question_.json = request_.operation->kind == Operation::Kind::info;
  // Of what the client accepts the first type counts that Imaginary writes: it is in the key, and all it is told.
  const bool negotiates = http::find(query, "type") == "auto" && request_.params && !request_.params->type.empty();
  if (negotiates) question_.accept = "image/" + request_.params->type;
}

Task<Result<Outcome>> Forward::carry_out(Bench& bench) const {
  auto answer = co_await remote_.ask(question_, bench);
  if (answer) {
    remote_.count(Remote::End::answered);
    co_return Outcome(std::move(*answer));
  }
  Failure failed{std::move(answer.error().error), false};
  bool refused = answer.error().of_request;
  if (!refused) {
    // Reads the picture's header to tell whether the request could be at fault.
    Bench::Make judge = [this](const image::Source& source, const Marks&, const image::Limits& limits) -> Outcome {
      return std::unexpected(Failure{{}, may_fall_back(request_, source.original, limits)});
    };
    const auto judged = co_await bench.on_core(std::move(judge));
    failed.may_fall_back = judged && !*judged && judged->error().may_fall_back;
    refused = failed.error.status == 400 && !failed.may_fall_back;
  }
  remote_.count(refused ? Remote::End::refused : Remote::End::failed);
  co_return Outcome(std::unexpected(std::move(failed)));
}

bool may_fetch(const Request& request, const http::Query& query) {
  if (request.operation->name == "watermarkimage") return true;
  if (request.operation->kind != Operation::Kind::pipeline) return false;
  // Parsers of JSON differ in small things, and the other side has another: every text in it is looked at, also of
  // names that come twice, and what is not plain JSON is doubtful.
  bool found = false;
  const auto look = [&](int depth, json::parse_event_t, const json& value) {
    found = found || depth > 16 ||
            (value.is_string() && ascii_lower(value.get_ref<const std::string&>()) == "watermarkimage");
    return !found;
  };
  for (const auto& [name, value] : query)
    if (name == "operations" && json::parse(value, look, false).is_discarded()) return true;
  return found;
}

}  // namespace imcaxy::processor::imaginary
