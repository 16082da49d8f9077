#include "server/savings.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "server/dashboard/json.hpp"

namespace imcaxy::server {
namespace {

constexpr PictureKind avif{PictureFormat::avif, {ClientClass::avif, false}};
constexpr PictureKind slow_webp{PictureFormat::webp, {ClientClass::avif, true}};
constexpr PictureKind old{PictureFormat::jpeg, {ClientClass::legacy, false}};

TEST(Savings, EachKindHasItsOwn) {
  Savings savings;
  savings.add(Savings::note(avif), 10, 1000, 0);
  savings.add(Savings::note(avif), 20, 1000, 50);
  savings.add(Savings::note(slow_webp), 5, 1000, 0);
  EXPECT_EQ(savings.of(avif), (Saving{2, 30, 2000, 1, 20, 50}));
  EXPECT_EQ(savings.of(slow_webp), (Saving{1, 5, 1000, 0, 0, 0}));
  EXPECT_EQ(savings.of(old), Saving{});
  EXPECT_EQ(savings.total(), (Saving{3, 35, 3000, 1, 20, 50}));
}

TEST(Savings, NoTwoKindsShareANote) {
  std::vector<Savings::Note> notes;
  for (int format = 0; format < 6; ++format)
    for (int client = 0; client < 3; ++client)
      for (const bool slow : {false, true})
        notes.push_back(Savings::note({static_cast<PictureFormat>(format), {static_cast<ClientClass>(client), slow}}));
  std::ranges::sort(notes);
  EXPECT_EQ(std::ranges::adjacent_find(notes), notes.end());
  EXPECT_LT(notes.back(), 64);
}

TEST(Savings, NothingIsLostBetweenThreads) {
  Savings savings;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 1000; ++n) savings.add(Savings::note(old), 1, 3, 2);
      });
  }
  EXPECT_EQ(savings.total(), (Saving{4000, 4000, 12000, 4000, 4000, 8000}));
}

TEST(Savings, FormatsAreNamedByTheirType) {
  EXPECT_EQ(picture_format("image/avif"), PictureFormat::avif);
  EXPECT_EQ(picture_format("image/jpeg"), PictureFormat::jpeg);
  EXPECT_EQ(picture_format("image/gif"), PictureFormat::gif);
  for (const char* type : {"", "image/", "image/tiff", "application/json", "image/other", "jpeg"})
    EXPECT_EQ(picture_format(type), PictureFormat::other) << type;
}

TEST(Savings, AreToldByFormatByClientAndByNetwork) {
  Savings savings;
  savings.add(Savings::note(avif), 10, 1000, 50);
  savings.add(Savings::note(slow_webp), 5, 1000, 0);
  const auto told = to_json(savings);
  EXPECT_EQ(told["answers"], 2);
  EXPECT_EQ(told["imaginary"]["answers"], 1);
  EXPECT_EQ(told["imaginary"]["imaginaryBytes"], 50);
  EXPECT_EQ(told["byFormat"]["webp"]["sentBytes"], 5);
  EXPECT_EQ(told["byClient"]["avif"]["sentBytes"], 15);
  EXPECT_EQ(told["byNetwork"]["slow"]["answers"], 1);
  EXPECT_FALSE(told["byClient"].contains("legacy"));
}

}  // namespace
}  // namespace imcaxy::server
