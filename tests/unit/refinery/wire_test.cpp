#include "refinery/wire.hpp"

#include <gtest/gtest.h>

#include "refinery/process.hpp"

namespace imcaxy::refinery {
namespace {

wire::Job job() {
  image::Encoding encoding;
  encoding.format = image::Format::webp;
  encoding.target = 72.5;
  encoding.strip = true;
  return {{Bytes::copy("a picture"), {encoding, {}}}, Bytes::copy(std::string("\0 now", 5)), {.max_pixels = 7}};
}

TEST(RefineryWire, AJobArrivesAsItWasSent) {
  const auto there = wire::unpack_job(Bytes::adopt(wire::pack(job())));
  ASSERT_TRUE(there);
  EXPECT_EQ(there->master.picture.view(), job().master.picture.view());
  EXPECT_EQ(there->master.encodings, job().master.encodings);
  EXPECT_EQ(there->now.view(), job().now.view());
  EXPECT_EQ(there->limits.max_pixels, 7u);
}

TEST(RefineryWire, AnAnswerArrivesAsItWasSent) {
  const image::Refined best{Bytes::copy("bytes"), image::Format::avif, 61, 75.25};
  const auto there = wire::unpack_answer(Bytes::adopt(wire::pack(image::Refinement{70, best})));
  ASSERT_TRUE(there && *there && (*there)->best);
  EXPECT_EQ((*there)->score_now, 70);
  EXPECT_EQ((*there)->best->bytes.view(), "bytes");
  EXPECT_EQ((*there)->best->format, image::Format::avif);
  EXPECT_EQ((*there)->best->quality, 61);
  EXPECT_EQ((*there)->best->score, 75.25);
  const auto none = wire::unpack_answer(Bytes::adopt(wire::pack(image::Refinement{70, std::nullopt})));
  ASSERT_TRUE(none && *none);
  EXPECT_FALSE((*none)->best);
  const Error error{400, "it can't be", "why"};
  const auto failed = wire::unpack_answer(Bytes::adopt(wire::pack(std::unexpected(error))));
  ASSERT_TRUE(failed && !*failed);
  EXPECT_EQ(failed->error(), error);
}

TEST(RefineryWire, WhatIsCutOrLongerIsNone) {
  const std::string whole = wire::pack(job());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(wire::unpack_job(Bytes::copy(whole.substr(0, size)))) << size;
  EXPECT_FALSE(wire::unpack_job(Bytes::copy(whole + "x")));
  const std::string answer = wire::pack(image::Refinement{70, image::Refined{Bytes::copy("bytes"), {}, 61, 75.25}});
  for (std::size_t size = 0; size < answer.size(); ++size)
    EXPECT_FALSE(wire::unpack_answer(Bytes::copy(answer.substr(0, size)))) << size;
}

TEST(RefineApart, AProgramWithoutAWorkerStartsNone) {
  const auto found = refine_apart(job().master, job().now, {}, [] { return Say::go_on; });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().status, 503);
}

}  // namespace
}  // namespace imcaxy::refinery
