// The client in front of the real MinIO.
#include "support/service.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "s3/client.hpp"
#include "unit/s3/asked.hpp"

namespace imcaxy::s3 {
namespace {

using namespace std::chrono_literals;
using namespace test;
using imcaxy::test::Identity;
using imcaxy::test::make_identity;
using imcaxy::test::Minio;
using imcaxy::test::MinioOptions;
using Kind = Failure::Kind;

ClientOptions options_for(const Minio& minio) {
  return {.place = {.endpoint = minio.endpoint(), .bucket = "imcaxy"},
          .access_key = minio.access_key(),
          .secret_key = minio.secret_key(),
          .stall_timeout = 10s,
          .timeout = 30s};
}

std::string noise(std::size_t bytes) {
  std::string out(bytes, '\0');
  std::uint32_t x = 1;
  for (char& c : out) c = static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  return out;
}

std::string name_of(int i) {
  return fmt::format("many/{:04}", i);
}

/// One MinIO for all plays that leave it as it is.
class MinioTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!Minio::missing()) minio = std::make_unique<Minio>();
  }
  static void TearDownTestSuite() { minio.reset(); }
  void SetUp() override {
    NEEDS_SERVICE(Minio);
    client_ = *Client::open(options_for(*minio));
    const auto made = ensure_bucket(*client_);
    ASSERT_TRUE(made) << made.error().text;
  }
  Client& client() { return *client_; }

  static std::unique_ptr<Minio> minio;

 private:
  std::unique_ptr<Client> client_;
};
std::unique_ptr<Minio> MinioTest::minio;

TEST_F(MinioTest, KeepsAnObjectAndWhatIsToBeKnownOfIt) {
  const auto stored =
      put(client(), "dir/ä b+c~(1)", UploadBody::of(Bytes::copy("picture")), {{"imcaxy", "{\"a\": 1}"}, {"size", "7"}});
  ASSERT_TRUE(stored) << stored.error().text;
  const Got got = get(client(), "dir/ä b+c~(1)");
  ASSERT_TRUE(got.outcome) << got.outcome.error().text;
  EXPECT_EQ(got.body, "picture");
  for (const auto& head : {got.outcome, head(client(), "dir/ä b+c~(1)")}) {
    ASSERT_TRUE(head) << head.error().text;
    EXPECT_EQ(head->bytes, 7u);
    EXPECT_EQ(head->content_type, "image/png");
    EXPECT_EQ(head->metadata, (Metadata{{"imcaxy", "{\"a\": 1}"}, {"size", "7"}}));
    EXPECT_EQ(head->sha256, UploadBody::of(Bytes::copy("picture")).sha256());
    EXPECT_FALSE(head->etag.empty());
  }
  ASSERT_TRUE(put(client(), "dir/ä b+c~(1)", "another"));
  EXPECT_EQ(get(client(), "dir/ä b+c~(1)").body, "another");
}

TEST_F(MinioTest, EmptyAndLargeObjectsFromMemoryAndFromFiles) {
  EXPECT_TRUE(put(client(), "empty", ""));
  const Got empty = get(client(), "empty");
  ASSERT_TRUE(empty.outcome) << empty.outcome.error().text;
  EXPECT_EQ(empty.heads, 1);
  EXPECT_EQ(empty.body, "");
  const std::string large = noise(12 << 20);
  ASSERT_TRUE(put(client(), "memory", large));
  const std::string path = ::testing::TempDir() + "s3_minio_test_file";
  std::ofstream(path) << "head" << large;
  auto file = UploadBody::of_file(Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), 4);
  ASSERT_TRUE(file);
  std::remove(path.c_str());
  ASSERT_TRUE(put(client(), "file", *file));
  for (const char* key : {"memory", "file"}) {
    const Got got = get(client(), key);
    ASSERT_TRUE(got.outcome) << got.outcome.error().text;
    EXPECT_TRUE(got.body == large) << key;
    EXPECT_GT(got.chunks, 12) << "as they come, not at once";
  }
}

TEST_F(MinioTest, PartsOfAnObject) {
  ASSERT_TRUE(put(client(), "parts", "0123456789"));
  const Got middle = get(client(), "parts", Range{2, 5});
  ASSERT_TRUE(middle.outcome) << middle.outcome.error().text;
  EXPECT_EQ(middle.body, "2345");
  EXPECT_EQ(middle.outcome->bytes, 10u);
  EXPECT_EQ(get(client(), "parts", Range{7, {}}).body, "789");
  EXPECT_EQ(kind_of(get(client(), "parts", Range{20, {}}).outcome), Kind::invalid);
}

TEST_F(MinioTest, WhatIsNotThere) {
  EXPECT_EQ(kind_of(head(client(), "nothing")), Kind::not_found);
  const Got got = get(client(), "nothing");
  EXPECT_EQ(kind_of(got.outcome), Kind::not_found);
  EXPECT_EQ(got.heads + got.chunks, 0);
  auto options = options_for(*minio);
  options.place.bucket = "no-such-bucket";
  const auto other = *Client::open(options);
  EXPECT_EQ(kind_of(get(*other, "nothing").outcome), Kind::no_bucket);
  EXPECT_EQ(kind_of(put(*other, "nothing", "x")), Kind::no_bucket);
}

TEST_F(MinioTest, ListsInPagesAndRemovesInBatches) {
  constexpr int count = 1050;  // more than a page, more than a batch
  std::vector<std::string> keys;
  std::vector<std::future<bool>> stored;
  for (int i = 0; i < count; ++i) {
    keys.push_back(name_of(i));
    auto promise = std::make_shared<std::promise<bool>>();
    stored.push_back(promise->get_future());
    client().put({.key = keys.back(), .body = UploadBody::of(Bytes::copy(std::to_string(i)))},
                 [promise](Outcome<void> o) { promise->set_value(o.has_value()); });
    if (i >= 200) stored[static_cast<std::size_t>(i) - 200].wait();
  }
  for (auto& future : stored) ASSERT_TRUE(future.get());
  ASSERT_TRUE(put(client(), "many/x&<y> z", "1"));
  keys.push_back("many/x&<y> z");

  std::vector<std::string> listed;
  int pages = 0;
  for (ListRequest request{.prefix = "many/"};; ++pages) {
    const auto page = list(client(), request);
    ASSERT_TRUE(page) << page.error().text;
    for (const Listed& object : page->objects) listed.push_back(object.key);
    request.page = page->next;
    if (page->next.empty()) break;
  }
  EXPECT_EQ(pages, 1) << "and the last";
  EXPECT_EQ(listed, keys);

  auto gone = keys;
  gone.push_back("many/never-there");
  const auto removed = remove(client(), gone);
  ASSERT_TRUE(removed) << removed.error().text;
  EXPECT_TRUE(removed->empty());
  EXPECT_TRUE(list(client(), {.prefix = "many/"})->objects.empty());
}

TEST_F(MinioTest, ManyMakeTheBucketAtOnce) {
  auto options = options_for(*minio);
  options.place.bucket = "made-by-many";
  std::vector<std::unique_ptr<Client>> nodes;
  std::vector<std::future<std::string>> made;
  for (int i = 0; i < 8; ++i) {
    nodes.push_back(*Client::open(options));
    auto promise = std::make_shared<std::promise<std::string>>();
    made.push_back(promise->get_future());
    nodes.back()->ensure_bucket([promise](Outcome<void> o) { promise->set_value(o ? "made" : o.error().text); });
  }
  for (auto& future : made) EXPECT_EQ(future.get(), "made");
  EXPECT_TRUE(put(*nodes[0], "a", "x"));
}

TEST_F(MinioTest, TheBucketInTheHostsName) {
  ASSERT_TRUE(put(client(), "by/path", "picture"));
  auto options = options_for(*minio);
  options.place.endpoint = "localhost" + minio->endpoint().substr(minio->endpoint().find(':'));
  options.place.virtual_host = true;
  const auto other = *Client::open(options);
  EXPECT_TRUE(ensure_bucket(*other));
  EXPECT_EQ(get(*other, "by/path").body, "picture");
  ASSERT_TRUE(put(*other, "by/host", "another"));
  EXPECT_EQ(list(*other, {.prefix = "by/"})->objects.size(), 2u);
  EXPECT_EQ(get(client(), "by/host").body, "another");
}

TEST_F(MinioTest, TellsWrongCredentialsApart) {
  auto options = options_for(*minio);
  options.secret_key = "wrong-secret";
  const auto secret = ensure_bucket(**Client::open(options));
  ASSERT_FALSE(secret);
  EXPECT_EQ(kind_of(secret), Kind::refused);
  EXPECT_NE(secret.error().text.find("SignatureDoesNotMatch"), std::string::npos) << secret.error().text;
  options.access_key = "nobody";
  const auto access = put(**Client::open(options), "a", "x");
  ASSERT_FALSE(access);
  EXPECT_EQ(kind_of(access), Kind::refused);
  EXPECT_NE(access.error().text.find("InvalidAccessKeyId"), std::string::npos) << access.error().text;
}

TEST_F(MinioTest, TlsToAPortThatSpeaksNone) {
  auto options = options_for(*minio);
  options.place.tls = true;
  options.tries = 1;
  const auto outcome = ensure_bucket(**Client::open(options));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(kind_of(outcome), Kind::unreachable);
  EXPECT_NE(outcome.error().text.find("with TLS"), std::string::npos) << outcome.error().text;
}

TEST(MinioAlone, LocationsAndTlsWithACaOfOnesOwn) {
  NEEDS_SERVICE(Minio);
  const Identity ca = make_identity({.name = "imcaxy test CA"});
  const Minio minio({.location = "eu-central-1", .identity = make_identity({.name = "localhost", .issuer = &ca})});
  const std::string ca_file = ::testing::TempDir() + "s3_minio_test_ca.pem";
  std::ofstream(ca_file) << ca.certificate;
  ClientOptions options = options_for(minio);
  options.place.endpoint = "localhost" + minio.endpoint().substr(minio.endpoint().find(':'));
  options.place.tls = true;
  options.tries = 1;

  const auto stranger = ensure_bucket(**Client::open(options));
  ASSERT_FALSE(stranger);
  EXPECT_EQ(kind_of(stranger), Kind::untrusted) << stranger.error().text;

  options.ca_file = ca_file;
  const auto elsewhere = ensure_bucket(**Client::open(options));
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(kind_of(elsewhere), Kind::wrong_location);
  EXPECT_NE(elsewhere.error().text.find("eu-central-1"), std::string::npos) << elsewhere.error().text;

  options.place.location = "eu-central-1";
  const auto client = *Client::open(options);
  const auto made = ensure_bucket(*client);
  ASSERT_TRUE(made) << made.error().text;
  EXPECT_TRUE(ensure_bucket(*client)) << "and it is there";
  ASSERT_TRUE(put(*client, "a", noise(3 << 20)));
  EXPECT_TRUE(get(*client, "a").body == noise(3 << 20));

  options.place.tls = false;
  const auto plain = ensure_bucket(**Client::open(options));
  ASSERT_FALSE(plain);
  EXPECT_NE(plain.error().text.find("HTTPS server"), std::string::npos) << plain.error().text;
  std::remove(ca_file.c_str());
}

TEST(MinioAlone, PausedKilledAndBack) {
  NEEDS_SERVICE(Minio);
  Minio minio;
  ClientOptions options = options_for(minio);
  options.stall_timeout = 700ms;
  options.tries = 2;
  options.breaker = {.failures = 4, .open_for = 1s};
  const auto client = *Client::open(options);
  ASSERT_TRUE(ensure_bucket(*client));
  ASSERT_TRUE(put(*client, "a", "picture"));

  minio.pause();
  EXPECT_EQ(kind_of(get(*client, "a").outcome), Kind::slow);
  EXPECT_EQ(kind_of(put(*client, "b", "x")), Kind::slow);
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(kind_of(get(*client, "a").outcome), Kind::left_alone);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 100ms) << "nobody waits for a store that is known to fail";
  minio.resume();
  const auto back_within = [&](std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (get(*client, "a").body != "picture") {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(20ms);
    }
    return true;
  };
  EXPECT_TRUE(back_within(10s));
  EXPECT_FALSE(client->left_alone());

  minio.kill();
  EXPECT_EQ(kind_of(get(*client, "a").outcome), Kind::unreachable);
  minio.start();
  EXPECT_TRUE(back_within(10s)) << "what was stored is there, and no restart was needed";
}

TEST(MinioAlone, KilledInTheMiddleOfADownload) {
  NEEDS_SERVICE(Minio);
  Minio minio;
  ClientOptions options = options_for(minio);
  options.tries = 20;
  options.longest_backoff = 1s;
  options.breaker.failures = 1000;
  const auto client = *Client::open(options);
  ASSERT_TRUE(ensure_bucket(*client));
  const std::string large = noise(32 << 20);
  ASSERT_TRUE(put(*client, "a", large));

  std::promise<void> in_the_middle;
  std::promise<void> killed;
  std::string body;
  std::promise<Outcome<ObjectHead>> ended;
  bool told = false;
  client->get({.key = "a",
               .max_bytes = 100 << 20,
               .on_head = {},
               .on_bytes =
                   [&](std::string_view bytes) {
                     body += bytes;
                     if (body.size() > (4 << 20) && !std::exchange(told, true)) {
                       in_the_middle.set_value();
                       killed.get_future().wait();
                     }
                     return true;
                   }},
              [&](Outcome<ObjectHead> outcome) { ended.set_value(std::move(outcome)); });
  in_the_middle.get_future().wait();
  minio.kill();
  killed.set_value();
  minio.start();
  const auto outcome = ended.get_future().get();
  ASSERT_TRUE(outcome) << outcome.error().text;
  EXPECT_TRUE(body == large) << "and its checksum was compared";
  EXPECT_GE(client->stats().retries, 1u);
}

}  // namespace
}  // namespace imcaxy::s3
