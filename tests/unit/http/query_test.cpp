#include "http/query.hpp"

#include <gtest/gtest.h>

namespace imcaxy::http {
namespace {

TEST(Query, DecodesInOrder) {
  EXPECT_EQ(parse_query("b=2&a=x%20y+z&a=%C3%A4&flag&=v&&e="),
            (Query{{"b", "2"}, {"a", "x y z"}, {"a", "\xC3\xA4"}, {"flag", ""}, {"", "v"}, {"e", ""}}));
  EXPECT_EQ(parse_query(""), Query{});
}

TEST(Query, KeepsWhatIsNoEscape) {
  EXPECT_EQ(parse_query("a=100%&b=%zz&c=%4"), (Query{{"a", "100%"}, {"b", "%zz"}, {"c", "%4"}}));
}

TEST(Query, AUrlAsAValueMayHaveItsOwnEquals) {
  EXPECT_EQ(parse_query("url=http://h/p?x=1"), (Query{{"url", "http://h/p?x=1"}}));
}

TEST(Query, EncodeAndDecodeAreInverse) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(percent_decode(percent_encode(all), true), all);
}

}  // namespace
}  // namespace imcaxy::http
