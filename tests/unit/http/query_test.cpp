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

TEST(MaskParameter, HidesAValueAndNothingElse) {
  EXPECT_EQ(mask_parameter("/a?x=1&key=secret&y=2", "key"), "/a?x=1&key=***&y=2");
  EXPECT_EQ(mask_parameter("/a?key=secret", "key"), "/a?key=***");
  EXPECT_EQ(mask_parameter("/a?k%65y=secret&key=", "key"), "/a?k%65y=***&key=***");
  EXPECT_EQ(mask_parameter("/key=a?monkey=1&key", "key"), "/key=a?monkey=1&key");
  EXPECT_EQ(mask_parameter("/a?url=x?key=b&", "key"), "/a?url=x?key=***&");
  EXPECT_EQ(mask_parameter("", "key"), "");
}

}  // namespace
}  // namespace imcaxy::http
