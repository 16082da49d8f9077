#include "http/conditional.hpp"

#include <gtest/gtest.h>

#include "base/clock.hpp"

namespace imcaxy::http {
namespace {

constexpr std::chrono::sys_seconds modified{std::chrono::seconds(784111777)};  // Sun, 06 Nov 1994 08:49:37 GMT

struct Case {
  const char* name;
  std::vector<std::pair<const char*, const char*>> headers;
  Outcome expected;
  Method method = Method::get;
  const char* etag = "\"a\"";
};

class Evaluate : public testing::TestWithParam<Case> {};

TEST_P(Evaluate, FollowsTheRfc) {
  const Case& c = GetParam();
  Request request;
  request.method = c.method;
  for (const auto& [name, value] : c.headers) request.headers.emplace_back(name, value);
  EXPECT_EQ(evaluate(request, c.etag, modified, 100), c.expected);
}

const char* const at = "Sun, 06 Nov 1994 08:49:37 GMT";
const char* const before = "Sun, 06 Nov 1994 08:49:36 GMT";
const char* const after = "Sun, 06 Nov 1994 08:49:38 GMT";

INSTANTIATE_TEST_SUITE_P(
    Rfc9110, Evaluate,
    testing::Values(
        Case{"plain", {}, {200, {}}}, Case{"same", {{"If-None-Match", "\"a\""}}, {304, {}}},
        Case{"name_case", {{"if-none-match", "\"a\""}}, {304, {}}},
        Case{"other", {{"If-None-Match", "\"b\""}}, {200, {}}},
        Case{"list", {{"If-None-Match", "\"b\", \"a\""}}, {304, {}}},
        Case{"weak", {{"If-None-Match", "W/\"a\""}}, {304, {}}}, Case{"star", {{"If-None-Match", "*"}}, {304, {}}},
        Case{"etag_beats_date", {{"If-None-Match", "\"b\""}, {"If-Modified-Since", after}}, {200, {}}},
        Case{"not_modified", {{"If-Modified-Since", at}}, {304, {}}},
        Case{"modified", {{"If-Modified-Since", before}}, {200, {}}},
        Case{"no_date", {{"If-Modified-Since", "yesterday"}}, {200, {}}},
        Case{"if_match_other", {{"If-Match", "\"b\""}}, {412, {}}},
        Case{"if_match", {{"If-Match", "\"a\""}}, {200, {}}},
        Case{"unmodified_since", {{"If-Unmodified-Since", before}}, {412, {}}},
        Case{"range", {{"Range", "bytes=0-9"}}, {206, ByteRange{0, 10}}},
        Case{"open", {{"Range", "bytes=90-"}}, {206, ByteRange{90, 10}}},
        Case{"suffix", {{"Range", "bytes=-5"}}, {206, ByteRange{95, 5}}},
        Case{"long_suffix", {{"Range", "bytes=-500"}}, {206, ByteRange{0, 100}}},
        Case{"clamped", {{"Range", "bytes=95-500"}}, {206, ByteRange{95, 5}}},
        Case{"largest", {{"Range", "bytes=1-18446744073709551615"}}, {206, ByteRange{1, 99}}},
        Case{"beyond", {{"Range", "bytes=100-"}}, {416, {}}}, Case{"empty_suffix", {{"Range", "bytes=-0"}}, {416, {}}},
        Case{"backwards", {{"Range", "bytes=9-0"}}, {200, {}}},
        Case{"several", {{"Range", "bytes=0-1,4-5"}}, {200, {}}}, Case{"unit", {{"Range", "rows=0-1"}}, {200, {}}},
        Case{"junk", {{"Range", "bytes=a-b"}}, {200, {}}},
        Case{"head", {{"Range", "bytes=0-9"}}, {200, {}}, Method::head},
        Case{"if_range", {{"Range", "bytes=0-9"}, {"If-Range", "\"a\""}}, {206, ByteRange{0, 10}}},
        Case{"if_range_other", {{"Range", "bytes=0-9"}, {"If-Range", "\"b\""}}, {200, {}}},
        Case{"if_range_date", {{"Range", "bytes=0-9"}, {"If-Range", at}}, {206, ByteRange{0, 10}}},
        Case{"if_range_old", {{"Range", "bytes=0-9"}, {"If-Range", before}}, {200, {}}},
        Case{"if_range_weak", {{"Range", "bytes=0-9"}, {"If-Range", "W/\"a\""}}, {200, {}}, Method::get, "W/\"a\""},
        Case{"304_beats_range", {{"Range", "bytes=0-9"}, {"If-None-Match", "\"a\""}}, {304, {}}}),
    [](const auto& tested) { return tested.param.name; });

TEST(Dates, RoundTripAndRefuseWhatIsNone) {
  EXPECT_EQ(to_http_date(WallTime(modified)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(from_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), modified);
  for (const char* bad :
       {"", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:3x GMT", "Fri, 31 Dec 9999 23:59:60 GMT"})
    EXPECT_FALSE(from_http_date(bad)) << bad;
  EXPECT_EQ(to_rfc3339(WallTime(std::chrono::milliseconds(1'764'000'000'123))), "2025-11-24T16:00:00.123Z");
  EXPECT_EQ(from_rfc3339("2025-11-24T16:00:00.123Z"), WallTime(std::chrono::milliseconds(1'764'000'000'123)));
}

}  // namespace
}  // namespace imcaxy::http
