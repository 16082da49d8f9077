#include "page/candidates.hpp"

#include <gtest/gtest.h>

namespace imcaxy::page {
namespace {

const Viewer phone{{390, 844, 3}, {"image/avif", "image/webp"}};
const Viewer laptop{{1440, 900, 2}, {"image/avif", "image/webp"}};
const Viewer old{{1366, 768, 1}, {}};

http::Url base() {
  return *http::parse_url("https://example.com/shop/page.html");
}

std::vector<Candidate> srcset(std::string_view text) {
  return read_srcset(text, base());
}

TEST(Srcset, IsReadAsBrowsersReadIt) {
  const std::vector<Candidate> two{{"https://example.com/shop/a.jpg", 320, 1}, {"https://example.com/b.jpg", 640, 1}};
  EXPECT_EQ(srcset("a.jpg 320w, /b.jpg 640w"), two);
  EXPECT_EQ(srcset(" ,a.jpg   320w ,\n\t/b.jpg 640w,"), two);
  EXPECT_EQ(srcset("a.jpg 320w 200h, /b.jpg 640w 400h"), two);
  EXPECT_EQ(srcset("a.jpg,b.jpg 2x"), (std::vector<Candidate>{{"https://example.com/shop/a.jpg,b.jpg", 0, 2}}));
  EXPECT_EQ(srcset("a.jpg, b.jpg 1.5x"), (std::vector<Candidate>{{"https://example.com/shop/a.jpg", 0, 1},
                                                                 {"https://example.com/shop/b.jpg", 0, 1.5}}));
}

TEST(Srcset, WhatIsWrongIsLeftOut) {
  const std::vector<Candidate> one{{"https://example.com/shop/a.jpg", 320, 1}};
  for (const char* text :
       {"a.jpg 320w, b.jpg 2q", "a.jpg 320w, b.jpg -5w", "data:image/png;base64,AA== 10w, a.jpg 320w",
        "a.jpg 320w, b.jpg 0x", "a.jpg 320w, b.jpg wide(1, 2)", "a.jpg 320w, b.jpg 999999999w"})
    EXPECT_EQ(srcset(text), one) << text;
  EXPECT_TRUE(srcset("").empty());
  EXPECT_TRUE(srcset(" , ,, ").empty());
}

std::string chosen(const std::vector<Offer>& offers, const Viewer& viewer) {
  const auto choice = choose(offers, viewer);
  return choice ? choice->candidate.url.substr(sizeof("https://example.com/shop/") - 1) : "nothing";
}

TEST(Choice, TheSmallestWithAPixelForEachOfTheScreens) {
  Offer offer{.candidates = srcset("s.jpg 400w, m.jpg 800w, l.jpg 1600w, xl.jpg 3200w"), .sizes = "50vw", .width = {}};
  EXPECT_EQ(chosen({offer}, phone), "m.jpg") << "195 of CSS are 585 of the screen";
  EXPECT_EQ(chosen({offer}, laptop), "l.jpg");
  EXPECT_EQ(chosen({offer}, old), "m.jpg");
  EXPECT_EQ(choose({offer}, phone)->width, 195);
  EXPECT_EQ(choose({offer}, phone)->original, "https://example.com/shop/xl.jpg");
  offer.sizes.clear();
  EXPECT_EQ(chosen({offer}, phone), "l.jpg") << "as wide as the screen where nothing is said";
  EXPECT_EQ(choose({offer}, phone)->width, std::nullopt);
  offer.candidates = srcset("a.jpg, b.jpg 2x, c.jpg 3x");
  EXPECT_EQ(chosen({offer}, phone), "c.jpg");
  EXPECT_EQ(chosen({offer}, laptop), "b.jpg");
  offer.candidates = srcset("a.jpg, b.jpg 1.5x");
  EXPECT_EQ(chosen({offer}, phone), "b.jpg") << "the most that there is";
}

TEST(Choice, TheFirstOfferThatIsMeantForTheClient) {
  const Offer avif{.candidates = srcset("a.avif 800w"), .type = "image/avif", .width = {}};
  const Offer wide{.candidates = srcset("wide.jpg 1600w"), .media = "(min-width: 800px)", .width = {}};
  const Offer other{.candidates = srcset("a.jpg"), .width = 500};
  EXPECT_EQ(chosen({avif, other}, phone), "a.avif");
  EXPECT_EQ(chosen({avif, other}, old), "a.jpg");
  EXPECT_EQ(chosen({wide, other}, laptop), "wide.jpg");
  EXPECT_EQ(chosen({wide, other}, phone), "a.jpg");
  EXPECT_EQ(choose({wide, other}, phone)->original, "https://example.com/shop/a.jpg") << "not the other picture";
  EXPECT_EQ(choose({avif, other}, phone)->original, "https://example.com/shop/a.avif") << "it has a known width";
  EXPECT_EQ(choose({other}, laptop)->width, 500);
  EXPECT_EQ(choose({other}, phone)->width, 390) << "made to fit";
  EXPECT_EQ(chosen({{.candidates = srcset("a.jxl"), .type = "image/jxl", .width = {}}}, phone), "nothing");
  EXPECT_EQ(chosen({}, phone), "nothing");
}

}  // namespace
}  // namespace imcaxy::page
