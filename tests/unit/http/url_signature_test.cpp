#include "http/url_signature.hpp"

#include <gtest/gtest.h>

namespace imcaxy::http {
namespace {

constexpr std::string_view key = "4f46feebafc4b5e988f131c4ff8b5997";

SignatureCheck check(std::string_view query, std::initializer_list<std::string_view> paths = {"/resize"}) {
  return check_signature(paths, parse_query(query), key);
}

TEST(UrlSignature, KnownAnswers) {  // computed with Python's hmac and urllib
  EXPECT_EQ(sign_url("/resize", {{"width", "300"}, {"file", "image.jpg"}, {"height", "200"}, {"type", "jpeg"}}, key),
            "ruEWRoFO-ic-L38vTsjqIYE6DLZ532CTaZXOh1gwuVo");
  EXPECT_EQ(sign_url("/resize", {{"url", "http://a.example/~x_y-z.jpg"}, {"a b", "\xc3\xa9"}}, key),
            "7sj_EfSTfePj3cQ9u04en2Ll0r1V_8mmThNWkR2ovO0");
}

TEST(UrlSignature, IsRightWhateverTheOrder) {
  const std::string sign = sign_url("/resize", {{"width", "300"}, {"url", "http://a.example/a b+c&d.jpg"}}, key);
  EXPECT_EQ(check("width=300&url=http%3A%2F%2Fa.example%2Fa+b%2Bc%26d.jpg&sign=" + sign), SignatureCheck::right);
  EXPECT_EQ(check("sign=" + sign + "&url=http://a.example/a%20b%2bc%26d.jpg&width=300"), SignatureCheck::right);
  EXPECT_EQ(check("width=300&url=http://a.example/a%20b%2bc%26d.jpg&sign=" + sign + "="), SignatureCheck::right);
}

TEST(UrlSignature, CoversEverything) {
  const std::string sign = sign_url("/resize", {{"a", "1"}, {"a", "2"}, {"b", "3"}}, key);
  EXPECT_EQ(check("a=1&a=2&b=3&sign=" + sign), SignatureCheck::right);
  EXPECT_EQ(check("b=3&a=1&a=2&sign=" + sign), SignatureCheck::right);
  for (const std::string query : {"a=2&a=1&b=3", "a=1&a=2", "a=1&a=2&b=3&c=", "a=1&a=2&b=4", "a=1&a=2%26b=3", ""})
    EXPECT_EQ(check(query + "&sign=" + sign), SignatureCheck::wrong) << query;
  EXPECT_EQ(check("a=1&a=2&b=3&sign=" + sign, {"/crop"}), SignatureCheck::wrong);
  EXPECT_EQ(check("a=1&a=2&b=3&sign=" + sign, {"/crop", "/resize"}), SignatureCheck::right);
}

TEST(UrlSignature, TellsNoneFromAWrongOne) {
  EXPECT_EQ(check("a=1"), SignatureCheck::wrong);
  EXPECT_EQ(check("a=1&sign="), SignatureCheck::wrong);
  EXPECT_EQ(check("a=1&sign=YWJj"), SignatureCheck::wrong);
  for (const std::string sign : {"a", "***", "YWJj/", "YWJjZ", "YWI%C3%A9"})
    EXPECT_EQ(check("a=1&sign=" + sign), SignatureCheck::malformed) << sign;
}

}  // namespace
}  // namespace imcaxy::http
