#include "s3/place.hpp"

#include <gtest/gtest.h>

namespace imcaxy::s3 {
namespace {

TEST(Place, PathStyleAndVirtualHostStyle) {
  const auto path = Place::of({.endpoint = "127.0.0.1:9000", .bucket = "imcaxy"});
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(path->url("a/b c+d", ""), "http://127.0.0.1:9000/imcaxy/a/b%20c%2Bd");
  EXPECT_EQ(path->url("", "location="), "http://127.0.0.1:9000/imcaxy?location=");
  const auto host = Place::of({.endpoint = "s3.eu-central-1.amazonaws.com",
                               .bucket = "imcaxy",
                               .location = "eu-central-1",
                               .tls = true,
                               .virtual_host = true});
  ASSERT_TRUE(host) << host.error().message;
  EXPECT_EQ(host->url("a/b", ""), "https://imcaxy.s3.eu-central-1.amazonaws.com/a/b");
  EXPECT_EQ(host->url("", "list-type=2"), "https://imcaxy.s3.eu-central-1.amazonaws.com/?list-type=2");
  EXPECT_EQ(Place::of({.endpoint = "[::1]:9000", .bucket = "imcaxy"})->url("a", ""), "http://[::1]:9000/imcaxy/a");
}

TEST(Place, MistakesAreToldWithWhatIsAllowed) {
  for (const auto& [options, told] : std::initializer_list<std::pair<PlaceOptions, std::string>>{
           {{.endpoint = "http://127.0.0.1:9000", .bucket = "imcaxy"},
            "leave out 'http://' and write '127.0.0.1:9000'"},
           {{.endpoint = "minio:9000", .bucket = ""}, "3 to 63"},
           {{.endpoint = "minio:9000", .bucket = "Images"}, "lower-case"},
           {{.endpoint = "minio:9000", .bucket = "ab"}, "3 to 63"},
           {{.endpoint = "minio:9000", .bucket = "a..b"}, "'a..b'"},
           {{.endpoint = "minio:9000", .bucket = "a/b"}, "'a/b'"},
           {{.endpoint = "minio:9000", .bucket = "10.0.0.1"}, "no IP address"},
           {{.endpoint = "minio:9000", .bucket = "imcaxy", .location = "eu central"}, "such as us-east-1"},
           {{.endpoint = "minio:9000", .bucket = "imcaxy", .location = ""}, "such as us-east-1"},
           {{.endpoint = "127.0.0.1:9000", .bucket = "imcaxy", .virtual_host = true}, "path style"}}) {
    const auto place = Place::of(options);
    ASSERT_FALSE(place) << told;
    EXPECT_NE(place.error().message.find(told), std::string::npos) << place.error().message;
  }
}

TEST(IsKey, WhatEveryStoreCanKeep) {
  for (const char* key :
       {"a", "answers/0f/1234", "|resize|ä.png|::imaginary", "%7C%2Fresize%7C::imaginary", "..a", "a b"})
    EXPECT_TRUE(is_key(key)) << key;
  for (const std::string key : {"", "/a", "a/", "a//b", ".", "a/../b", "a/./b", "a\nb", "\xff", "\x7f"})
    EXPECT_FALSE(is_key(key)) << key;
  EXPECT_FALSE(is_key(std::string("a\0b", 3)));
  EXPECT_TRUE(is_key(std::string(1024, 'x')));
  EXPECT_FALSE(is_key(std::string(1025, 'x')));
}

}  // namespace
}  // namespace imcaxy::s3
