#include "proxy/signature.hpp"

#include <map>

#include <gtest/gtest.h>

#include "proxy/image_request.hpp"
#include "proxy/request_memo.hpp"

namespace imcaxy::proxy {
namespace {

/// Of a request that is carried out in this process.
const processor::imaginary::Request& words_of(const ImageRequest& request) {
  return dynamic_cast<const processor::imaginary::Native&>(*request.work).request();
}

std::string signature_of(std::string_view query) {
  return make_signature("/resize", "http://a.example/p.jpg", shaping_parameters(http::parse_query(query)));
}

TEST(Signature, HasTheOriginalSystemsForm) {
  EXPECT_EQ(signature_of("width=1&type=png"), "|/resize|http://a.example/p.jpg|type=png|width=1|");
  EXPECT_EQ(signature_of(""), "|/resize|http://a.example/p.jpg|");
  EXPECT_EQ(signature_of("a=2&b=1&a=1"), "|/resize|http://a.example/p.jpg|a=2,1|b=1|");
}

TEST(Signature, EqualRequestsAreEqualWhateverTheOrder) {
  EXPECT_EQ(signature_of("width=1&height=2&type=png"), signature_of("type=png&height=2&width=1"));
  EXPECT_EQ(signature_of("width=1"), signature_of("url=x&width=1&key=k&sign=s&file=f"))
      << "the source and rights are no part";
}

TEST(Signature, DifferentRequestsAreDifferent) {
  const std::vector<std::string> queries{"a=1,2", "a=1&a=2", "a=1%7Cb=2", "a=1&b=2", "a%3D1=2",
                                         "a=1=2", "a%2C=1",  "a=%252C",   "a=%2C"};
  std::set<std::string> seen;
  for (const std::string& query : queries) EXPECT_TRUE(seen.insert(signature_of(query)).second) << query;
}

TEST(Signature, IsUtf8WhateverTheQueryHolds) {
  EXPECT_EQ(signature_of("a=%FF%C3"), "|/resize|http://a.example/p.jpg|a=%FF%C3|");
  EXPECT_EQ(signature_of("a=%C3%A4"), "|/resize|http://a.example/p.jpg|a=\xc3\xa4|");
  EXPECT_NE(signature_of("a=%FF"), signature_of("a=%25FF"));
}

TEST(Signature, KeysDependOnProcessorAndVariant) {
  const Key128 key = make_key("s", "imaginary", "");
  EXPECT_NE(key, make_key("s", "atproto", ""));
  EXPECT_NE(key, make_key("s", "imaginary", "type=webp"));
  EXPECT_EQ(key, make_key("s", "imaginary", ""));
}

const RequestReader reader{ReaderOptions{}};

Result<ImageRequestPtr> read(std::string_view query, std::string_view accept = "", const RequestReader& by = reader,
                             std::vector<std::string> forwarded = {}) {
  static std::string target;
  target = "/imaginary/resize?" + std::string(query);
  return by.read({target, "resize", std::string_view(target).substr(18), accept, std::move(forwarded)});
}

TEST(ImageRequest, EqualSourcesHaveOneForm) {
  const auto a = read("width=1&url=HTTP://Example.com:80/a/../b.jpg%23top"),
             b = read("url=http://example.com/b.jpg&width=1");
  ASSERT_TRUE(a && b);
  EXPECT_EQ((*a)->key, (*b)->key);
  EXPECT_EQ((*a)->source.url, "http://example.com/b.jpg");
  EXPECT_EQ((*a)->source.key, (*b)->source.key);
  EXPECT_NE((*a)->key, (*a)->source.key);
}

TEST(ImageRequest, TellsMistakesAsImaginaryDoes) {
  EXPECT_EQ(read("width=1").error().message, "Cannot process the image due to missing or invalid params");
  EXPECT_EQ(read("url=http://a/%25zz").error().message, "Invalid image URL");
  EXPECT_TRUE(read("url=ftp://a/b").error().message.starts_with("error fetching remote http image: "));
  EXPECT_TRUE(read("url=nothing").error().message.starts_with("error fetching remote http image: "));
}

TEST(ImageRequest, AWrongParameterIsKeptForLater) {
  const auto request = read("url=http://a.example/&width=x");
  ASSERT_TRUE(request);
  EXPECT_FALSE(words_of(**request).params);
}

TEST(ImageRequest, AcceptMattersOnlyWhereItIsAskedFor) {
  const auto webp = read("type=auto&url=http://a.example/", "image/webp"),
             png = read("type=auto&url=http://a.example/", "image/png");
  ASSERT_TRUE(webp && png);
  EXPECT_NE((*webp)->key, (*png)->key);
  EXPECT_EQ(words_of(**webp).params->type, "webp");
  EXPECT_EQ((*read("url=http://a.example/", "image/webp"))->key, (*read("url=http://a.example/", "image/png"))->key);
}

TEST(ImageRequest, UploadsAreKnownByTheirBytes) {
  const RawRequest raw{"/imaginary/resize?width=1", "resize", "width=1", ""};
  const auto a = reader.read_upload(raw, "image/png", "bytes"), b = reader.read_upload(raw, "", "bytes"),
             c = reader.read_upload(raw, "", "other");
  const auto form =
      reader.read_upload(raw, "multipart/form-data; boundary=X",
                         "--X\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nbytes\r\n--X--\r\n");
  ASSERT_TRUE(a && b && c && form);
  EXPECT_EQ((*a)->key, (*b)->key);
  EXPECT_EQ((*a)->key, (*form)->key);
  EXPECT_NE((*a)->key, (*c)->key);
  EXPECT_EQ((*form)->upload.view(), "bytes");
  EXPECT_EQ(reader.read_upload(raw, "", "").error().message, "Empty or unreadable image");
  EXPECT_EQ(reader.read_upload(raw, "multipart/form-data", "x").error().status, 400);
}

TEST(ImageRequest, ClientsThatTheSourceKnowsHaveTheirOwn) {
  const auto anonymous = read("url=http://a.example/"),
             ann = read("url=http://a.example/", "", reader, {"X-User: ann"}),
             bob = read("url=http://a.example/", "", reader, {"X-User: bob"}),
             again = read("url=http://a.example/", "", reader, {"X-User: ann"});
  ASSERT_TRUE(anonymous && ann && bob && again);
  for (const auto& [a, b] : {std::pair{*anonymous, *ann}, {*ann, *bob}}) {
    EXPECT_NE(a->key, b->key);
    EXPECT_NE(a->signature, b->signature);
    EXPECT_NE(a->source.key, b->source.key);
    EXPECT_EQ(a->source.url, b->source.url) << "one invalidation is for all of them";
  }
  EXPECT_EQ((*ann)->key, (*again)->key);
  EXPECT_EQ((*ann)->source.key, (*again)->source.key);
  EXPECT_EQ((*ann)->source.headers, std::vector<std::string>{"X-User: ann"});
  EXPECT_TRUE((*ann)->personal);
  EXPECT_FALSE((*anonymous)->personal);
  EXPECT_EQ((*ann)->signature.find("ann"), std::string::npos) << "a secret is not kept";
}

TEST(ImageRequest, ForwardsWhatItIsToldTo) {
  const auto forwarded = [](ReaderOptions options, std::map<std::string, std::string, std::less<>> headers) {
    return RequestReader(std::move(options)).forwarded([&](std::string_view name) -> std::optional<std::string_view> {
      const auto found = headers.find(name);
      if (found == headers.end()) return std::nullopt;
      return found->second;
    });
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(forwarded({}, {{"Authorization", "a"}, {"X-Forward-Authorization", "b"}}), Lines());
  EXPECT_EQ(forwarded({.forward_headers = {"X-Token", "X-Other"}}, {{"X-Token", "1"}, {"X-Third", "3"}}),
            Lines{"X-Token: 1"});
  const ReaderOptions forwards{.forward_authorization = true};
  EXPECT_EQ(forwarded(forwards, {{"Authorization", "a"}}), Lines{"Authorization: a"});
  EXPECT_EQ(forwarded(forwards, {{"Authorization", "a"}, {"X-Forward-Authorization", "b"}}), Lines{"Authorization: b"});
  EXPECT_EQ(forwarded({.authorization = "c", .forward_authorization = true}, {{"Authorization", "a"}}), Lines())
      << "the server's own wins";
  EXPECT_EQ(forwarded({.forward_headers = {"authorization"}, .forward_authorization = true}, {{"Authorization", "a"}}),
            Lines{"Authorization: a"})
      << "once";
}

TEST(ImageRequest, TheServersAuthorizationGoesToEverySource) {
  const RequestReader authorized({.authorization = "Basic x"});
  const auto request = read("url=http://a.example/", "", authorized);
  ASSERT_TRUE(request);
  EXPECT_EQ((*request)->source.headers, std::vector<std::string>{"Authorization: Basic x"});
  EXPECT_FALSE((*request)->personal);
}

TEST(ImageRequest, RefusesSourcesAndMarksThatAreNotAllowed) {
  const RequestReader strict({.policy = *source::SourcePolicy::parse({}, {"http://a.example/pics"})});
  EXPECT_TRUE(read("url=http://a.example/pics/1.png", "", strict));
  EXPECT_EQ(read("url=http://b.example/pics/1.png", "", strict).error().message,
            "not allowed remote URL origin: b.example/pics/1.png");
  const std::string_view query = "url=http://a.example/pics/1.png&image=http://b.example/mark.png";
  const auto marked = strict.read({"", "watermarkimage", query, ""});
  ASSERT_FALSE(marked);
  EXPECT_EQ(marked.error().message, "not allowed remote URL origin: b.example/mark.png");
}

TEST(RequestMemo, KnowsARequestByItsBytesOnly) {
  RequestMemo memo;
  const auto request = *read("url=http://a.example/&width=1");
  EXPECT_FALSE(memo.find(request->raw_request, 0));
  memo.keep(request);
  EXPECT_EQ(memo.find(request->raw_request, 0), request);
  EXPECT_FALSE(memo.find(request->raw_request + "0", 0));
  const auto negotiated = *read("url=http://a.example/&type=auto");
  memo.keep(negotiated);
  EXPECT_FALSE(memo.find(negotiated->raw_request, 0)) << "the next one may accept something else";
  const auto personal = *read("url=http://a.example/", "", reader, {"X-User: ann"});
  memo.keep(personal);
  EXPECT_FALSE(memo.find(personal->raw_request, 0)) << "the next one may be another";
  const auto longer = *read("url=http://a.example/&text=" + std::string(2000, 'x'));
  memo.keep(longer);
  EXPECT_FALSE(memo.find(longer->raw_request, 0));
}

using image::Format;
const RequestReader negotiating({.auto_formats = {Format::avif, Format::webp, Format::jpeg}});

TEST(Negotiation, ClientsOfOneClassShareAnAnswer) {
  const std::string query = "width=1&url=http://a.example/";
  const auto modern = read(query, "image/avif,image/webp,*/*", negotiating),
             same = read(query, "image/webp;q=0.9, IMAGE/AVIF", negotiating),
             webp = read(query, "image/webp", negotiating), any = read(query, "*/*", negotiating),
             none = read(query, "", negotiating), aut = read(query + "&type=auto", "*/*", negotiating);
  ASSERT_TRUE(modern && same && webp && any && none && aut);
  EXPECT_EQ((*modern)->key, (*same)->key);
  EXPECT_NE((*modern)->key, (*webp)->key);
  EXPECT_NE((*webp)->key, (*any)->key);
  EXPECT_EQ((*any)->key, (*none)->key);
  using processor::imaginary::Negotiation;
  EXPECT_EQ(words_of(**modern).negotiation, (Negotiation{{Format::avif, Format::webp}, true}));
  EXPECT_EQ(words_of(**webp).negotiation, (Negotiation{{Format::webp}, true}));
  EXPECT_EQ(words_of(**any).negotiation, (Negotiation{{}, true}));
  EXPECT_EQ(words_of(**aut).negotiation, (Negotiation{{}, true})) << "auto is what the server does anyway";
  EXPECT_TRUE((*any)->negotiated) << "another client would have got another answer";
}

TEST(Negotiation, NotWhereAFormatIsNamed) {
  const std::string step = "%7B%22operation%22:%22crop%22,%22params%22:%7B%22width%22:5%7D%7D",
                    typed = "%7B%22operation%22:%22convert%22,%22params%22:%7B%22type%22:%22png%22%7D%7D";
  const auto ask = [&](std::string_view operation, const std::string& query) {
    const auto request = negotiating.read({"", operation, query + "&url=http://a.example/", "image/webp"});
    return request && (*request)->negotiated;
  };
  EXPECT_TRUE(ask("resize", "width=1"));
  EXPECT_FALSE(ask("resize", "width=1&type=png"));
  EXPECT_FALSE(ask("info", ""));
  EXPECT_FALSE(ask("info", "type=auto"));
  EXPECT_TRUE(ask("pipeline", "operations=[" + step + "]"));
  EXPECT_FALSE(ask("pipeline", "operations=[" + step + "," + typed + "]"));
  EXPECT_FALSE((*read("width=1&url=http://a.example/", "image/webp"))->negotiated) << "it is switched off";
}

TEST(Negotiation, TheMemoKnowsTheClass) {
  RequestMemo memo;
  const std::string query = "width=1&url=http://a.example/";
  const auto modern = *read(query, "image/avif", negotiating), any = *read(query, "", negotiating);
  memo.keep(any);
  EXPECT_FALSE(memo.find(modern->raw_request, modern->accept_class));
  memo.keep(modern);
  EXPECT_EQ(memo.find(modern->raw_request, modern->accept_class), modern);
  EXPECT_EQ(memo.find(any->raw_request, 0), any);
  const auto typed = *read(query + "&type=png", "image/avif", negotiating);
  memo.keep(typed);
  EXPECT_EQ(memo.find(typed->raw_request, modern->accept_class), typed);
  EXPECT_EQ(memo.find(typed->raw_request, 0), typed);
}

}  // namespace
}  // namespace imcaxy::proxy
