#include "http/negotiation.hpp"

#include <gtest/gtest.h>

namespace imcaxy::http {
namespace {

TEST(AcceptsByName, WhatBrowsersSend) {
  constexpr std::string_view chrome = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
  constexpr std::string_view safari =
      "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,"
      "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5";
  EXPECT_TRUE(accepts_by_name(chrome, "image/avif"));
  EXPECT_TRUE(accepts_by_name(chrome, "image/webp"));
  EXPECT_FALSE(accepts_by_name(chrome, "image/jxl"));
  EXPECT_TRUE(accepts_by_name(safari, "image/jxl"));
  EXPECT_TRUE(accepts_by_name("IMAGE/WebP", "image/webp"));
}

TEST(AcceptsByName, WildcardsNameNothing) {
  for (const std::string_view accept :
       {"", "*/*", "image/*", "text/html", ",", ";", "image/webp-2", "image/web", "x image/webp"})
    EXPECT_FALSE(accepts_by_name(accept, "image/webp")) << accept;
}

TEST(AcceptsByName, AWeightOfZeroIsANo) {
  for (const std::string_view accept :
       {"image/webp;q=0", "image/webp ; Q=0.000", "image/webp;a=b;q=0.0,*/*", "image/webp;q="})
    EXPECT_EQ(accepts_by_name(accept, "image/webp"), accept.ends_with("q=")) << accept;
  for (const std::string_view accept :
       {"image/webp;q=0.001", "a/b;q=0,image/webp", " image/webp ;q=1", "image/webp;quality=0"})
    EXPECT_TRUE(accepts_by_name(accept, "image/webp")) << accept;
}

}  // namespace
}  // namespace imcaxy::http
