// A node that follows the log: what it removes, and what it does when it can't know what it missed.
#include "cluster/follower.hpp"

#include <filesystem>
#include <thread>

#include <gmock/gmock.h>

#include "cluster/announcer.hpp"
#include "cluster/collections.hpp"
#include "unit/cluster/database.hpp"

namespace imcaxy::cluster {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

/// A node with nothing but what it is told.
struct Node {
  Node(std::unique_ptr<mongo::Client> client, const std::string& id, std::filesystem::path state)
      : mongo(std::move(client)),
        nodes(*mongo, id, "1"),
        follower(*mongo, log, nodes, leases, std::move(state), hooks()) {
    follower.start();
  }
  FollowerHooks hooks() {
    return {.remove =
                [this](const cache::UrlSet& set) {
                  std::lock_guard lock(mutex);
                  for (const std::string& url : set.urls) removed.push_back(url);
                  for (const std::string& prefix : set.prefixes) removed.push_back(prefix + "*");
                },
            .joined =
                [this](bool newcomer) {
                  std::lock_guard lock(mutex);
                  joined.push_back(newcomer);
                  return mongo::Outcome<void>();
                },
            .blocks_changed =
                [this] {
                  ++blocks;
                  return mongo::Outcome<void>();
                }};
  }
  std::vector<std::string> taken() {
    std::lock_guard lock(mutex);
    return std::exchange(removed, {});
  }
  void wait_for(Position position) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (follower.applied() < position && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    ASSERT_GE(follower.applied(), position);
  }

  std::mutex mutex;
  std::vector<std::string> removed;
  std::vector<bool> joined;
  std::atomic<int> blocks = 0;
  std::unique_ptr<mongo::Client> mongo;
  EventLog log{*mongo};
  Nodes nodes;
  Leases leases{*mongo, "holder"};
  Follower follower;
};

class FollowerTest : public test::DatabaseTest {
 protected:
  void TearDown() override {
    for (const char* id : {"a", "b"}) std::filesystem::remove(state(id));
  }
  static std::filesystem::path state(const std::string& id) {
    return std::filesystem::temp_directory_path() / ("imcaxy-follower-" + std::to_string(::getpid()) + id);
  }
  std::unique_ptr<Node> start(const std::string& id) { return std::make_unique<Node>(open(), id, state(id)); }
};

TEST_F(FollowerTest, ANewcomerBeginsEmptyAndThenFollows) {
  const auto a = start("a");
  EXPECT_THAT(a->taken(), ElementsAre("*"));
  EXPECT_THAT(a->joined, ElementsAre(true));
  EXPECT_TRUE(a->follower.current());
  EXPECT_FALSE(a->follower.trouble());
  EventLog log(mongo());
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(log.append({{"http://a/1"}, {"http://b/"}}));
  a->wait_for(1);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 1s);
  EXPECT_THAT(a->taken(), UnorderedElementsAre("http://a/1", "http://b/*"));
  ASSERT_TRUE(log.append_blocks_changed());
  a->wait_for(2);
  EXPECT_EQ(a->blocks, 1);
}

TEST_F(FollowerTest, WhoWasAwayAppliesWhatItMissedBeforeItServes) {
  auto a = start("a");
  const auto b = start("b");
  ASSERT_TRUE(b->log.append({{"http://a/1"}, {}}));
  a->wait_for(1);
  a.reset();
  ASSERT_TRUE(b->log.append({{"http://a/2"}, {}}));
  ASSERT_TRUE(b->log.append({{"http://a/3"}, {}}));
  a = start("a");
  EXPECT_EQ(a->follower.applied(), 3) << "when start returns";
  EXPECT_THAT(a->taken(), ElementsAre("http://a/2", "http://a/3"));
  EXPECT_THAT(a->joined, ElementsAre(false));
}

TEST_F(FollowerTest, WhoWasAwayForTooLongBeginsEmpty) {
  auto a = start("a");
  const auto b = start("b");
  ASSERT_TRUE(b->log.append({{"http://a/1"}, {}}));
  a->wait_for(1);
  a.reset();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(b->log.append({{"http://a/2"}, {}}));
  ASSERT_TRUE(b->log.trim(Clock::system().now() + 1h));
  a = start("a");
  EXPECT_THAT(a->taken(), ElementsAre("*"));
  EXPECT_EQ(a->follower.applied(), 4);
}

TEST_F(FollowerTest, ALogThatCountsOnInAnotherWayIsNoticed) {
  auto a = start("a");
  EventLog log(mongo());
  ASSERT_TRUE(log.append({{"http://a/1"}, {}}));
  ASSERT_TRUE(log.append({{"http://a/2"}, {}}));
  a->wait_for(2);
  a.reset();
  // A backup from before the second event, and another second event since.
  ASSERT_TRUE(mongo().remove(events_collection, {{"_id", 2}}));
  ASSERT_TRUE(log.append({{"http://a/3"}, {}}));
  a = start("a");
  EXPECT_THAT(a->taken(), ElementsAre("*"));
  a->taken();
  // All of it is gone while the node runs.
  ASSERT_TRUE(mongo().remove(events_collection, mongo::Document::object()));
  const auto end = std::chrono::steady_clock::now() + 5s;
  std::vector<std::string> taken;
  while (taken.empty() && std::chrono::steady_clock::now() < end) taken = a->taken();
  EXPECT_THAT(taken, ElementsAre("*"));
}

TEST_F(FollowerTest, AnInvalidationWaitsForAllAndNamesWhoDoesNotAnswer) {
  const auto a = start("a");
  auto b = start("b");
  Announcer announcer(a->log, a->nodes);
  for (int i = 0; i < 3; ++i) {
    const auto ticket = announcer.announce({{"http://a/1"}, {}});
    ASSERT_TRUE(ticket);
    EXPECT_TRUE(announcer.confirm(*ticket));
    EXPECT_GE(a->follower.applied(), *ticket);
    EXPECT_GE(b->follower.applied(), *ticket);
  }
  // A node that says that it is there, and applies nothing.
  Nodes silent(mongo(), "silent", "1");
  ASSERT_TRUE(silent.tell(0));
  const auto ticket = announcer.announce({{"http://a/1"}, {}});
  const auto begun = std::chrono::steady_clock::now();
  const auto confirmed = announcer.confirm(*ticket);
  ASSERT_FALSE(confirmed);
  EXPECT_THAT(confirmed.error().message, ::testing::EndsWith(": silent"));
  EXPECT_GE(std::chrono::steady_clock::now() - begun, Follower::longest_silence)
      << "until then it may serve what it has without a look";
  // One that ends is not waited for.
  ASSERT_TRUE(silent.leave());
  b.reset();
  EXPECT_TRUE(announcer.confirm(*announcer.announce({{"http://a/1"}, {}})));
}

TEST(FollowerAlone, ANodeThatCanReachNobodyServesWhatItHas) {
  const auto state = std::filesystem::temp_directory_path() / ("imcaxy-follower-alone-" + std::to_string(::getpid()));
  Node node(*mongo::Client::open({.connection_string = "mongodb://127.0.0.1:9/imcaxy"}), "alone", state);
  EXPECT_TRUE(node.follower.trouble());
  EXPECT_TRUE(node.follower.current());
  EXPECT_TRUE(node.taken().empty()) << "nothing is lost";
}

}  // namespace
}  // namespace imcaxy::cluster
