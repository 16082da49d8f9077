#include "page/pictures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace imcaxy::page {
namespace {

using testing::ElementsAre;

Found found(std::string_view html) {
  return find_pictures(html, *http::parse_url("https://example.com/shop/page.html"));
}

/// `kind a,b` of each: the addresses of all offers, without what they all begin with.
std::vector<std::string> told(const Found& found) {
  std::vector<std::string> out;
  for (const Picture& picture : found.pictures) {
    std::string line(name(picture.kind));
    for (const Offer& offer : picture.offers)
      for (const Candidate& candidate : offer.candidates) {
        std::string url = candidate.url;
        if (url.starts_with("https://example.com")) url.erase(0, sizeof("https://example.com") - 1);
        line += " " + url;
      }
    out.push_back(line);
  }
  return out;
}

TEST(Pictures, AreFoundWhereverHtmlHasThem) {
  const Found all = found(R"html(<!doctype html><title>x</title>
    <link rel=preload as=image href=/hero.jpg><link rel=preload as=font href=/f.woff2>
    <link rel="shortcut icon" href=/favicon.png><link rel=apple-touch-icon href=/touch.png>
    <style>/* .x { background: url(no.png) } */ .a { color: red; background: #fff url("bg.png") no-repeat }
      @font-face { src: url(font.woff) }</style>
    <img src=/hero.jpg width=640>
    <picture><source srcset="a.avif 400w, b.avif 800w" type=image/avif sizes=50vw>
      <source srcset=c.webp type=image/webp><img src=d.jpg></picture>
    <div style="padding: 1px; background-image: url('one.png'), url(two.png)">
    <video poster=still.jpg></video><input type=image src=button.png>)html");
  EXPECT_THAT(told(all),
              ElementsAre("icon /favicon.png", "icon /touch.png", "background /shop/bg.png", "image /hero.jpg",
                          "image /shop/a.avif /shop/b.avif /shop/c.webp /shop/d.jpg", "background /shop/one.png",
                          "background /shop/two.png", "poster /shop/still.jpg", "image /shop/button.png"));
  EXPECT_EQ(all.pictures[3].offers.front().width, 640);
  EXPECT_EQ(all.pictures[4].offers.front().sizes, "50vw");
}

TEST(Pictures, AreNotMixedUpWithWhatIsAroundThem) {
  EXPECT_THAT(told(found("<picture><source srcset=a.webp type=image/webp><img src=a.png></picture><img src=b.png>")),
              ElementsAre("image /shop/a.webp /shop/a.png", "image /shop/b.png"));
  EXPECT_THAT(told(found("<video><source src=a.mp4 srcset=no.png></video><img src=b.png>")),
              ElementsAre("image /shop/b.png"));
  EXPECT_THAT(told(found("<template><img src=a.png></template><!-- <img src=b.png> --><script>'<img src=c.png>'"
                         "</script><textarea><img src=d.png></textarea><noscript><img src=e.png></noscript>")),
              ElementsAre("image /shop/e.png"));
}

TEST(Pictures, ThatAreLoadedLateAreThoseThatComeLate) {
  EXPECT_THAT(told(found("<img src=data:image/gif;base64,R0lGOD data-src=late.jpg data-srcset='s.jpg 1x, l.jpg 2x'>")),
              ElementsAre("image /shop/s.jpg /shop/l.jpg /shop/late.jpg"));
  EXPECT_THAT(told(found("<img src=now.jpg data-original=zoom.jpg><img data-original=lazy.jpg>")),
              ElementsAre("image /shop/now.jpg", "image /shop/lazy.jpg"));
}

TEST(Pictures, AreCountedOnce) {
  EXPECT_THAT(
      told(found("<img src=a.jpg><img src=./a.jpg#x><noscript><img src=/shop/a.jpg></noscript><img src=a.jpg>")),
      ElementsAre("image /shop/a.jpg"));
  EXPECT_THAT(told(found("<link rel=preload as=image href=b.jpg><img srcset='a.jpg 1x, b.jpg 2x'>")),
              ElementsAre("image /shop/a.jpg /shop/b.jpg"));
  EXPECT_THAT(told(found("<link rel=preload as=image href=b.jpg>")), ElementsAre("preload /shop/b.jpg"));
}

TEST(Pictures, HaveAddressesRelativeToThePage) {
  EXPECT_THAT(
      told(found("<base href=/other/><base href=/no/><img src=a.jpg><img src='../b c.jpg'><img src=//cdn.example/c.jpg>"
                 "<img src='  d.jpg\n'><img src='?x=1'>")),
      ElementsAre("image /other/a.jpg", "image /b%20c.jpg", "image https://cdn.example/c.jpg", "image /other/d.jpg",
                  "image /other/?x=1"));
}

TEST(Pictures, WhatIsNoAddressIsCounted) {
  const Found all = found(
      "<img src=data:image/png;base64,AA==><img src='http://['><img src=ftp://x/y.png><img src=''>"
      "<img><img src=blob:abc><div style='background:url(DATA:image/png,x)'></div>");
  EXPECT_TRUE(all.pictures.empty());
  EXPECT_EQ(all.inlined, 2u);
  EXPECT_EQ(all.unusable, 3u);
}

TEST(Pictures, NoPageIsTooMuch) {
  std::string deep, many;
  for (int i = 0; i < 20'000; ++i) deep += "<b>";
  for (int i = 0; i < 6'000; ++i) many += "<img src=" + std::to_string(i) + ".png>";
  EXPECT_THAT(told(found(deep + "<img src=a.png>")), ElementsAre("image /shop/a.png"));
  EXPECT_EQ(found(many).pictures.size(), 5'000u);
  EXPECT_EQ(found(many).beyond, 1'000u);
  for (const char* html : {"", "\0", "<", "<img", "<img src=", "\xff\xfe<img src=\xff.png>", "%PDF-1.4", "{\"a\": 1}"})
    found(html);
}

}  // namespace
}  // namespace imcaxy::page
