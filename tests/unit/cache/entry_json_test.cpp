#include "cache/entry_json.hpp"

#include <gtest/gtest.h>

namespace imcaxy::cache {
namespace {

nlohmann::json described() {
  EntryMeta meta;
  meta.key = hash128("an entry");
  meta.mime_type = "image/jpeg";
  meta.processing_params = {{"width", {"1", "2"}}};
  meta.headers = {{"Vary", "Accept"}};
  meta.created = WallTime(std::chrono::milliseconds(1767225600000));
  meta.expires = meta.created + std::chrono::seconds(1);
  return nlohmann::json::parse(to_json(meta));
}

TEST(EntryJson, WhatIsWrittenIsReadAgain) {
  const auto meta = meta_from_json(described().dump());
  ASSERT_TRUE(meta);
  EXPECT_EQ(nlohmann::json::parse(to_json(*meta)), described());
}

TEST(EntryJson, FreshnessIsKept) {
  EXPECT_FALSE(described().contains("fresh"));
  auto json = described();
  json["fresh"] = {1, 2, 3};
  json["sourceHash"] = "ab";
  const auto meta = meta_from_json(json.dump());
  ASSERT_TRUE(meta);
  EXPECT_EQ(nlohmann::json::parse(to_json(*meta)), json);
  EXPECT_EQ(meta->fresh->end(), WallTime(std::chrono::milliseconds(3)));
  for (const auto& wrong : {nlohmann::json(1), nlohmann::json({1, 2}), nlohmann::json({1, 2, "3"})}) {
    json["fresh"] = wrong;
    EXPECT_FALSE(meta_from_json(json.dump())) << wrong;
  }
}

TEST(EntryJson, WhatItWasMadeOfMayBeUnknown) {
  EXPECT_FALSE(described().contains("originalBytes"));
  auto json = described();
  json["originalBytes"] = 123'456;
  EXPECT_EQ(meta_from_json(json.dump())->original_bytes, 123'456u);
  for (const auto& wrong : {nlohmann::json(-1), nlohmann::json(1.5), nlohmann::json("1"), nlohmann::json(nullptr)}) {
    json["originalBytes"] = wrong;
    EXPECT_FALSE(meta_from_json(json.dump())) << json;
  }
}

TEST(EntryJson, HowMuchWasSearchedIsKept) {
  EXPECT_FALSE(described().contains("effort"));
  auto json = described();
  json["effort"] = 1;
  const auto meta = meta_from_json(json.dump());
  ASSERT_TRUE(meta);
  EXPECT_EQ(meta->effort, 1);
  EXPECT_EQ(nlohmann::json::parse(to_json(*meta)), json);
  json["effort"] = "much";
  EXPECT_FALSE(meta_from_json(json.dump()));
}

TEST(EntryJson, AnotherTextIsNone) {
  for (const char* text : {"", "{", "[]", "null", "7", "\"\xff\"", "{\"key\":1}"})
    EXPECT_FALSE(meta_from_json(text)) << text;
  const auto whole = described();
  for (const auto& [name, value] : whole.items()) {
    if (name == "expires") continue;
    auto json = whole;
    json.erase(name);
    EXPECT_FALSE(meta_from_json(json.dump())) << "without " << name;
  }
}

TEST(EntryJson, ATimeIsAWholeNumber) {
  for (const char* name : {"created", "expires"})
    for (const auto& wrong : {nlohmann::json(1e300), nlohmann::json(1.5), nlohmann::json(true), nlohmann::json("1"),
                              nlohmann::json(nullptr)}) {
      auto json = described();
      json[name] = wrong;
      EXPECT_FALSE(meta_from_json(json.dump())) << json;
    }
}

}  // namespace
}  // namespace imcaxy::cache
