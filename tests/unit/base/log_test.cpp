#include "base/log.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace imcaxy {
namespace {

// --- json_escape ---

TEST(JsonEscape, LeavesPlainTextAlone) {
  EXPECT_EQ(json_escape(""), "");
  EXPECT_EQ(json_escape("GET /a?b=c&d='e' HTTP/1.1"), "GET /a?b=c&d='e' HTTP/1.1");
}

TEST(JsonEscape, EscapesQuotesAndBackslashes) {
  EXPECT_EQ(json_escape(R"("\")"), R"(\"\\\")");
}

TEST(JsonEscape, EscapesEveryControlCharacter) {
  for (int c = 0; c < 0x20; ++c) {
    char expected[8];
    std::snprintf(expected, sizeof expected, "\\u%04x", c);
    EXPECT_EQ(json_escape(std::string(1, static_cast<char>(c))), expected);
  }
  EXPECT_EQ(json_escape("\x7f"), "\\u007f") << "not asked for by JSON, but terminals act upon it";
  EXPECT_EQ(json_escape(std::string_view("a\0b", 3)), "a\\u0000b");
}

TEST(JsonEscape, KeepsUtf8OfEachLength) {
  for (const char* text : {"~", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
                           "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_EQ(json_escape(text), text);
}

TEST(JsonEscape, ReplacesEachByteThatIsNoUtf8) {
  const std::string one = "\\ufffd";
  EXPECT_EQ(json_escape("\x80"), one) << "a continuation without its start";
  EXPECT_EQ(json_escape("\xC1\xBF"), one + one) << "overlong with two bytes";
  EXPECT_EQ(json_escape("\xE0\x9F\xBF"), one + one + one) << "overlong with three";
  EXPECT_EQ(json_escape("\xF0\x8F\xBF\xBF"), one + one + one + one) << "overlong with four";
  EXPECT_EQ(json_escape("\xF4\x90\x80\x80"), one + one + one + one) << "above U+10FFFF";
  EXPECT_EQ(json_escape("\xF8\x88\x80\x80\x80"), one + one + one + one + one) << "five bytes";
  EXPECT_EQ(json_escape("\xED\xBF\xBF"), one + one + one) << "a surrogate";
  EXPECT_EQ(json_escape("\xFE\xFF"), one + one);
}

TEST(JsonEscape, GoesOnAfterACutSequence) {
  EXPECT_EQ(json_escape("\xE2\x82"), "\\ufffd\\ufffd") << "cut at the end";
  EXPECT_EQ(json_escape("\xE2\x82\"x"), "\\ufffd\\ufffd\\\"x") << "a quote must not be swallowed";
  EXPECT_EQ(json_escape("\xE2\xC3\xA4"), "\\ufffd\xC3\xA4");
}

// --- The log ---

class LogFile : public testing::Test {
 protected:
  LogFile() {
    std::string pattern = testing::TempDir() + "imcaxy_log_XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~LogFile() override {
    spdlog::set_default_logger(before_);
    std::filesystem::remove_all(folder_);
  }

  std::string path(const char* name) const { return (folder_ / name).string(); }

  std::string content(const char* name) const {
    spdlog::default_logger()->flush();
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::filesystem::path folder_;
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

constexpr const char* time_pattern = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z";

TEST_F(LogFile, JsonLinesHoldAnyMessage) {
  ASSERT_TRUE(log_start({.format = LogFormat::json, .file = path("log")}));
  spdlog::warn("{}", "a \"b\"\n\xff");
  EXPECT_THAT(content("log"), testing::MatchesRegex(std::string(R"(\{"time":")") + time_pattern +
                                                    R"(","level":"warning","message":"a \\"b\\"\\u000a\\ufffd"\}.)"));
}

TEST_F(LogFile, TextLinesAndTheLevel) {
  ASSERT_TRUE(log_start({.level = spdlog::level::warn, .file = path("log")}));
  spdlog::info("too little");
  spdlog::error("enough");
  EXPECT_THAT(content("log"), testing::MatchesRegex(std::string(time_pattern) + " error enough."));
}

TEST_F(LogFile, ANewFileTakesOverAfterARotation) {
  ASSERT_TRUE(log_start({.file = path("log")}));
  spdlog::info("first");
  std::filesystem::rename(path("log"), path("log.1"));
  spdlog::info("second");
  log_reopen();
  spdlog::info("third");
  EXPECT_THAT(content("log.1"), testing::AllOf(testing::HasSubstr("first\n"), testing::HasSubstr("second\n"),
                                               testing::Not(testing::HasSubstr("third"))));
  EXPECT_THAT(content("log"),
              testing::AllOf(testing::HasSubstr("third\n"), testing::Not(testing::HasSubstr("second"))));
}

TEST_F(LogFile, ReopeningKeepsWhatIsThere) {
  ASSERT_TRUE(log_start({.file = path("log")}));
  spdlog::info("first");
  log_reopen();
  spdlog::info("second");
  EXPECT_THAT(content("log"), testing::AllOf(testing::HasSubstr("first\n"), testing::HasSubstr("second\n")));
}

TEST_F(LogFile, AFileThatCantBeOpenedIsAnError) {
  std::ofstream(path("file")) << "x";
  const auto started = log_start({.file = path("file") + "/log"});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, testing::HasSubstr(path("file") + "/log"));
}

}  // namespace
}  // namespace imcaxy
