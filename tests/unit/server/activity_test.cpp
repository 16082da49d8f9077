#include "server/dashboard/activity.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace imcaxy::server {
namespace {

std::uint64_t count_of(const Activity& activity, std::string_view source) {
  for (const TopCounts::Count& count : activity.top_sources(1000))
    if (count.key == source) return count.count;
  return 0;
}

http::Request request_for(std::string_view target) {
  http::Request request;
  request.target = target;
  request.id = "id of " + std::string(target);
  return request;
}

TEST(Activity, AFewAnswersAreCountedOneByOne) {
  Activity activity;
  for (int i = 0; i < 100; ++i) activity.served("http://a/");
  for (int i = 0; i < 30; ++i) activity.served("http://b/");
  EXPECT_EQ(count_of(activity, "http://a/"), 100u);
  EXPECT_EQ(count_of(activity, "http://b/"), 30u);
  EXPECT_EQ(activity.top_sources(1).at(0).key, "http://a/");
}

TEST(Activity, ManyAreSampledAndTheirSharesStayRight) {
  Activity activity;
  constexpr int rounds = 100'000;
  for (int i = 0; i < rounds; ++i) {
    activity.served("http://hot/");
    // No pattern that sampling could fall in step with.
    if (i * 2654435761u % 4 == 0) activity.served("http://warm/");
  }
  const auto hot = static_cast<double>(count_of(activity, "http://hot/"));
  const auto warm = static_cast<double>(count_of(activity, "http://warm/"));
  EXPECT_NEAR(hot + warm, rounds * 1.25, rounds * 0.02);
  EXPECT_NEAR(warm / (hot + warm), 0.2, 0.06);
}

TEST(Activity, OldCountsAreForgottenAfterTwoPeriods) {
  Activity activity;
  activity.served("http://old/");
  const auto pass_a_period = [&] {
    for (int i = 0; i < Activity::ticks_a_period; ++i) activity.tick();
  };
  pass_a_period();
  activity.served("http://old/");
  EXPECT_EQ(count_of(activity, "http://old/"), 2u) << "of this period and the one before";
  pass_a_period();
  EXPECT_EQ(count_of(activity, "http://old/"), 1u);
  pass_a_period();
  EXPECT_EQ(count_of(activity, "http://old/"), 0u);
}

TEST(Activity, ThreadsMayCountWhileOthersLook) {
  Activity activity;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20'000; ++i) {
        activity.served("http://" + std::to_string(i % 400) + "/");
        if (i % 1000 == 0) activity.tick();
        if (i % 500 == t) activity.failed(request_for("/x"), {500, "message " + std::to_string(i), ""});
        if (i % 2000 == 0) activity.failures();
      }
    });
  threads.clear();
  EXPECT_FALSE(activity.top_sources(10).empty());
}

TEST(Activity, EachKindOfErrorIsToldOnceWithItsLastExample) {
  Activity activity;
  activity.failed(request_for("/first"), {404, "gone", "the origin says so"});
  activity.failed(request_for("/second?key=secret&url=x&sign=abc"), {404, "gone", "again"});
  activity.failed(request_for("/third"), {500, "gone", ""});
  const auto failures = activity.failures();
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures[0].status, 500);
  EXPECT_EQ(failures[1].count, 2u);
  EXPECT_EQ(failures[1].target, "/second?key=***&url=x&sign=***") << "an example gives nobody rights";
  EXPECT_EQ(failures[1].cause, "again");
}

TEST(Activity, ErrorsAreBounded) {
  Activity activity;
  for (int i = 0; i < 1000; ++i)
    activity.failed(request_for("/" + std::string(100'000, 'x')),
                    {400, std::to_string(i) + std::string(100'000, 'y'), ""});
  const auto failures = activity.failures();
  EXPECT_EQ(failures.size(), 32u);
  EXPECT_LT(failures[0].message.size() + failures[0].target.size(), 5000u);
}

}  // namespace
}  // namespace imcaxy::server
