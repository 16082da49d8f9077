#include "base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace imcaxy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Text, LowersAsciiLettersOnly) {
  EXPECT_EQ(ascii_lower("AZaz09-_@[`{"), "azaz09-_@[`{");
  EXPECT_EQ(ascii_lower("\xC3\x84"), "\xC3\x84") << "bytes of UTF-8 stay";
  EXPECT_EQ(ascii_lower('Q'), 'q');
  EXPECT_EQ(ascii_lower(""), "");
}

TEST(Text, TrimsBlanksAtBothEnds) {
  EXPECT_EQ(trimmed(" \t\r\na b\n "), "a b");
  EXPECT_EQ(trimmed("a"), "a");
  EXPECT_EQ(trimmed(" \n"), "");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed("\xC2\xA0"
                    "a"),
            "\xC2\xA0"
            "a")
      << "a no-break space is part of the text";
}

TEST(Text, TrimsWithoutACopy) {
  const std::string_view text = "  ab ";
  EXPECT_EQ(trimmed(text).data(), text.data() + 2);
}

TEST(Text, SplitsAList) {
  EXPECT_THAT(split_list("a, b,c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split_list(" one two "), ElementsAre("one two"));
  EXPECT_THAT(split_list("a;b,c;", ';'), ElementsAre("a", "b,c"));
}

TEST(Text, EmptyPartsOfAListAreDropped) {
  EXPECT_THAT(split_list(",a,, \t,b,"), ElementsAre("a", "b"));
  EXPECT_THAT(split_list(""), IsEmpty());
  EXPECT_THAT(split_list(" , ,"), IsEmpty());
}

TEST(Text, Joins) {
  EXPECT_EQ(joined({"a", "b", "c"}, ", "), "a, b, c");
  EXPECT_EQ(joined({"a"}, ","), "a");
  EXPECT_EQ(joined({}, ","), "");
}

TEST(Text, EmptyPartsAreJoinedLikeOthers) {
  EXPECT_EQ(joined({"a", "", "b", ""}, ","), "a,,b,");
  EXPECT_EQ(joined({"", "", "b"}, ","), ",,b");
}

}  // namespace
}  // namespace imcaxy
