#include "source/policy.hpp"

#include <gtest/gtest.h>

namespace imcaxy::source {
namespace {

using List = std::vector<std::string>;

/// Whether a URL may be asked for when these sources are allowed.
bool allows(const List& sources, const std::string& url) {
  const auto policy = SourcePolicy::parse({}, sources);
  EXPECT_TRUE(policy) << policy.error().message;
  const auto parsed = http::parse_url(url);
  EXPECT_TRUE(parsed) << url;
  return policy && parsed && policy->check(*parsed).has_value();
}

TEST(SourcePolicy, WithoutListsEverythingIsAllowed) {
  EXPECT_TRUE(allows({}, "http://anything.example/at/all"));
  EXPECT_TRUE(SourcePolicy().check(*http::parse_url("https://a.example")));
}

TEST(SourcePolicy, HostsHaveTheirPort) {
  EXPECT_TRUE(allows({"http://a.example"}, "http://a.example/x"));
  EXPECT_TRUE(allows({"http://a.example"}, "https://a.example/x")) << "the scheme says nothing";
  EXPECT_TRUE(allows({"A.Example"}, "http://a.example:80/x"));
  EXPECT_TRUE(allows({"http://a.example:80", "https://b.example:443"}, "http://a.example/x"));
  EXPECT_TRUE(allows({"http://a.example:80", "https://b.example:443"}, "https://b.example/x"));
  EXPECT_TRUE(allows({"http://a.example:8080"}, "http://a.example:8080/x"));
  EXPECT_FALSE(allows({"http://a.example"}, "http://a.example:8080/x"));
  EXPECT_FALSE(allows({"http://a.example:8080"}, "http://a.example/x"));
  EXPECT_FALSE(allows({"http://a.example"}, "http://b.example/x"));
  EXPECT_FALSE(allows({"http://a.example"}, "http://a.example.evil.example/x"));
}

TEST(SourcePolicy, WildHosts) {
  EXPECT_TRUE(allows({"*.example.org"}, "http://example.org/x"));
  EXPECT_TRUE(allows({"http://*.example.org"}, "http://a.b.example.org/x"));
  EXPECT_TRUE(allows({"img-*.example.org"}, "http://img-7.example.org/x"));
  EXPECT_FALSE(allows({"*.example.org"}, "http://badexample.org/x"));
  EXPECT_FALSE(allows({"*.example.org"}, "http://example.org.evil.example/x"));
}

TEST(SourcePolicy, PathsAreBeginnings) {
  const List pics{"http://a.example/pics"};
  EXPECT_TRUE(allows(pics, "http://a.example/pics/1.png"));
  EXPECT_TRUE(allows(pics, "http://a.example/pics/"));
  EXPECT_TRUE(allows(pics, "http://a.example/pics")) << "the one picture of that name";
  EXPECT_FALSE(allows(pics, "http://a.example/pics-other/1.png"));
  EXPECT_FALSE(allows(pics, "http://a.example/Pics/1.png")) << "paths have their case";
  EXPECT_FALSE(allows(pics, "http://a.example/x/pics/1.png"));
  EXPECT_TRUE(allows({"http://a.example/pic*"}, "http://a.example/pictures/1.png"));
  EXPECT_TRUE(allows({"http://a.example/*/thumbs"}, "http://a.example/2024/thumbs/1.png"));
  EXPECT_FALSE(allows({"http://a.example/*/thumbs"}, "http://a.example/2024/originals/1.png"));
  EXPECT_TRUE(allows({"http://a.example/caf\xc3\xa9/"}, "http://a.example/caf%C3%A9/1.png"));
}

TEST(SourcePolicy, NoWayUp) {
  const List pics{"http://a.example/pics/"};
  for (const std::string path : {"/pics/../secret.png", "/pics/%2e%2e/secret.png", "/pics/..%2fsecret.png",
                                 "/pics/%2e%2e%2fsecret.png", "/pics/..\\secret.png", "/pics/..%5csecret.png"})
    EXPECT_FALSE(allows(pics, "http://a.example" + path)) << path;
}

TEST(SourcePolicy, SaysWhatIsNotAllowed) {
  const auto policy = SourcePolicy::parse({}, {"a.example"});
  const auto refused = policy->check(*http::parse_url("http://b.example:81/caf%C3%A9.png?q"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (Error{400, "not allowed remote URL origin: b.example:81/caf\xc3\xa9.png", ""}));
}

TEST(SourcePolicy, DomainsAreHostsWithoutPort) {
  const auto policy = SourcePolicy::parse({"*.example.com"}, {});
  EXPECT_TRUE(policy->check(*http::parse_url("http://a.example.com:99/")));
  const auto refused = policy->check(*http::parse_url("http://example.com/"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (Error{403, "source image domain not allowed", ""}));
}

TEST(SourcePolicy, BothListsHaveToAgree) {
  const auto policy = SourcePolicy::parse({"a.example"}, {"a.example/in"});
  EXPECT_TRUE(policy->check(*http::parse_url("http://a.example/in/1")));
  EXPECT_EQ(policy->check(*http::parse_url("http://a.example/out/1")).error().status, 400);
  EXPECT_EQ(policy->check(*http::parse_url("http://b.example/in/1")).error().status, 403);
}

TEST(SourcePolicy, NamesTheEntryThatIsNone) {
  for (const std::string entry :
       {"ftp://a.example", "http://", "/only/a/path", "a.example/x?y=1", "user@a.example", "two words.example"}) {
    const auto policy = SourcePolicy::parse({}, {"good.example", entry});
    ASSERT_FALSE(policy) << entry;
    EXPECT_NE(policy.error().message.find("'" + entry + "'"), std::string::npos) << policy.error().message;
  }
}

}  // namespace
}  // namespace imcaxy::source
