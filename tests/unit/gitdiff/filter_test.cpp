#include "gitdiff/filter.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace imcaxy::gitdiff {
namespace {

bool takes(const std::vector<std::string>& folders, const std::vector<std::string>& patterns, std::string_view path) {
  return Filter::make(folders, patterns).value().takes(path);
}

TEST(Filter, TakesWhatIsBelowAFolder) {
  EXPECT_TRUE(takes({"public"}, {}, "public/a.png"));
  EXPECT_TRUE(takes({"public"}, {}, "public/deep/a.png"));
  EXPECT_FALSE(takes({"public"}, {}, "publication/a.png"));
  EXPECT_FALSE(takes({"public"}, {}, "public"));
  EXPECT_FALSE(takes({"public"}, {}, "old/public/a.png"));
  EXPECT_TRUE(takes({"one", "two"}, {}, "two/a.png"));
  EXPECT_FALSE(takes({}, {}, "a.png"));
}

TEST(Filter, KnowsAFolderByOneName) {
  for (const char* folder : {"a/b", "./a/b", "a//b/", "a/./b//"}) EXPECT_TRUE(takes({folder}, {}, "a/b/c")) << folder;
  for (const char* folder : {".", "", "./"}) EXPECT_TRUE(takes({folder}, {}, "c")) << folder;
}

TEST(Filter, RefusesFoldersOutside) {
  for (const char* folder : {"/public", "../other", "a/../../b"}) {
    const auto filter = Filter::make({folder}, {});
    ASSERT_FALSE(filter) << folder;
    EXPECT_EQ(filter.error().status, 400);
    EXPECT_NE(filter.error().message.find(folder), std::string::npos);
  }
}

TEST(Filter, TakesWhatOneOfThePatternsFits) {
  EXPECT_TRUE(takes({"."}, {R"(\.png$)", R"(\.jpg$)"}, "a.jpg"));
  EXPECT_FALSE(takes({"."}, {R"(\.png$)"}, "a.png.txt"));
  EXPECT_TRUE(takes({"."}, {"(?i)\\.png$"}, "A.PNG"));
}

TEST(Filter, SaysWhatIsWrongWithAPattern) {
  const auto filter = Filter::make({"."}, {"(png"});
  ASSERT_FALSE(filter);
  EXPECT_EQ(filter.error().status, 400);
  EXPECT_NE(filter.error().message.find("'(png'"), std::string::npos);
  EXPECT_FALSE(Filter::make({"."}, {R"((a)\1)"})) << "what has no linear time does not exist";
}

TEST(Pattern, TakesTimeThatGrowsWithThePathAlone) {
  const auto pattern = Pattern::compile("(a*)*(a*)*(a|aa)+$").value();
  const std::string path = std::string(20000, 'a') + "b";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(pattern.finds(path));
  EXPECT_FALSE(pattern.match_whole(path));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(Pattern, GivesItsGroups) {
  const auto pattern = Pattern::compile("public/(.*)/(x)?(.*)").value();
  const auto groups = pattern.match_whole("public/a/b.png");
  ASSERT_TRUE(groups);
  EXPECT_EQ(*groups, (std::vector<std::string>{"public/a/b.png", "a", "", "b.png"}));
  EXPECT_FALSE(pattern.match_whole("old/public/a/b.png")) << "it is anchored";
}

TEST(Pattern, TakesAnyBytes) {
  const auto pattern = Pattern::compile("public/(.*)").value();
  for (const std::string name : {"\xc3\xa4.png", "\xe4.png", "a\nb.png", "\xff\xfe"}) {
    const auto groups = pattern.match_whole("public/" + name);
    ASSERT_TRUE(groups) << name;
    EXPECT_EQ(groups->at(1), name);
  }
  EXPECT_TRUE(Pattern::compile("^[äö]\\.png$").value().finds("ä.png")) << "letters, where it is UTF-8";
}

}  // namespace
}  // namespace imcaxy::gitdiff
