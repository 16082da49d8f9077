#include "processor/imaginary/params.hpp"

#include <gtest/gtest.h>

namespace imcaxy::processor::imaginary {
namespace {

using image::Extend;

Params read(const http::Query& query) {
  const auto params = read_params(query);
  EXPECT_TRUE(params) << params.error().message;
  return params.value_or(Params{});
}

/// The message of a mistake; empty when there is none.
std::string mistake(std::string name, std::string value) {
  const auto params = read_params({{std::move(name), std::move(value)}});
  if (params) return "";
  EXPECT_EQ(params.error().status, 400);
  return params.error().message;
}

TEST(Params, ThoseThatAreNotGivenHaveImaginarysDefaults) {
  const Params params = read({});
  EXPECT_EQ(params.width, 0);
  EXPECT_EQ(params.quality, 0);
  EXPECT_FALSE(params.no_crop);
  EXPECT_EQ(params.extend, Extend::copy);
  EXPECT_EQ(params.gravity, Gravity::centre);
  EXPECT_TRUE(params.background.empty());
  EXPECT_TRUE(params.type.empty());
}

TEST(Params, NumbersAreRoundedAndLoseTheirSign) {
  const std::pair<std::string_view, int> cases[] = {
      {"", 0},
      {"0", 0},
      {"7", 7},
      {"300", 300},
      {"+300", 300},
      {"-300", 300},
      {"1.4", 1},
      {"1.5", 2},
      {"-1.5", 2},
      {"0.49", 0},
      {".5", 1},
      {"5.", 5},
      {"1e3", 1000},
      {"1E+2", 100},
      {"25e-1", 3},
      {"007", 7},
      {"2147483647", 2147483647},
      {"2147483647.4", 2147483647},
  };
  for (const auto& [text, value] : cases) EXPECT_EQ(read({{"width", std::string(text)}}).width, value) << text;
}

TEST(Params, QualityHasWords) {
  EXPECT_EQ(read({{"quality", "low"}}).quality, low_quality);
  EXPECT_EQ(read({{"quality", "high"}}).quality, high_quality);
  EXPECT_EQ(read({{"quality", "normal"}}).quality, read({}).quality);
  EXPECT_EQ(read({{"quality", "62"}}).quality, 62);
  EXPECT_EQ(read_json_params({{"quality", "low"}})->quality, low_quality);
  EXPECT_EQ(read_json_params({{"quality", 62}})->quality, 62);
  EXPECT_NE(mistake("quality", "medium"), "");
  EXPECT_NE(mistake("quality", "LOW"), "");
}

TEST(Params, DensitiesAreThoseOfScreens) {
  for (const char* right : {"auto", "1", "2.625", "0.5", "4", ""}) EXPECT_EQ(mistake("dpr", right), "") << right;
  for (const char* wrong : {"0", "9", "two"})
    EXPECT_NE(mistake("dpr", wrong).find("auto, or a number from 0.5 to 4"), std::string::npos) << wrong;
}

TEST(Params, EachNumberHasItsName) {
  const Params p = read({{"width", "1"},
                         {"height", "2"},
                         {"quality", "3"},
                         {"top", "4"},
                         {"left", "5"},
                         {"areawidth", "6"},
                         {"areaheight", "7"},
                         {"compression", "8"},
                         {"rotate", "9"},
                         {"speed", "10"},
                         {"sigma", "1.25"},
                         {"minampl", "-0.5"}});
  EXPECT_EQ(p.width, 1);
  EXPECT_EQ(p.height, 2);
  EXPECT_EQ(p.quality, 3);
  EXPECT_EQ(p.top, 4);
  EXPECT_EQ(p.left, 5);
  EXPECT_EQ(p.area_width, 6);
  EXPECT_EQ(p.area_height, 7);
  EXPECT_EQ(p.compression, 8);
  EXPECT_EQ(p.rotate, 9);
  EXPECT_EQ(p.speed, 10);
  EXPECT_EQ(p.sigma, 1.25);
  EXPECT_EQ(p.min_ampl, 0.5);
}

TEST(Params, WhatIsNoNumberIsRefusedInGosWords) {
  for (const std::string text :
       {"abc", "1a",   "a1",    " 1",  "1 ",  "1,5",  "--1", "+-1",  "-+1",       "-",      "+",    ".",       "e",
        "1e",  "0x10", "1_000", "NaN", "nan", "-nan", "Inf", "+Inf", "-infinity", "nan(1)", "10px", "\xC3\xA4"})
    EXPECT_EQ(mistake("width", text), "error while processing parameter \"width\" with value \"" + text +
                                          "\", error: strconv.ParseFloat: parsing \"" + text + "\": invalid syntax");
  EXPECT_EQ(
      mistake("height", "1e400"),
      "error while processing parameter \"height\" with value \"1e400\", error: strconv.ParseFloat: parsing \"1e400\": "
      "value out of range");
}

TEST(Params, WhatIsTooLargeForAPictureIsRefused) {
  for (const std::string text : {"2147483648", "-2147483648", "2147483647.5", "1e300", "99999999999999999999"})
    EXPECT_EQ(mistake("quality", text),
              "error while processing parameter \"quality\" with value \"" + text + "\", error: value out of range");
}

TEST(Params, ANumberTooSmallToBeToldFromZeroIsZero) {
  EXPECT_EQ(read({{"width", "1e-400"}}).width, 0);
  EXPECT_EQ(read({{"sigma", "1e-400"}}).sigma, 0);
}

TEST(Params, AFractionThatIsNoneIsAnUnsupportedValue) {
  for (const std::string name : {"sigma", "minampl"})
    EXPECT_EQ(mistake(name, "abc"),
              "error while processing parameter \"" + name + "\" with value \"abc\", error: unsupported value");
}

TEST(Params, TruthIsWrittenAsInGo) {
  for (const std::string text : {"1", "t", "T", "TRUE", "true", "True"})
    EXPECT_TRUE(read({{"force", text}}).force) << text;
  for (const std::string text : {"", "0", "f", "F", "FALSE", "false", "False"})
    EXPECT_FALSE(read({{"force", text}}).force) << text;
  for (const std::string text : {"yes", "no", "on", "tRUE", "2", " true", "-1"})
    EXPECT_EQ(mistake("force", text),
              "error while processing parameter \"force\" with value \"" + text + "\", error: unsupported value");
  EXPECT_EQ(mistake("nocrop", "maybe"),
            "error while processing parameter \"nocrop\" with value \"maybe\", error: unsupported value");
}

TEST(Params, EachTruthHasItsName) {
  const std::pair<std::string_view, bool Params::*> names[] = {
      {"flip", &Params::flip},
      {"flop", &Params::flop},
      {"force", &Params::force},
      {"embed", &Params::embed},
      {"noprofile", &Params::no_profile},
      {"norotation", &Params::no_rotation},
      {"stripmeta", &Params::strip_meta},
      {"interlace", &Params::interlace},
      {"palette", &Params::palette},
  };
  for (const auto& [name, member] : names) {
    const Params params = read({{std::string(name), "true"}});
    for (const auto& [other, its_member] : names) EXPECT_EQ(params.*its_member, other == name) << name << ' ' << other;
  }
}

TEST(Params, NoCropIsAlsoToldWhenItIsFalse) {
  EXPECT_EQ(read({{"nocrop", "true"}}).no_crop, true);
  EXPECT_EQ(read({{"nocrop", "false"}}).no_crop, false);
  EXPECT_EQ(read({{"nocrop", ""}}).no_crop, false);
}

TEST(Params, ColoursAreThreeBytes) {
  using Colour = std::vector<std::uint8_t>;
  const std::pair<std::string_view, Colour> cases[] = {
      {"", {}},
      {"255,200,50", {255, 200, 50}},
      {" 1 , 2 , 3 ", {1, 2, 3}},
      {"0,256,99999999999999999999", {0, 255, 255}},
      {"-1,a,3b", {0, 0, 0}},
      {"1,2,3,4", {1, 2, 3, 4}},
      {"1,,3", {1, 0, 3}},
      {",,", {0, 0, 0}},
      {"1,2,", {1, 2, 0}},
  };
  for (const auto& [text, colour] : cases)
    EXPECT_EQ(read({{"background", std::string(text)}}).background, colour) << text;
}

TEST(Params, AColourOfTooFewNumbersIsRefused) {
  // Imaginary itself crashes on these.
  for (const std::string text : {"1", "1,2", "red", "#ff0000", " "})
    EXPECT_EQ(mistake("background", text), "error while processing parameter \"background\" with value \"" + text +
                                               "\", error: three numbers from 0 to 255 are needed, as in 255,200,50");
}

TEST(Params, ExtendHasNamesAndIsAMirrorOtherwise) {
  const std::pair<std::string_view, Extend> cases[] = {
      {"white", Extend::white},
      {"black", Extend::black},
      {"copy", Extend::copy},
      {"background", Extend::background},
      {"lastpixel", Extend::background},
      {"mirror", Extend::mirror},
      {"", Extend::mirror},
      {"nonsense", Extend::mirror},
      {" White ", Extend::white},
      {"BLACK", Extend::black},
      {"repeat", Extend::mirror},
  };
  for (const auto& [text, extend] : cases) EXPECT_EQ(read({{"extend", std::string(text)}}).extend, extend) << text;
}

TEST(Params, GravityHasNamesAndIsTheCentreOtherwise) {
  const std::pair<std::string_view, Gravity> cases[] = {
      {"north", Gravity::north}, {"south", Gravity::south}, {"east", Gravity::east},
      {"west", Gravity::west},   {"smart", Gravity::smart}, {"centre", Gravity::centre},
      {"", Gravity::centre},     {"up", Gravity::centre},   {" NORTH", Gravity::north},
  };
  for (const auto& [text, gravity] : cases) EXPECT_EQ(read({{"gravity", std::string(text)}}).gravity, gravity) << text;
}

TEST(Params, OnlyBwIsGrey) {
  EXPECT_TRUE(read({{"colorspace", "bw"}}).grey);
  for (const std::string text : {"", "srgb", "BW", "grey"}) EXPECT_FALSE(read({{"colorspace", text}}).grey) << text;
}

TEST(Params, TextIsTakenAsItIs) {
  const Params params = read({{"type", "WebP"}, {"aspectratio", "16:9"}});
  EXPECT_EQ(params.type, "WebP");
  EXPECT_EQ(params.aspect_ratio, "16:9");
}

TEST(Params, OfANameTheFirstValueCounts) {
  EXPECT_EQ(read({{"width", "1"}, {"width", "2"}}).width, 1);
  EXPECT_EQ(read({{"width", "1"}, {"width", "no number"}}).width, 1) << "the others are not even looked at";
  EXPECT_EQ(read({{"width", ""}, {"width", "2"}}).width, 0);
  EXPECT_FALSE(read_params({{"width", "no number"}, {"width", "2"}}));
}

TEST(Params, UnknownNamesAreIgnored) {
  const Params params = read({{"Width", "1"},
                              {"WIDTH", "1"},
                              {"width ", "1"},
                              {"w", "x"},
                              {"", "x"},
                              {"url", "http://x/"},
                              {"key", "secret"},
                              {"field", "nonsense"}});
  EXPECT_EQ(params.width, 0);
}

TEST(Params, AFocalPointIsTwoShares) {
  EXPECT_EQ(read({{"focal", "0.25,0.5"}}).focal, (FocalPoint{0.25, 0.5}));
  EXPECT_EQ(read({{"focal", " 1 , 0"}}).focal, (FocalPoint{1, 0}));
  EXPECT_EQ(read({{"focal", ""}}).focal, std::nullopt);
  for (const std::string text : {"0.5", ",", "0.5,", ",0.5", "0.5,0.5,0.5", "1.1,0", "0,-0.1", "nan,0", "inf,0",
                                 "1e999,0", "0x1,0", "a,b", "50%,50%", "0.5 0.5", "0.5;0.5"})
    EXPECT_EQ(mistake("focal", text),
              "error while processing parameter \"focal\" with value \"" + text +
                  "\", error: two numbers from 0 to 1 are needed, across and down, as in 0.25,0.5");
}

TEST(Params, ValuesAreQuotedAsGoDoes) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"a\"b", "\"a\\\"b\""},  {"a\\b", "\"a\\\\b\""},       {"a\nb", "\"a\\nb\""},
      {"a\tb", "\"a\\tb\""},   {"a\rb", "\"a\\rb\""},        {"a\x01", "\"a\\x01\""},
      {"a\x7f", "\"a\\x7f\""}, {"\xC3\xA4", "\"\xC3\xA4\""}, {"a'b<c>", "\"a'b<c>\""},
  };
  for (const auto& [text, quoted] : cases)
    EXPECT_EQ(mistake("force", std::string(text)), "error while processing parameter \"force\" with value " +
                                                       std::string(quoted) + ", error: unsupported value");
}

}  // namespace
}  // namespace imcaxy::processor::imaginary
