#include "page/screen.hpp"

#include <gtest/gtest.h>

namespace imcaxy::page {
namespace {

constexpr Screen phone{390, 844, 3}, laptop{1440, 900, 2};

TEST(Lengths, AreThoseOfTheScreen) {
  EXPECT_EQ(length_on("320px", phone), 320);
  EXPECT_EQ(length_on(" 50vw ", phone), 195);
  EXPECT_EQ(length_on("2rem", phone), 32);
  EXPECT_EQ(length_on("calc(100vw - 2 * 1em)", phone), 358);
  EXPECT_EQ(length_on("calc((100vw - 30px) / 3)", phone), 120);
  EXPECT_EQ(length_on("min(100vw, 800px)", laptop), 800);
  EXPECT_EQ(length_on("max(10px, 1vw)", laptop), 14.4);
  EXPECT_EQ(length_on("clamp(200px, 50vw, 600px)", laptop), 600);
}

TEST(Lengths, WhatIsNoneIsNothing) {
  for (const char* text : {"", "px", "50%", "auto", "calc(", "calc(1px", "calc(1px) x", "10furlongs", "calc(1px / 0)",
                           "calc(50% - 1px)", "min()", "--", "1e999px"})
    EXPECT_EQ(length_on(text, phone), std::nullopt) << text;
  EXPECT_EQ(length_on(std::string(100'000, '('), phone), std::nullopt) << "without using up the stack";
}

TEST(Media, AsksForTheScreen) {
  for (const char* query :
       {"", "all", "screen", "(max-width: 600px)", "(min-width: 20em) and (max-width: 40em)", "(width <= 390px)",
        "(300px <= width < 400px)", "(orientation: portrait)", "only screen and (-webkit-min-device-pixel-ratio: 2)",
        "(min-resolution: 192dpi)", "print, (max-width: 600px)", "not (min-width: 600px)",
        "(prefers-color-scheme: light)", "(MAX-WIDTH: 600PX)", "((max-width: 600px))", "not print"})
    EXPECT_TRUE(media_holds(query, phone)) << query;
  for (const char* query : {"print", "(min-width: 600px)", "(orientation: landscape)", "(prefers-color-scheme: dark)",
                            "(min-width: 20em) and (max-width: 21em)", "(width > 390px)", "(unheard-of: 1)",
                            "(min-width: wide)", "(min-resolution: 4dppx)", "(", "()", "nonsense"})
    EXPECT_FALSE(media_holds(query, phone)) << query;
}

TEST(Sizes, TheFirstThatHoldsCounts) {
  const char* sizes = "(min-width: 1024px) calc(50vw - 20px), (min-width: 600px) 80vw, 100vw";
  EXPECT_EQ(width_by_sizes(sizes, phone), 390);
  EXPECT_EQ(width_by_sizes(sizes, laptop), 700);
  EXPECT_EQ(width_by_sizes("auto, (max-width: 500px) 90vw, 300px", phone), 351);
  EXPECT_EQ(width_by_sizes("", phone), std::nullopt);
  EXPECT_EQ(width_by_sizes("50%", phone), std::nullopt);
}

}  // namespace
}  // namespace imcaxy::page
