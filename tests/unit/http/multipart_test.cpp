#include "http/multipart.hpp"

#include <string>

#include <gtest/gtest.h>

namespace imcaxy::http {
namespace {

/// A form with one boundary, "XyZ", as browsers write it.
std::string part(std::string_view name, std::string_view content, std::string_view more = "") {
  return "--XyZ\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"" + std::string(more) +
         "\r\n\r\n" + std::string(content) + "\r\n";
}
const std::string end = "--XyZ--\r\n";
constexpr std::string_view type = "multipart/form-data; boundary=XyZ";

/// The field "file", or the error's message between angle brackets.
std::string file_of(std::string_view body, std::string_view content_type = type) {
  const auto field = form_field(content_type, body, "file");
  if (!field) {
    EXPECT_EQ(field.error().status, 400);
    return "<" + field.error().message + ">";
  }
  return std::string(*field);
}

TEST(FormField, TheFileIsFoundWhereverItStands) {
  EXPECT_EQ(file_of(part("file", "content", "; filename=\"a.png\"\r\nContent-Type: image/png") + end), "content");
  EXPECT_EQ(file_of(part("a", "1") + part("b", "2") + part("file", "content") + end), "content");
  EXPECT_EQ(file_of(part("file", "content") + part("a", "1") + end), "content");
  EXPECT_EQ(file_of(part("file", "first") + part("file", "second") + end), "first");
}

TEST(FormField, TheResultIsAViewIntoTheBody) {
  const std::string body = part("file", "content") + end;
  const auto field = form_field(type, body, "file");
  ASSERT_TRUE(field);
  EXPECT_EQ(field->data(), body.data() + body.find("content"));
}

TEST(FormField, ContentMayBeEmptyOrAnyBytes) {
  EXPECT_EQ(file_of(part("file", "") + end), "");
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (const std::string& content :
       {all, std::string("\r\n"), std::string("\r\n\r\n"), std::string("--XyZa"), std::string("a--XyZ--b"),
        std::string("\n--XyZ\n"), std::string("-----\r\n--\r\n--Xy\r\n-XyZ\r\n"), std::string("\r\n--Xy"),
        std::string("--")})
    EXPECT_EQ(file_of(part("file", content) + part("a", "1") + end), content);
}

TEST(FormField, ABoundaryThatOnlyBeginsLikeOursIsContent) {
  // RFC 2046: after a delimiter come blanks and the line's end, or two dashes.
  for (const std::string content : {"a\r\n--XyZ1\r\nb", "a\r\n--XyZ-\r\nb", "a\r\n--XyZabc--\r\nb"})
    EXPECT_EQ(file_of(part("file", content) + end), content);
  EXPECT_EQ(file_of("--XyZ1\r\n\r\npreamble\r\n" + part("file", "content") + end), "content");
}

TEST(FormField, BlanksAfterADelimiterAreAllowed) {
  EXPECT_EQ(
      file_of("--XyZ \t\r\nContent-Disposition: form-data; name=file\r\n\r\ncontent\r\n--XyZ \t\r\n\r\n\r\n--XyZ--"),
      "content");
}

TEST(FormField, APreambleAndAnEpilogueAreSkipped) {
  EXPECT_EQ(file_of("This is a form.\r\nname=\"file\"\r\n" + part("file", "content") + end + "the rest"), "content");
  EXPECT_EQ(file_of("\r\n" + part("file", "content") + end), "content");
  EXPECT_EQ(file_of(part("a", "1") + end + part("file", "after the end") + end), "<http: no such file>");
}

TEST(FormField, TheBoundaryMayBeQuotedAndAnywhereInTheHeader) {
  const std::string body = part("file", "content") + end;
  for (const std::string_view content_type :
       {"multipart/form-data; boundary=\"XyZ\"", "multipart/form-data;boundary=XyZ",
        "multipart/form-data; BOUNDARY=XyZ", "multipart/form-data; charset=utf-8; boundary=XyZ",
        "multipart/form-data; boundary=XyZ; charset=utf-8", "multipart/form-data; x=\"; boundary=no\"; boundary=XyZ"})
    EXPECT_EQ(file_of(body, content_type), "content") << content_type;
  EXPECT_EQ(file_of("--a=b:c\r\nContent-Disposition: form-data; name=file\r\n\r\ncontent\r\n--a=b:c--",
                    "multipart/form-data; boundary=\"a=b:c\""),
            "content");
}

TEST(FormField, WithoutAUsableBoundaryThereIsNoForm) {
  const std::string body = part("file", "content") + end;
  for (const std::string& content_type :
       {std::string(), std::string("multipart/form-data"), std::string("multipart/form-data; boundary="),
        std::string("multipart/form-data; boundary=\"\""), std::string("multipart/form-data; boundaries=XyZ"),
        "multipart/form-data; boundary=" + std::string(71, 'x')})
    EXPECT_EQ(file_of(body, content_type), "<no multipart boundary param in Content-Type>") << content_type;
  const std::string longest(70, 'x');
  EXPECT_EQ(
      file_of("--" + longest + "\r\nContent-Disposition: form-data; name=file\r\n\r\ncontent\r\n--" + longest + "--",
              "multipart/form-data; boundary=" + longest),
      "content");
}

TEST(FormField, HeadersAreReadWithoutCaseAndInAnyOrder) {
  for (const std::string_view head :
       {"content-disposition: form-data; name=file", "CONTENT-DISPOSITION:form-data;NAME=\"file\"",
        "Content-Type: image/png\r\nContent-Length: 7\r\nContent-Disposition: form-data; filename=x; name=\"file\"",
        "Content-Disposition:  form-data ;  name = file "})
    EXPECT_EQ(file_of("--XyZ\r\n" + std::string(head) + "\r\n\r\ncontent\r\n" + end), "content") << head;
}

TEST(FormField, OnlyTheNameOfTheDispositionCounts) {
  for (const std::string_view head :
       {"Content-Disposition: form-data; name=\"files\"", "Content-Disposition: form-data; name=\"File\"",
        "Content-Disposition: form-data; filename=\"file\"", "Content-Type: image/png; name=\"file\"",
        "Content-Disposition: form-data; filename=\"a; name=file; b\"; name=\"other\"",
        "Content-Disposition: form-data; filename=\"a\\\"; name=file; \\\"b\"; name=\"other\""})
    EXPECT_EQ(file_of("--XyZ\r\n" + std::string(head) + "\r\n\r\ncontent\r\n" + end), "<http: no such file>") << head;
}

TEST(FormField, AFileNameMayHaveASemicolon) {
  EXPECT_EQ(file_of(part("file", "content", "; filename=\"a;b; name=x.png\"") + end), "content");
  EXPECT_EQ(
      file_of("--XyZ\r\nContent-Disposition: form-data; filename=\"a;b; name=x\"; name=\"file\"\r\n\r\ncontent\r\n" +
              end),
      "content");
}

TEST(FormField, APartWithoutHeadersIsNotTakenForTheNext) {
  EXPECT_EQ(file_of("--XyZ\r\n\r\nno headers\r\n" + part("file", "content") + end), "content");
  EXPECT_EQ(file_of("--XyZ\r\n\r\n\r\n" + part("file", "content") + end), "content");
}

TEST(FormField, TheBlankLineMayBeTheDelimitersLineEnd) {
  EXPECT_EQ(file_of("--XyZ\r\nContent-Disposition: form-data; name=file\r\n\r\n" + end), "");
  EXPECT_EQ(file_of("--XyZ\r\n\r\n" + part("file", "content") + end), "content");
}

TEST(FormField, ABodyThatEndsEarlyHasNoFile) {
  const std::string body = part("a", "1") + part("file", "content") + end;
  const std::size_t whole = body.find("content") + std::string_view("content\r\n--XyZ").size();
  for (std::size_t length = 0; length < whole; ++length) {
    const std::string got = file_of(body.substr(0, length));
    EXPECT_TRUE(got == "<http: no such file>" || got == "<multipart: NextPart: EOF>") << length << ": " << got;
  }
  EXPECT_EQ(file_of(""), "<multipart: NextPart: EOF>");
  EXPECT_EQ(file_of("no form at all"), "<multipart: NextPart: EOF>");
  EXPECT_EQ(file_of(end), "<http: no such file>");
}

}  // namespace
}  // namespace imcaxy::http
