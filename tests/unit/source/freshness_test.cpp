#include "source/freshness.hpp"

#include <gtest/gtest.h>

namespace imcaxy::source {
namespace {

using std::chrono::seconds;
using namespace std::chrono_literals;

const WallTime now{std::chrono::sys_days{std::chrono::January / 10 / 2026}};
constexpr const char* today = "Sat, 10 Jan 2026 00:00:00 GMT";
constexpr const char* in_an_hour = "Sat, 10 Jan 2026 01:00:00 GMT";
constexpr const char* ten_days_ago = "Wed, 31 Dec 2025 00:00:00 GMT";
constexpr FreshnessDefaults defaults{.ttl = 0s, .while_revalidate = 60s, .if_error = 3600s};

Lifetime by_source(const http::CacheHeaders& headers, FreshnessDefaults with = defaults) {
  const auto lifetime = FreshnessRules::parse({"*=source"}, with)->lifetime("http://a.example/", headers, now);
  EXPECT_TRUE(lifetime);
  return lifetime.value_or(Lifetime{});
}
seconds fresh(const std::string& cache_control, const std::string& age = "") {
  return by_source({.cache_control = cache_control, .age = age}).fresh;
}

TEST(Freshness, IsWhatTheSourceSays) {
  EXPECT_EQ(fresh("max-age=60"), 60s);
  EXPECT_EQ(fresh("public, MAX-AGE = \"60\""), 60s);
  EXPECT_EQ(fresh("max-age=60, s-maxage=90"), 90s) << "this is a shared cache";
  EXPECT_EQ(fresh("max-age=60", "20"), 40s);
  EXPECT_EQ(fresh("max-age=60", "100"), 0s);
  EXPECT_EQ(fresh("max-age=99999999999999999999"), 31536000s);
  EXPECT_EQ(fresh("max-age=soon"), 0s);
  EXPECT_EQ(fresh("max-age=-1"), 0s);
  EXPECT_EQ(fresh("no-cache, max-age=60"), 0s);
  EXPECT_EQ(fresh("no-store"), 0s);
  EXPECT_EQ(by_source({.expires = in_an_hour, .date = today}).fresh, 3600s);
  EXPECT_EQ(by_source({.cache_control = "max-age=5", .expires = in_an_hour, .date = today}).fresh, 5s);
  EXPECT_EQ(by_source({.expires = "0", .date = today}).fresh, 0s);
  EXPECT_EQ(by_source({.cache_control = "max-age=90000", .date = "Fri, 09 Jan 2026 00:00:00 GMT"}).fresh, 3600s)
      << "a day of it has passed on its way";
}

TEST(Freshness, IsGuessedWhereTheSourceSaysNothing) {
  EXPECT_EQ(by_source({.last_modified = ten_days_ago, .date = today}).fresh, 86400s);
  EXPECT_EQ(by_source({.last_modified = today, .date = in_an_hour}).fresh, 360s);
  EXPECT_EQ(by_source({}).fresh, 3600s);
  EXPECT_EQ(by_source({.last_modified = ten_days_ago}, {.ttl = 7s}).fresh, 7s) << "unless the server knows better";
}

TEST(Freshness, StaleAnswersAreTheSourcesToAllow) {
  EXPECT_EQ(by_source({.cache_control = "max-age=5"}), (Lifetime{5s, 60s, 3600s}));
  EXPECT_EQ(by_source({.cache_control = "max-age=5, stale-while-revalidate=1, stale-if-error=2"}),
            (Lifetime{5s, 1s, 2s}));
  EXPECT_EQ(by_source({.cache_control = "max-age=5, must-revalidate"}), (Lifetime{5s, 0s, 0s}));
  EXPECT_EQ(by_source({.cache_control = "no-cache"}), (Lifetime{0s, 0s, 0s}));
}

TEST(Freshness, TheFirstRuleThatFitsCounts) {
  const auto rules = FreshnessRules::parse(
      {"news.example.com/live/*=10", "https://news.example.com=60", "*.example.com/a=b/*=invalidated", "c.example=0"},
      {.ttl = 5s, .while_revalidate = 1s, .if_error = 2s});
  ASSERT_TRUE(rules) << rules.error().message;
  const auto ttl = [&](std::string_view url) {
    const auto lifetime = rules->lifetime(url, {}, now);
    return lifetime ? lifetime->fresh : seconds(-1);
  };
  EXPECT_EQ(ttl("https://news.example.com/live/1.jpg"), 10s);
  EXPECT_EQ(ttl("http://news.example.com/1.jpg"), 60s);
  EXPECT_EQ(ttl("http://x.example.com/a=b/1.jpg"), -1s);
  EXPECT_EQ(ttl("http://c.example/"), 0s);
  EXPECT_EQ(ttl("http://other.example/news.example.com/"), 5s);
  EXPECT_EQ(rules->lifetime("http://o.example/", {}, now), (Lifetime{5s, 1s, 2s}));
  EXPECT_FALSE(FreshnessRules().lifetime("http://a.example/", {.cache_control = "max-age=1"}, now));
}

TEST(Freshness, MistakesAreTold) {
  for (const char* wrong : {"", "=5", "a.example", "a.example=", "a.example=soon", "a.example=-1", "a.example=1.5"}) {
    const auto rules = FreshnessRules::parse({wrong}, {});
    ASSERT_FALSE(rules) << wrong;
    EXPECT_NE(rules.error().message.find("source or invalidated"), std::string::npos);
  }
}

}  // namespace
}  // namespace imcaxy::source
