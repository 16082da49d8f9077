// Invalidations in one order for all nodes.
#include "cluster/event_log.hpp"

#include <set>
#include <thread>

#include "cluster/collections.hpp"
#include "unit/cluster/database.hpp"

namespace imcaxy::cluster {
namespace {

using cache::UrlSet;

class EventLogTest : public test::DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ASSERT_TRUE(log().prepare());
  }
  EventLog& log() {
    if (!log_) log_ = std::make_unique<EventLog>(mongo());
    return *log_;
  }

 private:
  std::unique_ptr<EventLog> log_;
};

TEST_F(EventLogTest, EventsComeBackInTheirOrder) {
  EXPECT_EQ(log().last()->number, 0);
  EXPECT_EQ(log().append({{"http://a/1", "http://a/2"}, {"http://b/"}}), 1);
  EXPECT_EQ(log().append_blocks_changed(), 2);
  const auto events = log().from(0, 10);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[0].set.urls, (std::unordered_set<std::string>{"http://a/1", "http://a/2"}));
  EXPECT_EQ((*events)[0].set.prefixes, (std::vector<std::string>{"http://b/"}));
  EXPECT_FALSE((*events)[0].blocks_changed);
  EXPECT_TRUE((*events)[1].blocks_changed);
  EXPECT_NE((*events)[0].token, (*events)[1].token);
  EXPECT_EQ(log().from(2, 10)->front().number, 2);
}

TEST_F(EventLogTest, ManyUrlsAreSeveralEvents) {
  UrlSet set;
  for (int i = 0; i < 2500; ++i) set.urls.insert("http://a/" + std::to_string(i));
  EXPECT_EQ(log().append(set), 3);
  std::size_t urls = 0;
  const auto events = log().from(1, 10);
  ASSERT_TRUE(events);
  for (const Event& event : *events) urls += event.set.urls.size();
  EXPECT_EQ(urls, 2500u);
}

TEST_F(EventLogTest, NodesThatAppendAtTheSameTimeLeaveNoNumberOut) {
  std::mutex mutex;
  std::multiset<Position> numbers;
  {
    std::vector<std::jthread> nodes;
    for (int node = 0; node < 4; ++node)
      nodes.emplace_back([&] {
        const auto client = open();
        EventLog own(*client);
        for (int i = 0; i < 10; ++i) {
          const auto number = own.append({{"http://a/"}, {}});
          ASSERT_TRUE(number) << number.error().text;
          std::lock_guard lock(mutex);
          numbers.insert(*number);
        }
      });
  }
  ASSERT_EQ(numbers.size(), 40u);
  Position expected = 1;
  for (const Position number : numbers) EXPECT_EQ(number, expected++);
}

TEST_F(EventLogTest, ItKnowsWhatNamesAUrlSinceAPosition) {
  ASSERT_TRUE(log().append({{"http://a/1"}, {}}));
  ASSERT_TRUE(log().append({{}, {"http://b/"}}));
  EXPECT_EQ(log().names("http://a/1", 0), true);
  EXPECT_EQ(log().names("http://a/1", 1), false);
  EXPECT_EQ(log().names("http://a/2", 0), false);
  // Beginnings are known once they are applied, and after a new start.
  EXPECT_EQ(log().names("http://b/x", 0), false);
  log().remember(log().from(2, 1)->front());
  EXPECT_EQ(log().names("http://b/x", 0), true);
  EXPECT_EQ(log().names("http://b/x", 2), false);
  EventLog other(mongo());
  ASSERT_TRUE(other.prepare());
  EXPECT_EQ(other.names("http://b/x", 1), true);
  EXPECT_EQ(other.name(), log().name());
}

TEST_F(EventLogTest, TheLastEventStays) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(log().append({{"http://a/1"}, {}}));
  ASSERT_TRUE(log().trim(Clock::system().now() + std::chrono::hours(1)));
  EXPECT_EQ(log().from(0, 10)->size(), 1u);
  EXPECT_EQ(log().append({{"http://a/1"}, {}}), 4);
}

}  // namespace
}  // namespace imcaxy::cluster
