#include "http/relative.hpp"

#include <gtest/gtest.h>

namespace imcaxy::http {
namespace {

std::string resolved(std::string_view reference) {
  const auto url = resolve(*parse_url("https://example.com/a/b.html?x=1"), reference);
  return url ? url->text : "nothing";
}

TEST(Relative, StandsForWhatBrowsersMake) {
  EXPECT_EQ(resolved("c.png"), "https://example.com/a/c.png");
  EXPECT_EQ(resolved("../c.png"), "https://example.com/c.png");
  EXPECT_EQ(resolved("../../../c.png"), "https://example.com/c.png");
  EXPECT_EQ(resolved("/c.png#top"), "https://example.com/c.png");
  EXPECT_EQ(resolved("//cdn.example.org/c.png"), "https://cdn.example.org/c.png");
  EXPECT_EQ(resolved("http://example.org"), "http://example.org/");
  EXPECT_EQ(resolved("?y=2"), "https://example.com/a/b.html?y=2");
  EXPECT_EQ(resolved(" \n c d.png\t"), "https://example.com/a/c%20d.png");
  EXPECT_EQ(resolved("c\n.png"), "https://example.com/a/c.png");
  EXPECT_EQ(resolved("\xc3\xa4.png"), "https://example.com/a/%C3%A4.png");
}

TEST(Relative, WhatLeadsNowhereIsNothing) {
  for (const std::string_view reference :
       {"", "  ", "data:image/png;base64,AA==", "mailto:a@example.com", "javascript:alert(1)", "http://[", "ftp://a/b",
        "blob:https://example.com/1", "https://user:secret@example.com/", "http://a b/"})
    EXPECT_EQ(resolved(reference), "nothing") << reference;
  EXPECT_EQ(resolved(std::string_view("a\0b", 3)), "nothing");
}

}  // namespace
}  // namespace imcaxy::http
