// Pictures that the nodes share, with the real bucket and the real database.
#include "cluster/shared_tier.hpp"

#include <future>

#include <gmock/gmock.h>

#include "cluster/collections.hpp"
#include "unit/cluster/database.hpp"

namespace imcaxy::cluster {
namespace {

using namespace std::chrono_literals;

template <class T, class Ask>
T wait_for(Ask ask) {
  auto promise = std::make_shared<std::promise<T>>();
  auto future = promise->get_future();
  ask([promise](T value) { promise->set_value(std::move(value)); });
  return future.get();
}

class SharedTierTest : public test::DatabaseTest {
 protected:
  void SetUp() override {
    NEEDS_SERVICE(Minio);
    DatabaseTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    static const auto server = std::make_unique<imcaxy::test::Minio>();
    static int plays = 0;
    s3::ClientOptions options;
    options.place = {.endpoint = server->endpoint(), .bucket = "play" + std::to_string(++plays)};
    options.access_key = server->access_key();
    options.secret_key = server->secret_key();
    bucket_ = *s3::Client::open(options);
    ASSERT_TRUE(wait_for<s3::Outcome<void>>([&](auto done) { bucket_->ensure_bucket(std::move(done)); }));
    images_ = std::make_unique<Images>(mongo());
    log_ = std::make_unique<EventLog>(mongo());
    ASSERT_TRUE(images_->prepare());
    ASSERT_TRUE(log_->prepare());
    tier_ = std::make_unique<SharedTier>(*images_, *log_, *bucket_);
  }

  static cache::Entry entry(const std::string& name, std::size_t bytes = 100) {
    cache::Entry out;
    out.meta.request_signature = name;
    out.meta.key = hash128(name);
    out.meta.processor_type = "imaginary";
    out.meta.mime_type = "image/png";
    out.meta.source_url = "http://a.example/" + name;
    out.meta.etag = "\"e\"";
    out.body = Bytes::adopt(std::string(bytes, name[0]));
    return out;
  }
  bool has(const std::string& name) {
    const auto found = tier_->find(name, "imaginary");
    EXPECT_TRUE(found) << found.error().cause;
    return found && found->has_value();
  }
  Result<std::string> read(const std::string& name) {
    const auto found = tier_->find(name, "imaginary");
    if (!found || !*found) return fail(404, "not found");
    const auto body = std::make_shared<std::string>();
    auto done = wait_for<Result<void>>([&](auto end) {
      tier_->read(
          **found,
          [body](std::string_view bytes) {
            body->append(bytes);
            return true;
          },
          std::move(end));
    });
    if (!done) return std::unexpected(done.error());
    return *body;
  }
  std::vector<std::string> objects() {
    const auto page = wait_for<s3::Outcome<s3::ListPage>>([&](auto done) { bucket_->list({}, std::move(done)); });
    std::vector<std::string> out;
    for (const auto& object : page->objects) out.push_back(object.key);
    return out;
  }
  void put_object(const std::string& name) {
    ASSERT_TRUE(wait_for<s3::Outcome<void>>([&](auto done) {
      bucket_->put({.key = name, .body = s3::UploadBody::of(Bytes::copy("x"))}, std::move(done));
    }));
  }

  std::unique_ptr<s3::Client> bucket_;
  std::unique_ptr<Images> images_;
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<SharedTier> tier_;
};

TEST_F(SharedTierTest, StoresReadsAndReplaces) {
  EXPECT_FALSE(has("a"));
  ASSERT_TRUE(tier_->store(entry("a"), 0));
  EXPECT_EQ(read("a"), std::string(100, 'a'));
  ASSERT_TRUE(tier_->store(entry("a", 50), 0));
  EXPECT_EQ(read("a"), std::string(50, 'a'));
  EXPECT_EQ(objects().size(), 1u) << "the old bytes are gone";
}

TEST_F(SharedTierTest, WhatTheLogInvalidatedIsNotServedWheneverItCameIn) {
  ASSERT_TRUE(tier_->store(entry("a"), 0));
  ASSERT_TRUE(log_->append({{"http://a.example/a"}, {}}));
  EXPECT_FALSE(has("a")) << "though nobody has removed it yet";
  ASSERT_TRUE(tier_->store(entry("a"), 0));
  EXPECT_FALSE(has("a")) << "of a maker that did not know";
  ASSERT_TRUE(tier_->store(entry("a"), 1));
  EXPECT_TRUE(has("a"));
  ASSERT_TRUE(tier_->store(entry("a", 7), 0)) << "too late is no error";
  EXPECT_EQ(read("a"), std::string(100, 'a'));
  EXPECT_EQ(objects().size(), 1u);
}

TEST_F(SharedTierTest, APurgeRemovesBytesToo) {
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(tier_->store(entry(name), 0));
  const auto purged = tier_->purge({{"http://a.example/a"}, {"http://a.example/b"}});
  EXPECT_EQ(purged.size(), 2u);
  EXPECT_EQ(purged[0].body_bytes, 100u);
  EXPECT_FALSE(has("a"));
  EXPECT_TRUE(has("c"));
  EXPECT_EQ(objects().size(), 1u);
}

TEST_F(SharedTierTest, WhatWasNotUsedForLongestLeavesFirst) {
  for (const char* name : {"a", "b", "c", "d"}) ASSERT_TRUE(tier_->store(entry(name), 0));
  const auto used = mongo::date(Clock::system().now() - 2h);
  ASSERT_TRUE(mongo().update(images_collection, {{"requestSignature", "c"}}, {{"$set", {{"lastAccess", used}}}}));
  ASSERT_TRUE(mongo().update(images_collection, {{"requestSignature", "b"}},
                             {{"$set", {{"expires", mongo::date(Clock::system().now() - 1s)}}}}));
  EXPECT_FALSE(has("b")) << "its time is over";
  ASSERT_TRUE(tier_->keep_bounds(200));
  EXPECT_TRUE(has("a"));
  EXPECT_FALSE(has("c"));
  EXPECT_TRUE(has("d"));
  EXPECT_EQ(objects().size(), 2u);
  EXPECT_EQ(tier_->stats().expirations, 1u);
  EXPECT_EQ(tier_->stats().evictions, 1u);
  EXPECT_EQ(tier_->stats().bytes, 200u);
  // A use is noted, to the hour.
  ASSERT_TRUE(mongo().update(images_collection, {{"requestSignature", "a"}}, {{"$set", {{"lastAccess", used}}}}));
  EXPECT_TRUE(has("a"));
  EXPECT_GT((*images_->find("a", "imaginary"))->last_access, Clock::system().now() - 1min);
}

TEST_F(SharedTierTest, OnlyOldObjectsThatNobodyNamesAreOrphans) {
  ASSERT_TRUE(tier_->store(entry("a"), 0));
  const std::string kept = objects().front();
  const std::string key = hash128("x").hex();
  const std::string old = "imcaxy/00/" + key + "-1700000000-00000000",
                    fresh = "imcaxy/00/" + key + "-99999999999-00000000";
  for (const std::string& name : {old, fresh, std::string("%7Cresize%7C::imaginary"), std::string("imcaxy/other")})
    put_object(name);
  ASSERT_TRUE(tier_->remove_orphans());
  EXPECT_THAT(objects(), ::testing::UnorderedElementsAre(kept, fresh, "%7Cresize%7C::imaginary", "imcaxy/other"));
}

TEST_F(SharedTierTest, WhatIsGoneIsForgotten) {
  ASSERT_TRUE(tier_->store(entry("a"), 0));
  const std::string name = objects().front();
  (void)wait_for<s3::Outcome<std::vector<s3::Undeleted>>>([&](auto done) { bucket_->remove({name}, std::move(done)); });
  EXPECT_EQ(read("a").error().status, 404);
  tier_->forget(**tier_->find("a", "imaginary"));
  EXPECT_FALSE(has("a"));
  // Other bytes than the document tells of.
  ASSERT_TRUE(tier_->store(entry("a"), 0));
  put_object(objects().front());
  EXPECT_EQ(read("a").error().status, 502);
}

}  // namespace
}  // namespace imcaxy::cluster
