#include "proxy/client_hints.hpp"

#include <map>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "proxy/image_request.hpp"
#include "proxy/request_memo.hpp"

namespace imcaxy::proxy {
namespace {

using Headers = std::map<std::string, std::string, std::less<>>;
using image::Format;

HeaderOf of(const Headers& headers) {
  return [&headers](std::string_view name) -> std::optional<std::string_view> {
    const auto found = headers.find(name);
    if (found == headers.end()) return std::nullopt;
    return found->second;
  };
}

const HintOptions all{.save_data = true, .ect = true, .downlink = true};

ImageRequestPtr read(const std::string& query, const Headers& headers = {}, HintOptions options = all,
                     std::string_view operation = "resize") {
  const RequestReader reader({.hints = std::move(options), .auto_formats = {Format::avif, Format::webp, Format::jpeg}});
  const std::string whole = query + "&url=http://a.example/p.jpg";
  const std::string target = fmt::format("/imaginary/{}?{}", operation, whole);
  const auto accept = headers.find("Accept");
  auto request = reader.read({.target = target,
                              .operation = operation,
                              .query = whole,
                              .accept = accept == headers.end() ? "" : std::string_view(accept->second),
                              .header = of(headers)});
  EXPECT_TRUE(request) << request.error().message;
  return *request;
}

std::string said(const ImageRequestPtr& request, const std::string& name) {
  const auto found = request->parameters.find(name);
  return found == request->parameters.end() ? "" : found->second.front();
}
std::string width_for(const std::string& query, const Headers& headers, const HintOptions& options = all) {
  return said(read(query, headers, options), "width");
}

TEST(ClientHints, WidthIsTheNextRungForTheScreen) {
  EXPECT_EQ(width_for("width=auto", {{"Sec-CH-Width", "700"}}), "832");
  EXPECT_EQ(width_for("width=auto", {{"Sec-CH-Width", "832"}}), "832");
  EXPECT_EQ(width_for("width=auto", {{"Sec-CH-Width", "1"}}), "160");
  EXPECT_EQ(width_for("width=auto", {{"Sec-CH-Width", "9000"}}), "3840") << "the highest rung is the end";
  EXPECT_EQ(width_for("width=auto", {{"Width", "300"}}), "320");
  EXPECT_EQ(width_for("width=auto", {{"Sec-CH-Viewport-Width", "390"}, {"Sec-CH-DPR", "3"}}), "1296");
  EXPECT_EQ(width_for("width=auto", {{"Viewport-Width", "412"}, {"DPR", "2.625"}}), "1296") << "in quarters: 2.75";
  EXPECT_EQ(width_for("width=auto", {{"Sec-CH-Viewport-Width", "390"}}), "448");
  EXPECT_EQ(width_for("width=auto", {{"Sec-CH-Width", "300"}, {"Width", "900"}, {"Viewport-Width", "900"}}), "320");
  EXPECT_EQ(width_for("width=auto&dpr=auto", {{"Sec-CH-Width", "300"}, {"Sec-CH-DPR", "2"}}), "320")
      << "the width is in pixels of the screen already";
}

TEST(ClientHints, WhoTellsNothingGetsThatOfAPhone) {
  for (const Headers& headers : {Headers{},
                                 {{"Sec-CH-Width", "wide"}},
                                 {{"Sec-CH-Width", "-5"}},
                                 {{"Sec-CH-Width", "1e300"}},
                                 {{"Sec-CH-Width", "nan"}},
                                 {{"Sec-CH-Width", ""}, {"Viewport-Width", "0"}, {"DPR", "inf"}}})
    EXPECT_EQ(width_for("width=auto", headers), "832");
}

TEST(ClientHints, DensityMultipliesBothSides) {
  const auto request = read("width=300&height=200&dpr=auto", {{"Sec-CH-DPR", "2"}});
  EXPECT_EQ(said(request, "width"), "608");
  EXPECT_EQ(said(request, "height"), "405") << "in proportion";
  EXPECT_EQ(said(request, "dpr"), "");
  EXPECT_EQ(width_for("width=300&dpr=auto", {}), "320");
  EXPECT_EQ(width_for("width=40&dpr=auto", {{"DPR", "2"}}), "80") << "an icon stays one";
  EXPECT_EQ(said(read("height=300&dpr=auto", {{"DPR", "2"}}), "height"), "608");
  EXPECT_EQ(width_for("width=300&dpr=1.5", {}), "450") << "who names it gets just that";
  const auto wrong = std::dynamic_pointer_cast<const processor::imaginary::Native>(read("width=300&dpr=9")->work);
  ASSERT_TRUE(wrong);
  EXPECT_FALSE(wrong->request().params);
}

TEST(ClientHints, ExplicitWidthsAreSnappedWhereThatIsWanted) {
  HintOptions snapping;
  snapping.snap = true;
  const auto box = read("width=400&height=300", {}, snapping);
  EXPECT_EQ(said(box, "width") + "x" + said(box, "height"), "448x336");
  EXPECT_EQ(width_for("width=24", {}, snapping), "24");
  EXPECT_EQ(width_for("width=4000", {}, snapping), "3840");
  EXPECT_EQ(width_for("width=400", {}), "400");
  EXPECT_EQ(box->client_lines, "Vary: Accept\r\n") << "no other header had a say";
}

TEST(ClientHints, AreAsIfTheyWereNamed) {
  const auto by_hint = read("width=auto", {{"Sec-CH-Width", "800"}}), named = read("width=832&enlarge=false");
  EXPECT_EQ(by_hint->key, named->key);
  EXPECT_EQ(read("width=5", {{"Save-Data", "on"}})->key, read("width=5&quality=low")->key);
  EXPECT_NE(read("width=5", {{"Save-Data", "on"}})->key, read("width=5")->key);
}

TEST(ClientHints, VaryNamesWhatWasLookedAt) {
  const HintOptions none;
  const auto lines = [](const std::string& query, const Headers& headers, const HintOptions& options) {
    return read(query, headers, options)->client_lines;
  };
  const std::string offer = "Accept-CH: Sec-CH-Width, Sec-CH-Viewport-Width, Sec-CH-DPR\r\n";
  EXPECT_EQ(lines("width=auto", {{"Sec-CH-Width", "5"}}, none), "Vary: Accept, Sec-CH-Width\r\n" + offer);
  EXPECT_EQ(lines("width=auto", {{"Width", "5"}}, none), "Vary: Accept, Sec-CH-Width, Width\r\n" + offer);
  EXPECT_EQ(lines("width=auto", {}, none),
            "Vary: Accept, Sec-CH-Width, Width, Sec-CH-Viewport-Width, Viewport-Width\r\n" + offer);
  EXPECT_EQ(lines("width=auto", {{"Sec-CH-Viewport-Width", "5"}, {"Sec-CH-DPR", "2"}}, none),
            "Vary: Accept, Sec-CH-Width, Width, Sec-CH-Viewport-Width, Sec-CH-DPR\r\n" + offer);
  EXPECT_EQ(lines("width=5&dpr=auto", {{"DPR", "2"}}, none),
            "Vary: Accept, Sec-CH-DPR, DPR\r\nAccept-CH: Sec-CH-DPR\r\n");
  EXPECT_EQ(lines("width=5", {{"Save-Data", "on"}}, none), "Vary: Accept\r\n");
  HintOptions save;
  save.save_data = true;
  EXPECT_EQ(lines("width=5", {}, save), "Vary: Accept, Save-Data\r\n");
  EXPECT_EQ(lines("width=5", {{"Save-Data", "on"}}, all), "Vary: Accept, Save-Data\r\nAccept-CH: ECT, Downlink\r\n");
  EXPECT_EQ(lines("width=5", {{"ECT", "4g"}}, all), "Vary: Accept, Save-Data, ECT\r\nAccept-CH: ECT, Downlink\r\n");
  EXPECT_EQ(lines("width=5", {}, all), "Vary: Accept, Save-Data, ECT, Downlink\r\nAccept-CH: ECT, Downlink\r\n");
}

TEST(ClientHints, SlowNetworksGetLowQualityWhereNoneIsNamed) {
  const auto slow = [](const std::string& query, const Headers& headers, std::string_view operation = "resize") {
    return read(query, headers, all, operation)->hint_class.slow;
  };
  for (const char* ect : {"slow-2g", "2g", "3g"}) EXPECT_TRUE(slow("width=5", {{"ECT", ect}}));
  EXPECT_TRUE(slow("width=5", {{"Save-Data", "on"}, {"ECT", "4g"}}));
  EXPECT_TRUE(slow("width=5", {{"Downlink", "0.4"}}));
  EXPECT_TRUE(slow("width=5&quality=", {{"Save-Data", "On"}}));
  for (const Headers& headers : {Headers{},
                                 {{"ECT", "4g"}, {"Downlink", "0.1"}},
                                 {{"Save-Data", "off"}},
                                 {{"Downlink", "10"}},
                                 {{"Downlink", "x"}},
                                 {{"ECT", "5g"}}})
    EXPECT_FALSE(slow("width=5", headers));
  for (const char* query : {"quality=80", "quality=high", "type=png", "placeholder=lqip"}) {
    const auto request = read(std::string("width=5&") + query, {{"Save-Data", "on"}});
    EXPECT_FALSE(request->hint_class.slow) << query;
    EXPECT_EQ(request->client_lines.find("Save-Data"), std::string::npos) << query;
  }
  EXPECT_FALSE(slow("", {{"Save-Data", "on"}}, "info"));
}

TEST(ClientHints, APictureHasFewVersions) {
  std::set<Key128> widths, densities, snapped;
  HintOptions snapping;
  snapping.snap = true;
  for (int width = 1; width <= 5000; ++width) {
    widths.insert(read("width=auto", {{"Sec-CH-Width", std::to_string(width)}})->key);
    if (width >= 160) snapped.insert(read("width=" + std::to_string(width), {}, snapping)->key);
    densities.insert(read("width=400&dpr=auto", {{"DPR", fmt::format("{}", width / 100.0)}})->key);
  }
  EXPECT_EQ(widths.size(), 12u);
  EXPECT_EQ(snapped.size(), 12u);
  EXPECT_LE(densities.size(), 12u);
}

TEST(ClientHints, AThousandAcceptHeadersAreFewClasses) {
  std::mt19937 random(1);
  const std::vector<std::string> types{"image/avif", "image/webp", "image/apng",    "image/jxl", "image/svg+xml",
                                       "image/*",    "*/*",        "image/png",     "text/html", "IMAGE/WEBP",
                                       "image/jpeg", "image/heic", "image/avif;q=0"};
  std::set<std::string> headers;
  std::set<Key128> keys;
  while (headers.size() < 1000) {
    std::string accept;
    for (int i = 0; i < 6; ++i) {
      accept += types[random() % types.size()];
      if (random() % 2) accept += fmt::format(";q=0.{}", 1 + random() % 9);
      accept += random() % 2 ? "," : " , ";
    }
    headers.insert(accept);
    keys.insert(read("width=5", {{"Accept", accept}})->key);
  }
  EXPECT_EQ(keys.size(), 4u) << "AVIF or not, WebP or not";
}

TEST(ClientHints, TheMemoTellsClassesApart) {
  RequestMemo memo;
  const auto find = [&](const ImageRequestPtr& request, const Headers& headers) {
    return memo.find(request->raw_request, 0,
                     [&](const HintsWanted& hints) { return hint_class(hints, of(headers), all); });
  };
  const Headers small{{"Sec-CH-Width", "300"}}, large{{"Sec-CH-Width", "900"}}, same_as_large{{"Sec-CH-Width", "1000"}},
      other_header{{"Width", "900"}};
  const auto a = read("width=auto", small), b = read("width=auto", large);
  memo.keep(a);
  EXPECT_EQ(find(a, small), a);
  EXPECT_FALSE(find(a, large));
  memo.keep(b);
  EXPECT_EQ(find(a, large), b);
  EXPECT_EQ(find(a, same_as_large), b);
  EXPECT_EQ(find(a, small), a) << "both are known";
  EXPECT_FALSE(find(a, other_header)) << "its Vary is another";
  const auto plain = read("width=5&quality=80");
  memo.keep(plain);
  EXPECT_EQ(memo.find(plain->raw_request, 0,
                      [](const HintsWanted&) -> HintClass {
                        ADD_FAILURE() << "who leaves nothing open pays nothing";
                        return {};
                      }),
            plain);
}

TEST(Widths, AreALadder) {
  EXPECT_EQ(*parse_widths({"800", "100", "800"}), (std::vector<int>{100, 800}));
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{}, {"0"}, {"x"}, {"1.5"}, {"16385"}, {"-1"}})
    EXPECT_FALSE(parse_widths(wrong));
}

}  // namespace
}  // namespace imcaxy::proxy
