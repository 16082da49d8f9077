#include "http/server.hpp"

#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "support/client.hpp"
#include "support/identity.hpp"

namespace imcaxy::http {
namespace {

using namespace std::chrono_literals;
using test::Client;

/// Sends what it is given, piece by piece.
class Pieces final : public BodySource {
 public:
  explicit Pieces(std::vector<Result<Bytes>> pieces, std::optional<std::uint64_t> length = {})
      : pieces_(std::move(pieces)), length_(length) {}
  std::optional<std::uint64_t> length() const override { return length_; }
  Task<Result<Bytes>> next() override {
    if (at_ == pieces_.size()) co_return Bytes();
    co_return pieces_[at_++];
  }

 private:
  std::vector<Result<Bytes>> pieces_;
  std::optional<std::uint64_t> length_;
  std::size_t at_ = 0;
};

/// `/hit` and the like at once, `/later` when the test opens the gate, `/echo` what it was sent.
class Scripted final : public Handler {
 public:
  Reply handle(Request& request) override {
    if (request.path == "/later") return later();
    if (request.path == "/throw") return failing();
    Response response;
    if (request.path == "/echo") {
      response.body = Bytes::copy(request.body);
    } else if (request.path == "/chunked") {
      response.stream = std::make_unique<Pieces>(std::vector<Result<Bytes>>{Bytes::copy("one "), Bytes::copy("two")});
    } else if (request.path == "/known-length") {
      response.stream =
          std::make_unique<Pieces>(std::vector<Result<Bytes>>{Bytes::copy("one "), Bytes::copy("two")}, 7);
    } else if (request.path == "/breaks") {
      response.stream = std::make_unique<Pieces>(std::vector<Result<Bytes>>{Bytes::copy("one "), fail(500, "broken")});
    } else if (request.path == "/big") {
      response.body = Bytes::adopt(std::string(8 << 20, 'b'));
    } else {
      response.prepared = Bytes::copy("ETag: \"v1\"\r\n");
      response.etag = "\"v1\"";
      response.body = Bytes::copy("0123456789");
    }
    response.add("X-Query", request.query);
    return response;
  }
  std::uint64_t max_body_bytes(const Request&) const override { return 1000; }
  Response refuse(unsigned status, std::string_view reason) const override { return Response::text(status, reason); }
  void answered(const Request& request, unsigned status, std::uint64_t sent,
                std::chrono::steady_clock::duration) override {
    std::lock_guard lock(mutex_);
    last_address_ = request.remote_address;
    log_.push_back(std::string(request.target) + " " + std::to_string(status) + " " + std::to_string(sent));
  }

  void open_gate() { gate_.set_value(); }
  std::vector<std::string> log() {
    std::lock_guard lock(mutex_);
    return log_;
  }
  std::string last_address() {
    std::lock_guard lock(mutex_);
    return last_address_;
  }

 private:
  Task<Response> later() {
    auto waiting = [this](Callback<bool> done) {
      waiter_ = std::jthread([this, done = std::move(done)]() mutable {
        opened_.wait();
        done(true);
      });
    };
    co_await await_callback<bool>(10s, waiting);
    co_return Response::text(200, "at last");
  }
  Task<Response> failing() {
    throw std::runtime_error("as scripted");
    co_return Response();
  }

  std::promise<void> gate_;
  std::shared_future<void> opened_ = gate_.get_future().share();
  std::jthread waiter_;
  std::mutex mutex_;
  std::vector<std::string> log_;
  std::string last_address_;
};

/// Every play is played twice: plain and, as GetParam() tells, with TLS.
class ServerTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override { start({}); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void start(ServerOptions options) {
    options.bind = "127.0.0.1";
    options.port = 0;
    if (GetParam()) options.tls = files();
    server_ = std::make_unique<Server>(options, handler_);
    const auto started = server_->start();
    ASSERT_TRUE(started) << started.error().message;
    port_ = {server_->port(), GetParam()};
  }
  TlsFiles files() {
    std::string pattern = testing::TempDir() + "imcaxy_server_XXXXXX";
    if (folder_.empty()) folder_ = mkdtemp(pattern.data());
    const test::Identity identity = test::make_identity();
    const TlsFiles paths{folder_ / "certificate.pem", folder_ / "key.pem"};
    std::ofstream(paths.certificate) << identity.certificate;
    std::ofstream(paths.key) << identity.key;
    return paths;
  }
  void restart(ServerOptions options) {
    server_.reset();
    start(std::move(options));
  }

  Scripted handler_;
  std::unique_ptr<Server> server_;
  test::Endpoint port_;
  std::filesystem::path folder_;
};

INSTANTIATE_TEST_SUITE_P(Streams, ServerTest, testing::Bool(),
                         [](const auto& tested) { return tested.param ? "Tls" : "Plain"; });

TEST_P(ServerTest, KeepsAConnectionForManyRequests) {
  Client client(port_);
  for (int i = 0; i < 100; ++i) {
    const auto answer = client.get("/hit?n=" + std::to_string(i));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "0123456789");
    EXPECT_EQ(answer->header("x-query"), "n=" + std::to_string(i));
    EXPECT_FALSE(answer->header("date").empty());
    EXPECT_FALSE(answer->header("x-request-id").empty());
  }
  EXPECT_EQ(server_->connections(), 1u);
}

TEST_P(ServerTest, AnswersPipelinedRequestsInOrder) {
  Client client(port_);
  std::string all;
  for (int i = 0; i < 50; ++i) all += "GET /hit?n=" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  client.send(all);
  for (int i = 0; i < 50; ++i) {
    const auto answer = client.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header("x-query"), "n=" + std::to_string(i));
  }
}

TEST_P(ServerTest, ReadsARequestThatComesByteByByte) {
  Client client(port_);
  for (char c : std::string("GET /hit?slow HTTP/1.1\r\nHost: h\r\n\r\n")) {
    client.send({&c, 1});
    std::this_thread::sleep_for(1ms);
  }
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->header("x-query"), "slow");
}

TEST_P(ServerTest, HeadConditionsAndRanges) {
  Client client(port_);
  const auto head = client.request("HEAD", "/hit");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->header("content-length"), "10");
  const auto same = client.get("/hit", {{"If-None-Match", "\"v1\""}});
  ASSERT_TRUE(same);
  EXPECT_EQ(same->status, 304);
  EXPECT_EQ(same->header("etag"), "\"v1\"");
  const auto part = client.get("/hit", {{"Range", "bytes=2-4"}});
  ASSERT_TRUE(part);
  EXPECT_EQ(part->status, 206);
  EXPECT_EQ(part->body, "234");
  EXPECT_EQ(part->header("content-range"), "bytes 2-4/10");
  const auto beyond = client.get("/hit", {{"Range", "bytes=10-"}});
  ASSERT_TRUE(beyond);
  EXPECT_EQ(beyond->status, 416);
  EXPECT_EQ(beyond->header("content-range"), "bytes */10");
}

TEST_P(ServerTest, OldClientsAreClosedUnlessTheyAskOtherwise) {
  Client once(port_);
  once.send("GET /hit HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(once.receive());
  EXPECT_TRUE(once.closed_within(2s));
  Client kept(port_);
  kept.send("GET /hit HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto answer = kept.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->header("connection"), "keep-alive");
  EXPECT_FALSE(kept.closed_within(50ms));
}

TEST_P(ServerTest, StreamsBodiesOfKnownAndUnknownLength) {
  Client client(port_);
  const auto chunked = client.get("/chunked");
  ASSERT_TRUE(chunked);
  EXPECT_EQ(chunked->header("transfer-encoding"), "chunked");
  EXPECT_EQ(chunked->body, "one two");
  const auto known = client.get("/known-length");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->header("content-length"), "7");
  EXPECT_EQ(known->body, "one two");
  client.send("GET /chunked HTTP/1.0\r\n\r\n");
  const auto old = client.receive();
  ASSERT_TRUE(old);
  EXPECT_EQ(old->body, "one two");
}

TEST_P(ServerTest, AStreamThatBreaksIsNeverTakenForWhole) {
  Client client(port_);
  EXPECT_FALSE(client.get("/breaks"));
}

TEST_P(ServerTest, AChunkedBodyMayComeByteByByte) {
  Client slow(port_);
  slow.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const char c : std::string_view("3\r\nabc\r\n0\r\n\r\n")) {
    slow.send(std::string(1, c));
    std::this_thread::sleep_for(5ms);
  }
  const auto assembled = slow.receive();
  ASSERT_TRUE(assembled);
  EXPECT_EQ(assembled->body, "abc");
}

TEST_P(ServerTest, TakesBodiesUpToTheLimitAndRefusesBeyondBeforeReading) {
  Client client(port_);
  const auto echoed = client.request("POST", "/echo", {}, std::string(1000, 'x'));
  ASSERT_TRUE(echoed);
  EXPECT_EQ(echoed->body, std::string(1000, 'x'));
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  const auto chunked = client.receive();
  ASSERT_TRUE(chunked);
  EXPECT_EQ(chunked->body, "abcde");

  Client huge(port_);
  huge.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5368709120\r\n\r\n");
  const auto refused = huge.receive();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 413);
  Client sly(port_);
  sly.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 100 && sly.send("100\r\n" + std::string(256, 'y') + "\r\n"); ++i) {
  }
  const auto cut = sly.receive();
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->status, 413);
}

TEST_P(ServerTest, AHeaderInManyPiecesIsReadAsOne) {
  Client client(port_);
  std::string text =
      "GET /hit?where=here HTTP/1.1\r\nX-Filler: " + std::string(9000, 'f') + "\r\nX-Request-Id: mine\r\n\r\n";
  while (!text.empty()) {
    const std::size_t piece = std::min<std::size_t>(text.size(), 700);
    ASSERT_TRUE(client.send(text.substr(0, piece)));
    text.erase(0, piece);
    std::this_thread::sleep_for(1ms);
  }
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->header("x-query"), "where=here");
  EXPECT_EQ(answer->header("x-request-id"), "mine");
}

TEST_P(ServerTest, EmptyLinesInFrontOfARequestAreSkipped) {
  Client client(port_);
  client.send("\r\n\r\nGET /hit HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.receive()->status, 200);
}

TEST_P(ServerTest, SaysWhatIsWrongWithARequest) {
  const std::pair<std::string, int> cases[] = {
      {"nonsense\r\n\r\n", 400},
      {"GET /hit HTTP/3.7\r\n\r\n", 400},
      {"GET /hit HTTP/1.1\n\n", 400},
      {"GET /" + std::string(30000, 'a'), 414},
      {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n\r\n", 414},
      {"GET /hit HTTP/1.1\r\nX: " + std::string(40000, 'a') + "\r\n\r\n", 431},
      {"POST /echo HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400},
      {"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
  };
  for (const auto& [text, status] : cases) {
    Client client(port_);
    client.send(text);
    const auto answer = client.receive();
    ASSERT_TRUE(answer) << text.substr(0, 40);
    EXPECT_EQ(answer->status, status) << text.substr(0, 40);
    EXPECT_EQ(answer->header("connection"), "close");
    EXPECT_TRUE(client.closed_within(5s));
  }
}

TEST_P(ServerTest, TooManyHeadersAreRefused) {
  Client client(port_);
  std::string text = "GET /hit HTTP/1.1\r\n";
  for (int i = 0; i < 200; ++i) text += "X-" + std::to_string(i) + ": y\r\n";
  client.send(text + "\r\n");
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 431);
}

TEST_P(ServerTest, AHeaderThatNeverEndsTimesOutAndIdleConnectionsEnd) {
  ServerOptions options;
  options.header_timeout = 1s;
  options.idle_timeout = 1s;
  restart(options);
  Client slow(port_), idle(port_);
  slow.send("GET /hit HTTP/1.1\r\nX-");
  const auto answer = slow.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 408);
  EXPECT_TRUE(idle.closed_within(3s));
}

TEST_P(ServerTest, AHandlerThatThrowsIsA500AndTheServerGoesOn) {
  Client client(port_);
  const auto answer = client.get("/throw");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 500);
  EXPECT_TRUE(client.get("/hit"));
}

TEST_P(ServerTest, AClientThatReadsNothingIsCutOffAndHoldsNobodyUp) {
  ServerOptions options;
  options.min_write_bytes_per_second = 1u << 30;
  restart(options);
  Client slow(port_);
  slow.shrink_window();
  slow.send("GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(50ms);
  const auto other = test::fetch(port_, "GET", "/big");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->body.size(), 8u << 20);
}

TEST_P(ServerTest, ConnectionsBeyondTheLimitAreTold) {
  ServerOptions options;
  options.max_connections = 2;
  restart(options);
  Client one(port_), two(port_);
  ASSERT_TRUE(one.get("/hit"));
  ASSERT_TRUE(two.get("/hit"));
  Client three(port_);
  const auto answer = three.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_TRUE(three.closed_within(5s));
  EXPECT_EQ(handler_.last_address(), "127.0.0.1");
}

TEST_P(ServerTest, ADrainFinishesWhatRunsAndClosesTheRest) {
  Client idle(port_), busy(port_);
  ASSERT_TRUE(idle.get("/hit"));
  busy.send("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(100ms);
  auto drained = std::async(std::launch::async, [&] { server_->drain(std::chrono::steady_clock::now() + 10s); });
  EXPECT_TRUE(idle.closed_within(2s));
  EXPECT_THROW(Client another(port_), std::runtime_error);
  handler_.open_gate();
  const auto answer = busy.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "at last");
  EXPECT_EQ(answer->header("connection"), "close");
  EXPECT_EQ(drained.wait_for(5s), std::future_status::ready);
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_P(ServerTest, KeepsAHarmlessRequestIdAndReplacesOthers) {
  Client client(port_);
  EXPECT_EQ(client.get("/hit", {{"X-Request-Id", "abc-1.2_3"}})->header("x-request-id"), "abc-1.2_3");
  EXPECT_NE(client.get("/hit", {{"X-Request-Id", "a b\"c"}})->header("x-request-id"), "a b\"c");
}

TEST_P(ServerTest, TellsTheHandlerWhatWasSent) {
  Client client(port_);
  client.get("/hit?1");
  client.get("/hit?2", {{"Range", "bytes=0-0"}});
  client.get("/hit?3");
  const auto log = handler_.log();
  ASSERT_GE(log.size(), 2u);
  EXPECT_EQ(log[0], "/hit?1 200 10");
  EXPECT_EQ(log[1], "/hit?2 206 1");
}

}  // namespace
}  // namespace imcaxy::http
