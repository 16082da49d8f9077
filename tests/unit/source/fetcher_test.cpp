#include "source/fetcher.hpp"

#include <future>

#include <gtest/gtest.h>

#include "support/origin.hpp"

namespace imcaxy::source {
namespace {

using namespace std::chrono_literals;
using test::Origin;
using test::Script;

Result<Original> fetch(Fetcher& fetcher, const std::string& url, std::vector<std::string> headers = {}) {
  auto promise = std::make_shared<std::promise<Result<Original>>>();
  auto future = promise->get_future();
  fetcher.fetch(url, std::move(headers), [promise](Result<Original> result) { promise->set_value(std::move(result)); });
  return future.get();
}

class FetcherTest : public testing::Test {
 protected:
  Origin origin;
  http::Client client{{.addresses = *AddressPolicy::parse("true")}};
  Fetcher fetcher{client, {.max_bytes = 1000, .timeout = 300ms}};
};

TEST_F(FetcherTest, GivesTheBytesAndTheirType) {
  origin.answer("/a", {.headers = {"Content-Type: image/png"}, .body = "picture"});
  const auto original = fetch(fetcher, origin.url("/a"));
  ASSERT_TRUE(original) << original.error().message;
  EXPECT_EQ(original->body.view(), "picture");
  EXPECT_EQ(original->content_type, "image/png");
  EXPECT_NE(origin.last_header("/a").find("User-Agent: imcaxy/"), std::string::npos);
}

TEST_F(FetcherTest, TellsTheSourcesStatusAsImaginaryDoes) {
  for (const auto& [status, told] : {std::pair{404, 404}, {500, 500}, {403, 403}, {201, 503}, {204, 503}}) {
    const std::string path = "/" + std::to_string(status);
    origin.answer(path, {.status = status, .body = status == 204 ? "" : "x"});
    const auto original = fetch(fetcher, origin.url(path));
    ASSERT_FALSE(original);
    EXPECT_EQ(original.error().status, told);
    EXPECT_EQ(original.error().message, "error fetching remote http image: (status=" + std::to_string(status) +
                                            ") (url=" + origin.url(path) + ")");
  }
}

TEST_F(FetcherTest, NamesTheLimitThatWasExceeded) {
  origin.answer("/big", {.body = std::string(2000, 'x')});
  EXPECT_EQ(fetch(fetcher, origin.url("/big")).error(),
            (Error{400, "Content-Length 2000 exceeds maximum allowed 1000 bytes", ""}));
  origin.answer("/stream", {.body = std::string(2000, 'x'), .announce_length = false});
  EXPECT_EQ(fetch(fetcher, origin.url("/stream")).error().message,
            "error fetching remote http image: more than the allowed 1000 bytes (url=" + origin.url("/stream") + ")");
}

TEST_F(FetcherTest, TellsTimeoutsRefusalsAndUnreachableSourcesApart) {
  origin.answer("/slow", {});
  origin.hold("/slow");
  EXPECT_EQ(fetch(fetcher, origin.url("/slow")).error().status, 504);
  EXPECT_EQ(fetch(fetcher, "http://no-such-host.invalid/").error().status, 400);
  http::Client guarded{{}};
  Fetcher public_only{guarded, {}};
  const Error refused = fetch(public_only, origin.url("/a")).error();
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.message.find("IMCAXY_ALLOW_PRIVATE_SOURCES"), std::string::npos);
}

Script redirect_to(const std::string& location) {
  return {.status = 302, .headers = {"Location: " + location}};
}

TEST_F(FetcherTest, FollowsRedirectsButNotForEver) {
  origin.answer("/a", redirect_to("/b"));
  origin.answer("/b", redirect_to(origin.url("/c")));
  origin.answer("/c", {.body = "picture"});
  EXPECT_EQ(fetch(fetcher, origin.url("/a"))->body.view(), "picture");
  origin.answer("/loop", redirect_to("/loop"));
  EXPECT_EQ(fetch(fetcher, origin.url("/loop")).error().message,
            "error fetching remote http image: stopped after 5 redirects (url=" + origin.url("/loop") + ")");
  EXPECT_EQ(origin.requests("/loop"), 6u);
  origin.answer("/lost", {.status = 302});
  EXPECT_EQ(fetch(fetcher, origin.url("/lost")).error().status, 503);
}

TEST_F(FetcherTest, ARedirectLeadsToHttpOnly) {
  for (const std::string location : {"file:///etc/passwd", "gopher://127.0.0.1/", "http://user:pass@127.0.0.1/"}) {
    origin.answer("/away", redirect_to(location));
    const Error error = fetch(fetcher, origin.url("/away")).error();
    EXPECT_EQ(error.status, 400) << location;
    EXPECT_NE(error.message.find("redirects to what is no address of a picture"), std::string::npos) << error.message;
  }
}

TEST_F(FetcherTest, AllRedirectsTogetherHaveOneTimeout) {
  origin.answer("/a", redirect_to("/b"));
  origin.answer("/b", redirect_to("/c"));
  origin.answer("/c", {.body = std::string(100, 'x'), .pause_ms_between_bytes = 10});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(fetch(fetcher, origin.url("/a")).error().status, 504);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 900ms);
}

TEST_F(FetcherTest, ChecksTheAddressOfARedirectToo) {
  origin.answer("/a", redirect_to("http://127.0.0.2:" + std::to_string(origin.port()) + "/b"));
  http::Client guarded{{.addresses = *AddressPolicy::parse("127.0.0.1")}};
  Fetcher careful{guarded, {.max_bytes = 1000}};
  EXPECT_EQ(fetch(careful, origin.url("/a")).error().status, 403);
  EXPECT_EQ(origin.requests("/a"), 1u);
}

TEST_F(FetcherTest, ARedirectDoesNotLeaveTheAllowedSources) {
  const std::string host = "http://127.0.0.1:" + std::to_string(origin.port());
  Fetcher strict{client, {.max_bytes = 1000, .policy = *SourcePolicy::parse({}, {host + "/in"})}};
  origin.answer("/in/a", redirect_to("/in/b"));
  origin.answer("/in/b", {.body = "picture"});
  EXPECT_EQ(fetch(strict, origin.url("/in/a"))->body.view(), "picture");
  origin.answer("/in/out", redirect_to("/out"));
  origin.answer("/out", {.body = "secret"});
  EXPECT_EQ(fetch(strict, origin.url("/in/out")).error().message,
            "not allowed remote URL origin: " + host.substr(7) + "/out");
  EXPECT_EQ(origin.requests("/out"), 0u);
}

TEST_F(FetcherTest, HeadersOfTheClientGoToItsSourceOnly) {
  Origin other;
  const std::vector<std::string> secret{"Authorization: secret", "X-Token: t"};
  origin.answer("/a", redirect_to("/b"));
  origin.answer("/b", redirect_to(other.url("/c")));
  other.answer("/c", {.body = "picture"});
  ASSERT_TRUE(fetch(fetcher, origin.url("/a"), secret));
  for (const std::string path : {"/a", "/b"}) {
    EXPECT_NE(origin.last_header(path).find("Authorization: secret"), std::string::npos);
    EXPECT_NE(origin.last_header(path).find("X-Token: t"), std::string::npos);
  }
  EXPECT_EQ(other.last_header("/c").find("secret"), std::string::npos);
  EXPECT_EQ(other.last_header("/c").find("X-Token"), std::string::npos);
}

TEST_F(FetcherTest, AForwardedHeaderReplacesItsOwn) {
  origin.answer("/a", {.body = "picture"});
  ASSERT_TRUE(fetch(fetcher, origin.url("/a"), {"user-agent: somebody"}));
  EXPECT_NE(origin.last_header("/a").find("user-agent: somebody"), std::string::npos);
  EXPECT_EQ(origin.last_header("/a").find("imcaxy/"), std::string::npos);
}

}  // namespace
}  // namespace imcaxy::source
