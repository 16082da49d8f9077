#include "base/glob.hpp"

#include <string>

#include <gtest/gtest.h>

namespace imcaxy {
namespace {

TEST(Glob, WithoutAStarIsTheTextItself) {
  EXPECT_TRUE(glob_matches("example.com", "example.com"));
  EXPECT_FALSE(glob_matches("example.com", "example.com.evil.test"));
  EXPECT_FALSE(glob_matches("example.com", "www.example.com"));
  EXPECT_FALSE(glob_matches("example.com", "example.co"));
  EXPECT_FALSE(glob_matches("example.com", "exampleXcom")) << "a dot is no wildcard";
  EXPECT_FALSE(glob_matches("a?c", "abc")) << "neither is a question mark";
  EXPECT_FALSE(glob_matches("[ab]", "a"));
}

TEST(Glob, AStarIsAnyBytes) {
  EXPECT_TRUE(glob_matches("*.example.com", "a.b.example.com"));
  EXPECT_TRUE(glob_matches("*.example.com", ".example.com"));
  EXPECT_FALSE(glob_matches("*.example.com", "example.com"));
  EXPECT_FALSE(glob_matches("*.example.com", "badexample.com"));
  EXPECT_FALSE(glob_matches("*.example.com", "a.example.com.evil.test"));
  EXPECT_TRUE(glob_matches("cdn-*", "cdn-"));
  EXPECT_TRUE(glob_matches("cdn-*", "cdn-1.example.com"));
  EXPECT_TRUE(glob_matches("https://*.example.com:*", "https://a.example.com:8443"));
  EXPECT_TRUE(glob_matches("a*\n*z", "a\n\n\xFFz"));
  EXPECT_TRUE(glob_matches(std::string("a*b"), std::string("a\0b", 3)));
}

TEST(Glob, TriesAllPlacesOfAStar) {
  EXPECT_TRUE(glob_matches("*ab*ab", "abxabab"));
  EXPECT_TRUE(glob_matches("a*b*c", "abbcbc"));
  EXPECT_FALSE(glob_matches("a*b*c", "acb"));
  EXPECT_TRUE(glob_matches("*aab", "aaaab"));
  EXPECT_FALSE(glob_matches("*a*a*", "a"));
}

TEST(Glob, EmptyOnes) {
  EXPECT_TRUE(glob_matches("", ""));
  EXPECT_FALSE(glob_matches("", "a"));
  EXPECT_FALSE(glob_matches("a", ""));
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("***", ""));
  EXPECT_TRUE(glob_matches("**", "anything"));
}

TEST(Glob, AStarInTheTextIsAByte) {
  EXPECT_TRUE(glob_matches("a*c", "a*c"));
  EXPECT_FALSE(glob_matches("abc", "a*c"));
}

TEST(Glob, OnlyAsciiLettersHaveNoCase) {
  EXPECT_TRUE(glob_matches("*.Example.COM", "WWW.eXample.com"));
  EXPECT_FALSE(glob_matches("@", "`")) << "the neighbours of A and a";
  EXPECT_FALSE(glob_matches("[", "{")) << "the neighbours of Z and z";
  EXPECT_FALSE(glob_matches("\xC4", "\xE4"));
}

// With backtracking over all stars this would not end within years.
TEST(Glob, ManyStarsTakeNoLongTime) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  const std::string text(20000, 'a');
  EXPECT_TRUE(glob_matches(pattern, text));
  EXPECT_FALSE(glob_matches(pattern + "b", text));
}

TEST(Glob, AnyOfSeveral) {
  const std::vector<std::string> patterns{"a.test", "*.b.test"};
  EXPECT_TRUE(any_glob_matches(patterns, "a.test"));
  EXPECT_TRUE(any_glob_matches(patterns, "x.b.test"));
  EXPECT_FALSE(any_glob_matches(patterns, "c.test"));
  EXPECT_FALSE(any_glob_matches(std::vector<std::string>(), "a.test"));
}

TEST(PathGlob, HasTheCaseOfLetters) {
  EXPECT_TRUE(path_glob_matches("/a/*", "/a/b/c"));
  EXPECT_FALSE(path_glob_matches("/a/*", "/A/b/c"));
  EXPECT_TRUE(glob_matches("/a/*", "/A/b/c"));
}

}  // namespace
}  // namespace imcaxy
