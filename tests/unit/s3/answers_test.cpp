#include "s3/answers.hpp"

#include <gtest/gtest.h>

namespace imcaxy::s3 {
namespace {

using Kind = Failure::Kind;

std::string error_xml(const std::string& code) {
  return R"(<?xml version="1.0" encoding="UTF-8"?><Error><Code>)" + code + "</Code><Message>why</Message></Error>";
}

TEST(FailureOf, TheCodeSaysMoreThanTheStatus) {
  for (const auto& [status, code, kind] : std::initializer_list<std::tuple<unsigned, std::string, Kind>>{
           {404, "NoSuchKey", Kind::not_found},
           {404, "NoSuchBucket", Kind::no_bucket},
           {403, "SignatureDoesNotMatch", Kind::refused},
           {400, "AuthorizationHeaderMalformed", Kind::wrong_location},
           {503, "SlowDown", Kind::slow},
           {507, "XMinioStorageFull", Kind::full},
           {403, "QuotaExceeded", Kind::full},
           {400, "BadDigest", Kind::damaged},
           {500, "InternalError", Kind::unreachable},
           {400, "NewAndUnknown", Kind::invalid}}) {
    const Failure failure = failure_of(status, error_xml(code));
    EXPECT_EQ(failure.kind, kind) << code;
    EXPECT_NE(failure.text.find(code + ": why"), std::string::npos) << failure.text;
    EXPECT_EQ(failure_of(status, "", code).kind, kind) << code << " in a header";
  }
}

TEST(FailureOf, WithoutXmlTheStatusCounts) {
  EXPECT_EQ(failure_of(404, "").kind, Kind::not_found);
  EXPECT_EQ(failure_of(403, "<html><body>no").kind, Kind::refused);
  EXPECT_EQ(failure_of(502, "Bad Gateway").kind, Kind::unreachable);
  EXPECT_NE(failure_of(400, "Client sent an HTTP request to an HTTPS server.\n").text.find("HTTPS server"),
            std::string::npos);
}

TEST(FailureOf, HostileTextStaysOneShortLine) {
  const Failure failure = failure_of(500, error_xml("A\x1b[31m\n\xff" + std::string(100'000, 'x')));
  EXPECT_LT(failure.text.size(), 700u);
  EXPECT_EQ(failure.text.find_first_of("\x1b\n\xff"), std::string::npos);
}

TEST(ParseList, ReadsAPage) {
  const auto page = parse_list(R"(<?xml version="1.0"?>
    <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>true</IsTruncated>
    <NextContinuationToken>t&amp;1</NextContinuationToken><EncodingType>url</EncodingType>
    <Contents><Key>a%2Fb+c</Key><Size>12</Size></Contents>
    <Contents><Key>..%2F..%2Fetc</Key><Size>1</Size></Contents></ListBucketResult>)");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->objects.size(), 1u) << "names that are none of ours are left out";
  EXPECT_EQ(page->objects[0].key, "a/b c");
  EXPECT_EQ(page->objects[0].bytes, 12u);
  EXPECT_EQ(page->next, "t&1");
}

TEST(ParseList, NothingOfWhatMakesNoSense) {
  const std::string entry = "<Contents><Key>a</Key><Size>%</Size></Contents>";
  for (const std::string xml :
       {"", "{}", "<html/>", "<ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>99999999999999999999</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"})
    EXPECT_FALSE(parse_list(xml)) << xml;
}

TEST(ParseList, DeepAndEntityRiddenXmlDoesNoHarm) {
  std::string deep = "<ListBucketResult>";
  for (int i = 0; i < 500'000; ++i) deep += "<a>";
  EXPECT_FALSE(parse_list(deep));
  for (int i = 0; i < 500'000; ++i) deep += "</a>";
  parse_list(deep + "</ListBucketResult>");
  EXPECT_FALSE(parse_list(R"(<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>)"));
}

TEST(ParseDeleted, TellsWhatWasNot) {
  EXPECT_TRUE(parse_deleted("<DeleteResult/>")->empty());
  const auto some = parse_deleted(
      "<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code><Message>no</Message></Error>"
      "<Error><Key>b</Key><Code>NoSuchKey</Code></Error></DeleteResult>");
  ASSERT_TRUE(some);
  ASSERT_EQ(some->size(), 1u) << "what is not there is removed";
  EXPECT_EQ(some->front().key, "a");
  EXPECT_EQ(some->front().failure.kind, Kind::refused);
  EXPECT_FALSE(parse_deleted("ok"));
}

TEST(Deletion, EscapesNames) {
  EXPECT_EQ(deletion({"a&<b>"}), "<Delete><Quiet>true</Quiet><Object><Key>a&amp;&lt;b&gt;</Key></Object></Delete>");
}

}  // namespace
}  // namespace imcaxy::s3
