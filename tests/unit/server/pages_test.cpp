#include "server/web/pages.hpp"

#include <array>

#include <gtest/gtest.h>

namespace imcaxy::server {
namespace {

constexpr std::array<WebFile, 3> files{{
    {"index.html", "text/html; charset=utf-8", "11", "the start", "", ""},
    {"playground/index.html", "text/html; charset=utf-8", "22", "play", "gz", "br"},
    {"assets/main-abc.js", "text/javascript; charset=utf-8", "33", "script", "zip", ""},
}};

struct Asked {
  http::Request request;
  std::string path;

  explicit Asked(std::string wanted, std::string_view coding = "") : path(std::move(wanted)) {
    request.method = http::Method::get;
    request.path = request.target = path;
    if (!coding.empty()) request.headers.emplace_back("Accept-Encoding", coding);
  }
};

std::optional<http::Response> find(const WebPages& pages, const Asked& asked) {
  return pages.find(asked.request, asked.path);
}

bool has(const http::Response& response, std::string_view line) {
  return response.headers.find(line) != std::string::npos;
}

TEST(WebPages, AreSentInTheCodingThatTheClientTakes) {
  const WebPages pages(files);
  const auto plain = find(pages, Asked("/playground/"));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->body.view(), "play");
  EXPECT_FALSE(has(*plain, "Content-Encoding"));
  EXPECT_TRUE(has(*plain, "Vary: Accept-Encoding\r\n"));
  EXPECT_EQ(plain->etag, "\"22\"");
  const auto brotli = find(pages, Asked("/playground/", "gzip, deflate, br"));
  EXPECT_EQ(brotli->body.view(), "br");
  EXPECT_EQ(brotli->etag, "\"22-br\"") << "other bytes, another tag";
  EXPECT_EQ(find(pages, Asked("/playground/", "gzip, br;q=0"))->body.view(), "gz");
  EXPECT_EQ(find(pages, Asked("/", "gzip, br"))->body.view(), "the start") << "not compressed: it did not pay";
  EXPECT_EQ(find(pages, Asked("/assets/main-abc.js", "br"))->body.view(), "script");
}

TEST(WebPages, PagesAreAskedForAgainAndAssetsNever) {
  const WebPages pages(files);
  EXPECT_TRUE(has(*find(pages, Asked("/")), "Cache-Control: no-cache\r\n"));
  EXPECT_TRUE(
      has(*find(pages, Asked("/assets/main-abc.js")), "Cache-Control: public, max-age=31536000, immutable\r\n"));
}

TEST(WebPages, NothingInlineAndNothingOfAnotherOrigin) {
  const WebPages pages(files);
  for (const char* path : {"/", "/playground/", "/assets/main-abc.js"}) {
    const auto answer = find(pages, Asked(path));
    EXPECT_TRUE(has(*answer, "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self';"))
        << path;
    EXPECT_FALSE(has(*answer, "unsafe")) << path;
    EXPECT_TRUE(has(*answer, "X-Content-Type-Options: nosniff\r\n")) << path;
  }
}

TEST(WebPages, WithoutItsSlashAPageMovesToWhereItsAddressesCountFrom) {
  const WebPages pages(files);
  EXPECT_EQ(find(pages, Asked("/playground"))->status, 301u);
  EXPECT_TRUE(has(*find(pages, Asked("/playground")), "Location: playground/\r\n"));
  Asked prefixed("/api/v1");
  EXPECT_TRUE(has(*pages.find(prefixed.request, "/"), "Location: v1/\r\n"));
}

TEST(WebPages, AnythingElseIsNone) {
  const WebPages pages(files);
  for (const char* path : {"//", "/assets/", "/assets/other.js", "/playground/index.html", "/playground/x",
                           "/playgroundx", "/index.html", "/assets/../index.html", "/dashboardx/"})
    EXPECT_FALSE(find(pages, Asked(path))) << path;
}

TEST(WebPages, AProgramWithoutThemSaysWhatIsMissing) {
  const WebPages pages({});
  EXPECT_EQ(find(pages, Asked("/"))->status, 200u);
  for (const char* path : {"/playground/", "/dashboard/"}) {
    const auto answer = find(pages, Asked(path));
    EXPECT_EQ(answer->status, 501u);
    EXPECT_NE(answer->body.view().find("Node.js"), std::string_view::npos);
  }
}

TEST(WebPages, ThePlaygroundCanBeSwitchedOff) {
  const WebPages pages(files, false);
  EXPECT_EQ(find(pages, Asked("/playground/"))->status, 404u);
  EXPECT_EQ(find(pages, Asked("/"))->status, 200u);
}

}  // namespace
}  // namespace imcaxy::server
