#include "proxy/originals.hpp"

#include "world.hpp"

namespace imcaxy::proxy {
namespace {

class OriginalsPlay : public World {
 protected:
  Result<Original> original() {
    const SourceRef source = resize("/a.png", 10)->source;
    const auto since = process->epochs.current(source.url);
    return boost::asio::co_spawn(loops[0].io, process->originals.get(source, since, std::chrono::seconds(10)),
                                 boost::asio::use_future)
        .get();
  }
};

TEST_F(OriginalsPlay, WhatOthersUseIsShared) {
  origin.answer("/a.png", {.body = png(20, 20, 7)});
  (void)original();
  settle();
  const auto first = original(), second = original();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->body.data(), second->body.data());
  EXPECT_EQ(first->content_type, second->content_type);
  EXPECT_EQ(process->originals.stats().disk_hits, 1u);
  EXPECT_EQ(process->originals.stats().shared, 1u);
}

TEST_F(OriginalsPlay, WhatNobodyUsesIsNotKeptInMemory) {
  origin.answer("/a.png", {.body = png(20, 20, 7)});
  (void)original();
  settle();
  (void)original();
  (void)original();
  EXPECT_EQ(process->originals.stats().disk_hits, 2u);
}

TEST_F(OriginalsPlay, WhatIsInvalidatedIsNotSharedThoughSomebodyUsesIt) {
  origin.answer("/a.png", {.body = png(20, 20, 7)});
  const auto old = original();
  settle();
  origin.answer("/a.png", {.body = png(20, 20, 8)});
  invalidate("/a.png");
  const auto young = original();
  ASSERT_TRUE(old && young);
  EXPECT_EQ(grey_of(std::string(old->body.view())), 7);
  EXPECT_EQ(grey_of(std::string(young->body.view())), 8);
}

TEST_F(OriginalsPlay, WhatIsNoLongerFreshIsAskedForThoughSomebodyUsesIt) {
  options.ttl = std::chrono::seconds(60);
  restart();
  origin.answer("/a.png", {.body = png(20, 20, 7)});
  const auto old = original();
  settle();
  origin.answer("/a.png", {.body = png(20, 20, 8)});
  clock.advance(std::chrono::seconds(61));
  const auto young = original();
  ASSERT_TRUE(old && young);
  EXPECT_EQ(grey_of(std::string(young->body.view())), 8);
}

TEST(OriginalsInUse, AreReadAgainAfterAWhile) {
  OriginalsInUse in_use;
  const Original original{Bytes::copy("picture"), "image/png", "", {}, false};
  const OriginalsInUse::Time now{};
  in_use.remember({1, 2}, original, now);
  ASSERT_TRUE(in_use.find({1, 2}, now + std::chrono::seconds(9)));
  EXPECT_EQ(in_use.find({1, 2}, now)->body.view(), "picture");
  EXPECT_FALSE(in_use.find({1, 2}, now + OriginalsInUse::longest));
  EXPECT_FALSE(in_use.find({2, 1}, now));
}

}  // namespace
}  // namespace imcaxy::proxy
