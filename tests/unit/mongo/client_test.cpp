// The client in front of the MongoDB-compatible server.
#include "mongo/client.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "support/service.hpp"

namespace imcaxy::mongo {
namespace {

using namespace std::chrono_literals;
using imcaxy::test::Mongo;
using Kind = Failure::Kind;

std::unique_ptr<Client> open(std::string connection_string) {
  auto client = Client::open({.connection_string = std::move(connection_string)});
  EXPECT_TRUE(client) << client.error().message;
  return client ? std::move(*client) : nullptr;
}

/// One server for all plays that leave it as it is.
class MongoTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!Mongo::missing()) mongo = std::make_unique<Mongo>();
  }
  static void TearDownTestSuite() { mongo.reset(); }
  void SetUp() override {
    NEEDS_SERVICE(Mongo);
    client_ = open(mongo->connection_string());
    collection = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  Client& client() { return *client_; }

  static std::unique_ptr<Mongo> mongo;
  std::string collection;

 private:
  std::unique_ptr<Client> client_;
};
std::unique_ptr<Mongo> MongoTest::mongo;

TEST(ConnectionString, SaysHowToWriteItWhenItIsWrong) {
  for (const char* wrong : {"", "localhost:27017/imcaxy", "http://localhost/imcaxy", "mongodb://localhost:27017",
                            "mongodb://user:se%cret@localhost/imcaxy"}) {
    const auto client = Client::open({.connection_string = wrong});
    ASSERT_FALSE(client) << wrong;
    EXPECT_EQ(client.error().status, 400);
    EXPECT_NE(client.error().message.find("mongodb://user:password@host:27017/imcaxy"), std::string::npos);
    EXPECT_EQ(client.error().message.find("cret"), std::string::npos) << "secrets are not repeated";
  }
}

TEST(ConnectionString, HostsAreTakenAsTheyAre) {
  const auto client = open("mongodb://u:p@10.0.0.1:27017,[::1]:27018,db.example:1/pictures?replicaSet=rs&tls=true");
  ASSERT_TRUE(client);
  EXPECT_EQ(client->database(), "pictures");
  EXPECT_EQ(client->hosts(), "10.0.0.1:27017,[::1]:27018,db.example:1");
}

TEST_F(MongoTest, DocumentsComeBackAsTheyWere) {
  const Document document{{"_id", "a"},
                          {"text", "ä\n\"x\""},
                          {"number", std::int64_t{1} << 40},
                          {"small", -1},
                          {"fraction", 1.5},
                          {"yes", true},
                          {"nothing", nullptr},
                          {"date", date(WallTime(1785000000123ms))},
                          {"list", {"x", 2, Document::object()}},
                          {"deep", {{"a.b", 1}, {"$c", Document::array()}}}};
  ASSERT_TRUE(client().insert(collection, document));
  const auto found = client().find_one(collection, {{"_id", "a"}});
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(**found, document);
  EXPECT_EQ(date_in(**found, "date"), WallTime(1785000000123ms));
  EXPECT_EQ(number_in(**found, "fraction"), 1);
  EXPECT_FALSE(text_in(**found, "small"));
}

TEST_F(MongoTest, KeysAreUnique) {
  ASSERT_TRUE(client().ensure_indexes(
      collection, Document::array({{{"key", {{"a", 1}, {"b", 1}}}, {"name", "a_b"}, {"unique", true}}})));
  ASSERT_TRUE(client().insert(collection, {{"a", 1}, {"b", 1}}));
  EXPECT_EQ(client().insert(collection, {{"a", 1}, {"b", 1}}).error().kind, Kind::duplicate);
  EXPECT_EQ(
      client()
          .find_and_modify(collection, {{"a", 1}, {"b", 1}, {"since", {{"$lte", 4}}}}, {{"$set", {{"c", 1}}}}, true)
          .error()
          .kind,
      Kind::duplicate);
  EXPECT_EQ(client().update(collection, {{"a", 1}, {"b", 2}}, {{"$set", {{"b", 1}}}}, true).error().kind,
            Kind::duplicate);
}

TEST_F(MongoTest, ChangesAndRemoves) {
  EXPECT_EQ(client().update(collection, {{"_id", 1}}, {{"$set", {{"x", 1}}}}), false);
  EXPECT_EQ(client().update(collection, {{"_id", 1}}, {{"$set", {{"x", 1}}}}, true), true);
  const auto before = client().find_and_modify(collection, {{"_id", 1}}, {{"$set", {{"x", 2}}}}, true);
  ASSERT_TRUE(before && *before);
  EXPECT_EQ(number_in(**before, "x"), 1);
  for (int i = 2; i < 6; ++i) ASSERT_TRUE(client().insert(collection, {{"_id", i}}));
  const auto found = client().find(collection, {{"_id", {{"$gt", 1}}}}, 3, {{"_id", -1}}, {{"_id", 1}});
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (std::vector<Document>{{{"_id", 5}}, {{"_id", 4}}, {{"_id", 3}}}));
  const auto removed = client().find_and_remove(collection, {{"_id", 5}});
  ASSERT_TRUE(removed && *removed);
  EXPECT_EQ(number_in(**removed, "_id"), 5);
  EXPECT_FALSE(client().find_and_remove(collection, {{"_id", 5}})->has_value());
  EXPECT_EQ(client().remove(collection, {{"_id", {{"$lt", 4}}}}), 3);
}

TEST_F(MongoTest, AWatchTellsOfChanges) {
  auto watch = client().watch(collection, 2s);
  ASSERT_TRUE(watch) << watch.error().text;
  std::jthread other([&] {
    std::this_thread::sleep_for(50ms);
    ASSERT_TRUE(client().insert(collection, {{"_id", 1}}));
  });
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ((*watch)->next(), Client::Watch::Change::something);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 1s);
}

TEST_F(MongoTest, WrongCredentialsAreRefused) {
  std::string wrong = mongo->connection_string();
  wrong.replace(wrong.find("imcaxy:") + 7, 4, "ffff");
  const auto checked = open(wrong)->check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, Kind::refused) << checked.error().text;
  EXPECT_TRUE(client().check());
}

TEST(MongoOutage, NobodyListens) {
  const auto client = open("mongodb://127.0.0.1:9/imcaxy");
  const auto checked = client->check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, Kind::unreachable) << checked.error().text;
}

TEST(MongoOutage, GoesOnAfterARestartAndLeavesAHangingServerAlone) {
  NEEDS_SERVICE(Mongo);
  Mongo mongo;
  const auto client = open(mongo.connection_string());
  ASSERT_TRUE(client->insert("c", {{"_id", 1}}));
  mongo.kill();
  mongo.start();
  // Not a single failure, though the connection is gone.
  EXPECT_TRUE(client->find_one("c", {{"_id", 1}}));

  mongo.pause();
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client->check().error().kind, Kind::unreachable);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  EXPECT_EQ(client->check().error().kind, Kind::left_alone);
  EXPECT_TRUE(client->left_alone());
  mongo.resume();
  bool again = false;
  for (int i = 0; i < 100 && !again; ++i) {
    std::this_thread::sleep_for(100ms);
    again = client->check().has_value();
  }
  EXPECT_TRUE(again);
}

}  // namespace
}  // namespace imcaxy::mongo
