#include "http/url.hpp"

#include <gtest/gtest.h>

#include "http/query.hpp"

namespace imcaxy::http {
namespace {

using namespace std::string_view_literals;

std::string normal(std::string_view text) {
  const auto url = parse_url(text);
  return url ? url->text : "<" + url.error().message + ">";
}

TEST(Url, HasOneNormalForm) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"http://example.com/a.png", "http://example.com/a.png"},
      {"HTTP://Example.COM/A.png", "http://example.com/A.png"},
      {"http://example.com", "http://example.com/"},
      {"http://example.com?a=1", "http://example.com/?a=1"},
      {"http://example.com:80/a", "http://example.com/a"},
      {"https://example.com:443/a", "https://example.com/a"},
      {"http://example.com:443/a", "http://example.com:443/a"},
      {"https://example.com:8443/a", "https://example.com:8443/a"},
      {"http://example.com/a/./b/../c", "http://example.com/a/c"},
      {"http://example.com/../../a", "http://example.com/a"},
      {"http://example.com/a/..", "http://example.com/"},
      {"http://example.com/a#part", "http://example.com/a"},
      {"http://example.com/a?b=1#part", "http://example.com/a?b=1"},
      {"http://example.com/#", "http://example.com/"},
      {"http://example.com./a", "http://example.com/a"},
      {"http://example.com.:8080/a", "http://example.com:8080/a"},
      {"http://[2001:DB8::1]/a", "http://[2001:db8::1]/a"},
      {"http://[::1]:8080/a", "http://[::1]:8080/a"},
      {"http://127.0.0.1:9000/a", "http://127.0.0.1:9000/a"},
      {"  http://example.com/a \r\n", "http://example.com/a"},
      {"http://example.com/a b", "http://example.com/a%20b"},
      {"http://example.com/\xC3\xA4.png", "http://example.com/%C3%A4.png"},
      {"http://example.com/%c3%A4.png?q=%c3%zz%2", "http://example.com/%C3%A4.png?q=%C3%zz%2"},
      {"http://example.com/%2e%41", "http://example.com/%2E%41"},
      {"http://example.com/a?x=../b", "http://example.com/a?x=../b"},
      {"http://example.com/a?u=http://other.com/b", "http://example.com/a?u=http://other.com/b"},
      {"http://example.com//a//b", "http://example.com//a//b"},
  };
  for (const auto& [given, wanted] : cases) {
    EXPECT_EQ(normal(given), wanted) << given;
    EXPECT_EQ(normal(wanted), wanted) << "the normal form of a normal form is itself";
  }
}

TEST(Url, ItsPartsAreThoseOfTheNormalForm) {
  const auto url = parse_url("HTTPS://IMG.Example.com.:443/x/../a b.png?q=1#f");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "img.example.com");
  EXPECT_EQ(url->path, "/a%20b.png");
  EXPECT_EQ(url->text, "https://img.example.com/a%20b.png?q=1");
  const auto bare = parse_url("http://[::1]");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->host, "[::1]");
  EXPECT_EQ(bare->path, "/");
}

TEST(Url, ANumberIsTheAddressThatItStandsFor) {
  // Or else a rule about 127.0.0.1 could be walked around.
  for (const std::string_view text :
       {"http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/", "http://2130706433./",
        "http://127.1./", "http://127.0.0.1../", "http://127%2e1/", "http://%32130706433/", "http://0x7f%2e1%2e/"})
    EXPECT_EQ(normal(text), "http://127.0.0.1/") << text;
}

TEST(Url, WhatIsNoSuchUrlIsRefusedWithAReason) {
  for (const std::string_view text : {""sv,
                                      " "sv,
                                      "/a.png"sv,
                                      "a.png"sv,
                                      "example.com/a.png"sv,
                                      "://example.com/"sv,
                                      "http://"sv,
                                      "http://./"sv,
                                      "http:///"sv,
                                      "http://:80/"sv,
                                      "ftp://example.com/a"sv,
                                      "file:///etc/passwd"sv,
                                      "gopher://example.com/"sv,
                                      "data:image/png;base64,AAAA"sv,
                                      "javascript:alert(1)"sv,
                                      "http://example.com:99999/"sv,
                                      "http://example.com:x/"sv,
                                      "http://exa mple.com/"sv,
                                      "http://[::1/"sv,
                                      "http://[zz]/"sv,
                                      "http://example.com/\0/a"sv,
                                      "http://exa%00mple.com/"sv,
                                      "http://exa%2zmple.com/"sv,
                                      "http://exa%25mple.com/"sv,
                                      "http://%/"sv,
                                      "http://example.com/a\nHost: other"sv}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << testing::PrintToString(text) << " became " << url->text;
    EXPECT_EQ(url.error().status, 400) << text;
    EXPECT_FALSE(url.error().message.empty()) << text;
  }
}

TEST(Url, ThoseWithAUserAreRefused) {
  for (const std::string_view text : {"http://user@example.com/", "http://user:password@example.com/",
                                      "http://:password@example.com/", "https://example.com:443@other.com/"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text << " became " << url->text;
    EXPECT_EQ(url.error().status, 400);
    EXPECT_EQ(url.error().message.find("password"), std::string::npos) << "what was given is not repeated";
  }
}

TEST(Url, AnAtSignInThePathIsNoUser) {
  EXPECT_EQ(normal("http://example.com/@2x/a@b.png?c@d"), "http://example.com/@2x/a@b.png?c@d");
}

TEST(BadEscape, IsAPercentSignWithoutTwoDigits) {
  for (const std::string_view text : {"", "a", "%20", "a%2Fb", "%aA%Ff%09", "100%25"})
    EXPECT_FALSE(has_bad_escape(text)) << text;
  for (const std::string_view text :
       {"%", "a%", "%2", "a%2", "%zz", "%2g", "%g2", "%%20", "%20%", "100% of", "%-1", "% 1"})
    EXPECT_TRUE(has_bad_escape(text)) << text;
}

TEST(Url, AnAuthorityHasThePortThatMatters) {
  EXPECT_EQ(parse_url("http://A.example:80/x")->authority, "a.example");
  EXPECT_EQ(parse_url("https://a.example:443/x")->authority, "a.example");
  EXPECT_EQ(parse_url("https://a.example:80/x")->authority, "a.example:80");
  EXPECT_EQ(parse_url("http://[::1]:8080/x")->authority, "[::1]:8080");
}

}  // namespace
}  // namespace imcaxy::http
