#include "http/client.hpp"

#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "support/origin.hpp"

namespace imcaxy::http {
namespace {

using namespace std::chrono_literals;
using Kind = ClientFailure::Kind;
using test::Origin;
using test::Script;

AddressPolicy everything() {
  return *AddressPolicy::parse("true");
}

std::future<Client::Outcome> start(Client& client, const std::string& url, std::chrono::milliseconds timeout = 5s,
                                   std::uint64_t max_bytes = 1 << 20) {
  auto promise = std::make_shared<std::promise<Client::Outcome>>();
  auto future = promise->get_future();
  client.send({.url = url, .headers = {"X-Test: yes"}, .max_bytes = max_bytes, .timeout = timeout},
              [promise](Client::Outcome outcome) { promise->set_value(std::move(outcome)); });
  return future;
}

Client::Outcome get(Client& client, const std::string& url, std::chrono::milliseconds timeout = 5s,
                    std::uint64_t max_bytes = 1 << 20) {
  return start(client, url, timeout, max_bytes).get();
}

TEST(Client, GivesStatusTypeAndBody) {
  Origin origin;
  origin.answer("/a", {.headers = {"Content-Type: image/png"}, .body = "picture"});
  Client client({.addresses = everything()});
  const auto outcome = get(client, origin.url("/a"));
  ASSERT_TRUE(outcome) << outcome.error().text;
  EXPECT_EQ(outcome->status, 200u);
  EXPECT_EQ(outcome->content_type, "image/png");
  EXPECT_EQ(outcome->body.view(), "picture");
  EXPECT_NE(origin.last_header("/a").find("X-Test: yes"), std::string::npos);
  EXPECT_EQ(get(client, origin.url("/missing"))->status, 404u);
}

TEST(Client, UsesAConnectionAgain) {
  Origin origin;
  origin.answer("/a", {.body = "picture"});
  Client client({.addresses = everything()});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(client, origin.url("/a"))->body.view(), "picture");
  EXPECT_EQ(origin.connections(), 1u);
}

TEST(Client, SendsOtherMethodsAndBodies) {
  Origin origin;
  origin.answer("/a", {.body = "done"});
  Client client({.addresses = everything()});
  const std::string body(3 << 20, 'x');  // so much that libcurl would ask first whether it is wanted
  for (const std::string method : {"DELETE", "POST", "PUT"}) {
    std::promise<Client::Outcome> promise;
    client.send({.method = method,
                 .url = origin.url("/a"),
                 .headers = {"Content-Type: application/json"},
                 .max_bytes = 100,
                 .timeout = 5s,
                 .body = Bytes::copy(body)},
                [&](Client::Outcome outcome) { promise.set_value(std::move(outcome)); });
    const auto outcome = promise.get_future().get();
    ASSERT_TRUE(outcome) << outcome.error().text;
    EXPECT_EQ(outcome->body.view(), "done");
    EXPECT_TRUE(origin.last_header("/a").starts_with(method + " /a "));
    EXPECT_NE(origin.last_header("/a").find("Content-Type: application/json"), std::string::npos);
    EXPECT_EQ(origin.last_header("/a").find("Expect:"), std::string::npos);
    EXPECT_EQ(origin.last_body("/a"), body);
  }
  EXPECT_EQ(get(client, origin.url("/a"))->body.view(), "done");
  EXPECT_TRUE(origin.last_header("/a").starts_with("GET /a ")) << "a connection that is used again forgets";
}

TEST(Client, TriesOnceMoreOnABrokenConnection) {
  Origin origin;
  origin.answer_in_turn("/drops", {{.drop = true}, {.body = "picture"}});
  origin.answer_in_turn("/cut", {{.body = "picture", .cut_after = 3}, {.body = "picture"}});
  origin.answer("/always", {.drop = true});
  Client client({.addresses = everything()});
  for (const char* path : {"/drops", "/cut"}) {
    const auto outcome = get(client, origin.url(path));
    ASSERT_TRUE(outcome) << path << ": " << outcome.error().text;
    EXPECT_EQ(outcome->body.view(), "picture");
    EXPECT_EQ(origin.requests(path), 2u);
  }
  const auto outcome = get(client, origin.url("/always"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, Kind::unreachable);
  // libcurl itself tries a connection that it used before once more.
  EXPECT_LE(origin.requests("/always"), 3u) << "one more try, not a storm";
}

TEST(Client, NeverTakesAPartForTheWhole) {
  Origin origin;
  origin.answer("/cut", {.body = "picture", .cut_after = 3});
  origin.answer("/short", {.body = "pict", .announced = 100, .cut_after = 4});
  Client client({.addresses = everything()});
  EXPECT_FALSE(get(client, origin.url("/cut")));
  EXPECT_FALSE(get(client, origin.url("/short")));
}

TEST(Client, TellsWhereARedirectLeads) {
  Origin origin;
  origin.answer("/dir/a", {.status = 302, .headers = {"Location: b?c#d"}});
  origin.answer("/nowhere", {.status = 302});
  origin.answer("/b", {.headers = {"Location: /c"}, .body = "picture"});
  Client client({.addresses = everything()});
  EXPECT_EQ(get(client, origin.url("/dir/a"))->redirect_to, origin.url("/dir/b?c#d"));
  EXPECT_EQ(get(client, origin.url("/nowhere"))->redirect_to, "");
  EXPECT_EQ(get(client, origin.url("/b"))->redirect_to, "");
  EXPECT_EQ(origin.requests("/dir/b"), 0u) << "its caller decides";
}

TEST(Client, RefusesAddressesThatAreNotPublic) {
  Origin origin;
  origin.answer("/a", {.body = "secret"});
  Client client({});
  for (const std::string host :
       {"127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "0.0.0.0", "[::ffff:127.0.0.1]"}) {
    const auto outcome = get(client, "http://" + host + ":" + std::to_string(origin.port()) + "/a");
    ASSERT_FALSE(outcome) << host;
    EXPECT_NE(outcome.error().kind, Kind::timeout) << host;
  }
  EXPECT_EQ(get(client, origin.url("/a")).error().kind, Kind::refused_address);
  EXPECT_EQ(origin.connections(), 0u) << "not even a connection is made";
}

TEST(Client, StopsAtTheLimitOfBytes) {
  Origin origin;
  origin.answer("/announced", {.body = std::string(2000, 'x')});
  origin.answer("/streamed", {.body = std::string(2000, 'x'), .announce_length = false});
  origin.answer("/fits", {.body = std::string(1000, 'x')});
  Client client({.addresses = everything()});
  const auto announced = get(client, origin.url("/announced"), 5s, 1000);
  ASSERT_FALSE(announced);
  EXPECT_EQ(announced.error().kind, Kind::too_large);
  EXPECT_EQ(announced.error().content_length, 2000u);
  const auto streamed = get(client, origin.url("/streamed"), 5s, 1000);
  ASSERT_FALSE(streamed);
  EXPECT_EQ(streamed.error().kind, Kind::too_large);
  EXPECT_TRUE(get(client, origin.url("/fits"), 5s, 1000));
}

TEST(Client, LimitsWhatADecompressedBodyBecomes) {
  // 1 MiB of zeros, as gzip makes it with a fixed Huffman code of runs, is what `deflate` would send in a kilobyte;
  // here a stored block is enough to see that the limit counts the bytes after decompression.
  Origin origin;
  std::string gzip("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10);
  const std::string zeros(60000, '\0');
  gzip += std::string("\x01\x60\xea\x9f\x15", 5) + zeros;
  origin.answer("/bomb", {.headers = {"Content-Encoding: gzip"}, .body = gzip, .announce_length = false});
  Client client({.addresses = everything()});
  const auto outcome = get(client, origin.url("/bomb"), 5s, 10000);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, Kind::too_large);
}

TEST(Client, BoundsTheHeader) {
  Origin origin;
  const std::vector<std::string> many(5000, "X-Long: " + std::string(100, 'x'));
  origin.answer("/many", {.headers = many, .body = "picture"});
  origin.answer("/some", {.headers = {many.begin(), many.begin() + 100}, .body = "picture"});
  Client client({.addresses = everything()});
  const auto outcome = get(client, origin.url("/many"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, Kind::unreachable);
  EXPECT_EQ(outcome.error().text, "the header of the answer is too large");
  EXPECT_TRUE(get(client, origin.url("/some")));
}

TEST(Client, TellsWhenToComeBack) {
  Origin origin;
  origin.answer("/busy", {.status = 429, .headers = {"Retry-After: 7"}});
  origin.answer("/free", {.body = "picture"});
  Client client({.addresses = everything()});
  EXPECT_EQ(get(client, origin.url("/busy"))->retry_after, 7s);
  EXPECT_EQ(get(client, origin.url("/free"))->retry_after, std::nullopt);
}

TEST(Client, SendsOtherMethods) {
  Origin origin;
  origin.answer("/cached", {.body = "gone"});
  Client client({.addresses = everything()});
  std::promise<Client::Outcome> answered;
  client.send({.method = "PURGE", .url = origin.url("/cached"), .headers = {}, .max_bytes = 100, .timeout = 5s},
              [&](Client::Outcome outcome) { answered.set_value(std::move(outcome)); });
  EXPECT_EQ(answered.get_future().get()->body.view(), "gone");
  EXPECT_TRUE(origin.last_header("/cached").starts_with("PURGE /cached HTTP/1.1"));
}

TEST(Client, GivesUpInTime) {
  Origin origin;
  origin.answer("/slow", {.body = "never"});
  origin.hold("/slow");
  origin.answer("/drip", {.body = std::string(1000, 'x'), .pause_ms_between_bytes = 20});
  Client client({.addresses = everything()});
  const auto begun = std::chrono::steady_clock::now();
  auto slow = start(client, origin.url("/slow"), 300ms), drip = start(client, origin.url("/drip"), 300ms);
  EXPECT_EQ(slow.get().error().kind, Kind::timeout);
  EXPECT_EQ(drip.get().error().kind, Kind::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s);
}

TEST(Client, SaysWhatCanNotBeReached) {
  Client client({.addresses = everything()});
  std::uint16_t closed = 0;
  {
    Origin gone;
    closed = gone.port();
  }
  EXPECT_EQ(get(client, "http://127.0.0.1:" + std::to_string(closed) + "/").error().kind, Kind::unreachable);
  EXPECT_EQ(get(client, "http://no-such-host.invalid/").error().kind, Kind::unreachable);
}

TEST(Client, KeepsTheBodiesInMemoryBounded) {
  Origin origin;
  constexpr std::size_t size = 400'000;
  origin.answer("/a", {.body = std::string(size, 'x')});
  Client client({.max_buffered_bytes = 600'000, .addresses = everything()});
  std::vector<std::future<Client::Outcome>> running;
  for (int i = 0; i < 8; ++i) running.push_back(start(client, origin.url("/a"), 10s));
  std::uint64_t most = 0;
  for (auto& future : running) {
    while (future.wait_for(1ms) != std::future_status::ready) most = std::max(most, client.buffered_bytes());
    const auto outcome = future.get();  // and its body goes
    ASSERT_TRUE(outcome) << outcome.error().text;
    EXPECT_EQ(outcome->body.size(), size);
  }
  EXPECT_LE(most, 600'000u + size) << "only the oldest goes on beyond the bound";
  // The client's thread lets go of its own share a moment after it has told.
  for (int i = 0; i < 2000 && client.buffered_bytes() > 0; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(client.buffered_bytes(), 0u);
}

TEST(Client, EndsWhatRunsWhenItGoes) {
  Origin origin;
  origin.answer("/slow", {});
  origin.hold("/slow");
  std::future<Client::Outcome> running;
  {
    Client client({.addresses = everything()});
    running = start(client, origin.url("/slow"));
    ASSERT_TRUE(origin.wait_for_requests("/slow", 1));
  }
  EXPECT_EQ(running.get().error().kind, Kind::stopped);
}

/// What came in pieces, for another thread to look at.
struct Heard final : BodySink {
  void begin(const std::string& content_type, std::optional<std::uint64_t> announced) override {
    std::lock_guard lock(mutex);
    ++begins;
    type = content_type;
    length = announced;
  }
  void more(Bytes piece) override {
    std::lock_guard lock(mutex);
    text += piece.view();
  }
  std::string so_far() {
    std::lock_guard lock(mutex);
    return text;
  }

  std::mutex mutex;  // guards what follows
  int begins = 0;
  std::string type, text;
  std::optional<std::uint64_t> length;
};

std::future<Client::Outcome> listen(Client& client, const std::string& url, std::shared_ptr<Heard> heard,
                                    std::uint64_t max_bytes = 1 << 20) {
  auto promise = std::make_shared<std::promise<Client::Outcome>>();
  auto future = promise->get_future();
  client.send({.url = url, .headers = {}, .max_bytes = max_bytes, .timeout = 5s, .sink = std::move(heard)},
              [promise](Client::Outcome outcome) { promise->set_value(std::move(outcome)); });
  return future;
}

TEST(Client, HandsABodyOnWhileItComes) {
  Origin origin;
  origin.answer("/a", {.headers = {"Content-Type: image/png"}, .body = "picture", .rest_waits_after = 3});
  Client client({.addresses = everything()});
  const auto heard = std::make_shared<Heard>();
  auto outcome = listen(client, origin.url("/a"), heard);
  for (int i = 0; i < 500 && heard->so_far() != "pic"; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(heard->so_far(), "pic");
  origin.let_the_rest_go();
  const auto answer = outcome.get();
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_TRUE(answer->body.empty());
  EXPECT_EQ(heard->text, "picture");
  EXPECT_EQ(heard->type, "image/png");
  EXPECT_EQ(heard->length, 7u);
  EXPECT_EQ(heard->begins, 1);
}

TEST(Client, HandsOnBodiesThatDoNotSayHowLongTheyAre) {
  Origin origin;
  origin.answer("/chunked", {.body = "picture", .chunked = true});
  origin.answer("/until-the-end", {.body = "picture", .announce_length = false});
  Client client({.addresses = everything()});
  for (const char* path : {"/chunked", "/until-the-end"}) {
    const auto heard = std::make_shared<Heard>();
    ASSERT_TRUE(listen(client, origin.url(path), heard).get());
    EXPECT_EQ(heard->text, "picture") << path;
    EXPECT_EQ(heard->length, std::nullopt) << path;
  }
}

TEST(Client, TriesNothingAgainThatHasBegun) {
  Origin origin;
  origin.answer_in_turn("/breaks", {{.body = "picture", .cut_after = 3, .orderly = true}, {.body = "another"}});
  origin.answer_in_turn("/drops", {{.drop = true}, {.body = "picture"}});
  Client client({.addresses = everything()});
  const auto broken = std::make_shared<Heard>(), dropped = std::make_shared<Heard>();
  EXPECT_EQ(listen(client, origin.url("/breaks"), broken).get().error().kind, Kind::unreachable);
  EXPECT_EQ(broken->text, "pic");
  EXPECT_TRUE(listen(client, origin.url("/drops"), dropped).get());
  EXPECT_EQ(dropped->text, "picture");
}

TEST(Client, KeepsOtherAnswersAndTooLongOnesFromTheSink) {
  Origin origin;
  origin.answer("/wrong", {.status = 400, .body = "mistake"});
  origin.answer("/long", {.body = std::string(200, 'x'), .chunked = true});
  Client client({.addresses = everything()});
  const auto wrong = std::make_shared<Heard>(), endless = std::make_shared<Heard>();
  EXPECT_EQ(listen(client, origin.url("/wrong"), wrong).get()->body.view(), "mistake");
  EXPECT_EQ(wrong->begins, 0);
  EXPECT_EQ(listen(client, origin.url("/long"), endless, 100).get().error().kind, Kind::too_large);
  EXPECT_LE(endless->text.size(), 100u);
}

}  // namespace
}  // namespace imcaxy::http
