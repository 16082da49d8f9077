#include "source/fetcher.hpp"

#include <future>

#include <gtest/gtest.h>

#include "support/origin.hpp"

namespace imcaxy::source {
namespace {

using namespace std::chrono_literals;
using test::Origin;

Result<Original> fetch(Fetcher& fetcher, const std::string& url) {
  auto promise = std::make_shared<std::promise<Result<Original>>>();
  auto future = promise->get_future();
  fetcher.fetch(url, [promise](Result<Original> result) { promise->set_value(std::move(result)); });
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

}  // namespace
}  // namespace imcaxy::source
