// The client in front of a store that misbehaves.
#include "s3/client.hpp"

#include <fcntl.h>

#include <fstream>

#include <gtest/gtest.h>

#include "base/hash.hpp"
#include "support/origin.hpp"
#include "unit/s3/asked.hpp"

namespace imcaxy::s3 {
namespace {

using namespace std::chrono_literals;
using namespace test;
using imcaxy::test::Origin;
using imcaxy::test::Script;
using Kind = Failure::Kind;

ClientOptions quick(std::uint16_t port) {
  return {.place = {.endpoint = "127.0.0.1:" + std::to_string(port), .bucket = "imcaxy"},
          .access_key = "access",
          .secret_key = "secret",
          .stall_timeout = 5s,
          .timeout = 10s,
          .longest_backoff = 40ms};
}

class S3Client : public ::testing::Test {
 protected:
  Client& client() {
    if (!client_) client_ = *Client::open(options);
    return *client_;
  }
  static Script slow_down() {
    return {.status = 503, .body = "<Error><Code>SlowDown</Code><Message>Reduce your request rate</Message></Error>"};
  }
  static Script part(const std::string& whole, std::size_t first) {
    return {.status = 206,
            .headers = {"ETag: \"1\"", "Content-Range: bytes " + std::to_string(first) + "-" +
                                           std::to_string(whole.size() - 1) + "/" + std::to_string(whole.size())},
            .body = whole.substr(first)};
  }

  Origin origin;
  ClientOptions options = quick(origin.port());

 private:
  std::unique_ptr<Client> client_;
};

TEST_F(S3Client, SignsAndSendsWhatItWasGiven) {
  origin.answer("/imcaxy/a", {});
  ASSERT_TRUE(put(client(), "a", UploadBody::of(Bytes::copy("picture")), {{"size", "7"}}));
  const std::string header = origin.last_header("/imcaxy/a");
  EXPECT_EQ(origin.last_body("/imcaxy/a"), "picture");
  for (const std::string line : {"PUT /imcaxy/a HTTP/1.1", "content-type: image/png", "x-amz-meta-size: 7",
                                 "Authorization: AWS4-HMAC-SHA256 Credential=access/"})
    EXPECT_NE(header.find(line), std::string::npos) << line << " in\n" << header;
  EXPECT_NE(header.find("x-amz-content-sha256: " + sha256_hex("picture")), std::string::npos) << header;
  EXPECT_EQ(header.find("secret"), std::string::npos);
}

TEST_F(S3Client, TriesAgainWhenAskedToSlowDown) {
  origin.answer_in_turn("/imcaxy/a", {slow_down(), slow_down(), {}});
  EXPECT_TRUE(put(client(), "a", "picture"));
  EXPECT_EQ(origin.requests("/imcaxy/a"), 3u);
  EXPECT_EQ(origin.last_body("/imcaxy/a"), "picture") << "from its beginning again";
  origin.answer("/imcaxy/b", slow_down());
  const auto outcome = put(client(), "b", "picture");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(kind_of(outcome), Kind::slow);
  EXPECT_NE(outcome.error().text.find("Reduce your request rate"), std::string::npos);
  EXPECT_EQ(origin.requests("/imcaxy/b"), 3u) << "and no more";
}

TEST_F(S3Client, GoesOnWhereADownloadBroke) {
  const std::string whole = "the whole picture";
  origin.answer_in_turn("/imcaxy/a",
                        {{.headers = {"ETag: \"1\""}, .body = whole, .cut_after = 4, .orderly = true}, part(whole, 4)});
  const Got got = get(client(), "a");
  ASSERT_TRUE(got.outcome) << got.outcome.error().text;
  EXPECT_EQ(got.body, whole);
  EXPECT_EQ(got.heads, 1);
  EXPECT_NE(origin.last_header("/imcaxy/a").find("range: bytes=4-"), std::string::npos);
  EXPECT_NE(origin.last_header("/imcaxy/a").find("if-match: \"1\""), std::string::npos);
}

TEST_F(S3Client, NeverMixesTwoVersions) {
  const std::string whole = "the whole picture";
  Script other = part(whole, 4);
  other.headers[0] = "ETag: \"2\"";
  origin.answer_in_turn("/imcaxy/other",
                        {{.headers = {"ETag: \"1\""}, .body = whole, .cut_after = 4, .orderly = true}, other});
  origin.answer_in_turn("/imcaxy/gone", {{.headers = {"ETag: \"1\""}, .body = whole, .cut_after = 4, .orderly = true},
                                         {.status = 412, .body = "<Error><Code>PreconditionFailed</Code></Error>"}});
  origin.answer_in_turn("/imcaxy/deaf", {{.headers = {"ETag: \"1\""}, .body = whole, .cut_after = 4, .orderly = true},
                                         {.headers = {"ETag: \"1\""}, .body = whole}});
  for (const auto& [key, kind] : std::initializer_list<std::pair<std::string, Kind>>{
           {"other", Kind::damaged}, {"gone", Kind::damaged}, {"deaf", Kind::invalid}}) {
    const Got got = get(client(), key);
    ASSERT_FALSE(got.outcome) << key;
    EXPECT_EQ(kind_of(got.outcome), kind) << key << ": " << got.outcome.error().text;
    EXPECT_EQ(got.body, "the ") << key;
  }
}

TEST_F(S3Client, FindsDamageByTheChecksum) {
  const std::string checksum = "x-amz-checksum-sha256: " + base64([] {
                                 Sha256 hash;
                                 hash.update("picture");
                                 return hash.digest();
                               }());
  origin.answer("/imcaxy/whole", {.headers = {checksum}, .body = "picture"});
  origin.answer("/imcaxy/damaged", {.headers = {checksum}, .body = "pictura"});
  EXPECT_TRUE(get(client(), "whole").outcome);
  const Got got = get(client(), "damaged");
  ASSERT_FALSE(got.outcome);
  EXPECT_EQ(kind_of(got.outcome), Kind::damaged);
  EXPECT_EQ(origin.requests("/imcaxy/damaged"), 1u);
}

TEST_F(S3Client, AStallIsNotWaitedForInFull) {
  origin.answer("/imcaxy/drip", {.body = std::string(1000, 'x'), .pause_ms_between_bytes = 20});
  origin.answer("/imcaxy/silent", {});
  origin.hold("/imcaxy/silent");
  options.stall_timeout = 300ms;
  options.timeout = 2s;
  options.tries = 1;
  const auto begun = std::chrono::steady_clock::now();
  const auto silent = head(client(), "silent");
  ASSERT_FALSE(silent);
  EXPECT_EQ(kind_of(silent), Kind::slow) << silent.error().text;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 1500ms);
  const Got drip = get(client(), "drip");
  ASSERT_FALSE(drip.outcome) << "bytes come all the time, but not in time";
  EXPECT_EQ(kind_of(drip.outcome), Kind::slow);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 4s);
}

TEST_F(S3Client, ATransferThatGoesOnIsNoStall) {
  origin.answer("/imcaxy/drip", {.body = std::string(40, 'x'), .pause_ms_between_bytes = 40});
  options.stall_timeout = 1s;
  EXPECT_EQ(get(client(), "drip").body.size(), 40u);
  EXPECT_EQ(origin.requests("/imcaxy/drip"), 1u);
}

TEST_F(S3Client, TheFirstByteIsWaitedForAsLongAsTheCallerSays) {
  origin.answer("/imcaxy/silent", {.body = "late"});
  origin.hold("/imcaxy/silent");
  origin.answer("/imcaxy/drip", {.body = std::string(40, 'x'), .pause_ms_between_bytes = 40});
  const auto begun = std::chrono::steady_clock::now();
  const Got silent = get(client(), {.key = "silent", .max_bytes = 100, .first_byte_within = 400ms});
  ASSERT_FALSE(silent.outcome);
  EXPECT_EQ(kind_of(silent.outcome), Kind::slow) << silent.outcome.error().text;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 1500ms) << "with all tries";
  const Got drip = get(client(), {.key = "drip", .max_bytes = 100, .first_byte_within = 400ms});
  EXPECT_EQ(drip.body.size(), 40u) << "the rest may take longer";
  origin.release("/imcaxy/silent");
}

TEST_F(S3Client, LeavesAFailingStoreAloneAndComesBack) {
  options.breaker = {.failures = 3, .open_for = 1s};
  options.tries = 1;
  origin.answer("/imcaxy/a", slow_down());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(kind_of(head(client(), "a")), Kind::slow);
  EXPECT_TRUE(client().left_alone());
  const auto refused = head(client(), "a");
  EXPECT_EQ(kind_of(refused), Kind::left_alone);
  EXPECT_EQ(origin.requests("/imcaxy/a"), 3u) << "not asked";
  std::this_thread::sleep_for(1010ms);
  origin.answer("/imcaxy/a", {});
  EXPECT_TRUE(head(client(), "a"));
  EXPECT_FALSE(client().left_alone());
}

TEST_F(S3Client, WhatIsMissingOrFullDoesNotMakeItLeftAlone) {
  options.breaker = {.failures = 2, .open_for = 10s};
  origin.answer("/imcaxy/full", {.status = 507, .body = "<Error><Code>XMinioStorageFull</Code></Error>"});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(kind_of(head(client(), "missing")), Kind::not_found);
    EXPECT_EQ(kind_of(put(client(), "full", "x")), Kind::full);
  }
  EXPECT_FALSE(client().left_alone());
  EXPECT_EQ(origin.requests("/imcaxy/full"), 3u) << "and is not tried again";
}

TEST_F(S3Client, BoundsWhatRunsAndWhatWaits) {
  options.max_running = 2;
  options.max_waiting = 3;
  options.stall_timeout = 10s;
  origin.answer("/imcaxy/a", {});
  origin.hold("/imcaxy/a");
  std::vector<std::future<Kind>> futures;
  for (int i = 0; i < 8; ++i) {
    auto promise = std::make_shared<std::promise<Kind>>();
    futures.push_back(promise->get_future());
    client().head("a", [promise](Outcome<ObjectHead> o) { promise->set_value(o ? Kind::not_found : o.error().kind); });
  }
  for (int i = 5; i < 8; ++i) EXPECT_EQ(futures[i].get(), Kind::left_alone);
  ASSERT_TRUE(origin.wait_for_requests("/imcaxy/a", 2));
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(origin.requests("/imcaxy/a"), 2u);
  origin.release("/imcaxy/a");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(futures[i].get(), Kind::not_found) << "which stands for an answer here";
}

TEST_F(S3Client, SendsAFileAndSeesThatItChanged) {
  const std::string path = ::testing::TempDir() + "s3_client_test_file";
  std::ofstream(path) << "head" << std::string(300'000, 'p');
  auto body = UploadBody::of_file(Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), 4);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->size(), 300'000u);
  origin.answer_in_turn("/imcaxy/a", {{.drop = true}, {}});
  EXPECT_TRUE(put(client(), "a", *body));
  EXPECT_TRUE(origin.last_body("/imcaxy/a") == std::string(300'000, 'p'));
  std::ofstream(path, std::ios::trunc) << "short";
  EXPECT_EQ(kind_of(put(client(), "b", *body)), Kind::invalid);
  std::remove(path.c_str());
  EXPECT_FALSE(UploadBody::of_file(Descriptor()));
}

TEST_F(S3Client, HostileAnswersAreBounded) {
  origin.answer("/imcaxy/error", {.status = 500, .body = std::string(4 << 20, 'x'), .announce_length = false});
  origin.answer("/imcaxy?encoding-type=url&list-type=2&max-keys=1000", {.body = std::string(9 << 20, ' ')});
  origin.answer("/imcaxy/large", {.body = std::string(1000, 'x')});
  origin.answer("/imcaxy/endless", {.body = "x", .announce_length = false});
  options.tries = 1;
  EXPECT_EQ(kind_of(get(client(), "error").outcome), Kind::unreachable);
  EXPECT_EQ(kind_of(list(client())), Kind::invalid);
  const Got large = get(client(), "large", {}, 999);
  EXPECT_EQ(kind_of(large.outcome), Kind::too_large);
  EXPECT_EQ(large.heads + large.chunks, 0);
  EXPECT_EQ(kind_of(get(client(), "endless").outcome), Kind::invalid) << "S3 announces every length";
}

TEST_F(S3Client, RefusesWhatCanNotBeSigned) {
  const auto with = [&](Metadata metadata) { return put(client(), "a", UploadBody::of(Bytes()), std::move(metadata)); };
  for (const Metadata& metadata : std::initializer_list<Metadata>{
           {{"a", "1"}, {"a-b", "2"}}, {{"A", "1"}}, {{"", "1"}}, {{"a", ""}}, {{"a", "1\r\nx: y"}}})
    EXPECT_EQ(kind_of(with(metadata)), Kind::invalid);
  EXPECT_EQ(kind_of(put(client(), "a/../b", "x")), Kind::invalid);
  EXPECT_EQ(kind_of(remove(client(), {"a", "/b"})), Kind::invalid);
  EXPECT_EQ(origin.connections(), 0u);
}

TEST_F(S3Client, AReaderMayLeave) {
  origin.answer("/imcaxy/a", {.body = std::string(1 << 20, 'x')});
  const auto outcome = wait_for<ObjectHead>([&](auto done) {
    client().get({.key = "a", .max_bytes = 2 << 20, .on_head = {}, .on_bytes = [](std::string_view) { return false; }},
                 std::move(done));
  });
  EXPECT_EQ(kind_of(outcome), Kind::stopped);
  EXPECT_EQ(origin.requests("/imcaxy/a"), 1u);
}

TEST_F(S3Client, EndsWhatRunsWhenItStops) {
  origin.answer("/imcaxy/a", {});
  origin.hold("/imcaxy/a");
  options.stall_timeout = 10s;
  auto promise = std::make_shared<std::promise<Kind>>();
  client().head("a", [promise](Outcome<ObjectHead> o) { promise->set_value(o.error().kind); });
  ASSERT_TRUE(origin.wait_for_requests("/imcaxy/a", 1));
  client().stop();
  EXPECT_EQ(promise->get_future().get(), Kind::stopped);
  EXPECT_EQ(kind_of(head(client(), "a")), Kind::stopped);
}

TEST(S3ClientAlone, SaysWhatCanNotBeReached) {
  std::uint16_t closed = 0;
  {
    Origin gone;
    closed = gone.port();
  }
  const auto client = *Client::open(quick(closed));
  const auto outcome = head(*client, "a");
  EXPECT_EQ(kind_of(outcome), Kind::unreachable);
  EXPECT_NE(outcome.error().text.find("127.0.0.1:" + std::to_string(closed)), std::string::npos)
      << outcome.error().text;
  EXPECT_EQ(client->stats().retries, 2u);
}

TEST(S3ClientAlone, OptionsAreCheckedBeforeAnythingIsAsked) {
  const auto told = [](auto change) {
    ClientOptions options = quick(9000);
    change(options);
    const auto client = Client::open(options);
    return client ? std::string("nothing") : client.error().message;
  };
  EXPECT_NE(told([](auto& o) { o.place.endpoint = "http://127.0.0.1:9000"; }).find("write '127.0.0.1:9000'"),
            std::string::npos);
  EXPECT_NE(told([](auto& o) { o.secret_key.clear(); }).find("secret key"), std::string::npos);
  EXPECT_NE(told([](auto& o) { o.ca_file = "/nowhere"; }).find("/nowhere"), std::string::npos);
  EXPECT_NE(told([](auto& o) { o.ca_file = "CMakeLists.txt"; }).find("no certificate"), std::string::npos);
}

}  // namespace
}  // namespace imcaxy::s3
