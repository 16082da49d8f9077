// Plays about answers that come piece by piece, from a processor that is told when to go on.
#include <atomic>

#include "base/await.hpp"
#include "world.hpp"

namespace imcaxy::proxy {
namespace {

using namespace std::chrono_literals;

/// Says "first", and "second" when it is let; or fails in between.
class Reciter final : public processor::Work {
 public:
  std::string_view processor() const override { return "reciter"; }
  Task<Result<processor::Outcome>> carry_out(processor::Bench& bench) const override {
    ++runs;
    bench.begin("text/plain", std::nullopt);
    bench.more(Bytes::copy("first"));
    while (!go_on) {
      asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
      co_await timer.async_wait(asio::use_awaitable);
    }
    if (fails) co_return std::unexpected(Error{502, "no more", ""});
    bench.more(Bytes::copy("second"));
    co_return processor::Answer{Bytes::copy("firstsecond"), "text/plain", {}};
  }

  mutable std::atomic<int> runs = 0;
  std::atomic<bool> go_on = false, fails = false;
};

class PiecesPlay : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    origin.answer("/a.png", {.body = png(10, 10, 200)});
    auto made = std::make_shared<ImageRequest>(*resize("/a.png", 5));
    made->work = reciter;
    wanted = made;
  }

  /// The head and the first piece.
  Task<std::string> beginning() {
    auto served = co_await process->service.serve(wanted);
    if (!served) co_return "";
    const auto piece = co_await served->reader.next(5s);
    co_return piece ? std::string(piece->view()) : "";
  }
  std::string read_beginning() {
    return boost::asio::co_spawn(loops[0].io, beginning(), boost::asio::use_future).get();
  }

  std::shared_ptr<Reciter> reciter = std::make_shared<Reciter>();
  ImageRequestPtr wanted;
};
#define PLAY(name) TEST_F(PiecesPlay, name)

PLAY(ReadersGetPiecesWhileTheyAreMadeAndLateOnesGetAll) {
  EXPECT_EQ(read_beginning(), "first");
  auto late = start(wanted);
  reciter->go_on = true;
  EXPECT_EQ(late.get().body, "firstsecond");
  settle();
  const auto hit = process->service.find_in_memory(*wanted);
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->entry->body.view(), "firstsecond");
  EXPECT_GT(hit->entry->meta.etag.size(), 10u);
  restart();
  EXPECT_EQ(ask(wanted).body, "firstsecond") << "it is on disk";
  EXPECT_EQ(reciter->runs, 1);
}

PLAY(AFailureBreaksOffWhatHasBegunAndNothingIsStored) {
  reciter->fails = true;
  auto client = start(wanted);
  EXPECT_EQ(read_beginning(), "first");
  reciter->go_on = true;
  const Got got = client.get();
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->message, "no more");
  EXPECT_EQ(got.body, "first");
  settle();
  EXPECT_FALSE(process->service.find_in_memory(*wanted));
  EXPECT_EQ(process->results->stats().entries, 0u);
}

PLAY(WhatWasInvalidatedMeanwhileEndsForItsReadersAndIsNotStored) {
  auto before = start(wanted);
  EXPECT_EQ(read_beginning(), "first");
  invalidate("/a.png");
  auto after = start(wanted);
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (reciter->runs < 2 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(reciter->runs, 2) << "who asks after an invalidation does not join what began before it";
  reciter->go_on = true;
  EXPECT_EQ(before.get().body, "firstsecond");
  EXPECT_EQ(after.get().body, "firstsecond");
  settle();
  EXPECT_EQ(process->results->stats().entries, 1u);
  invalidate("/a.png");
  reciter->go_on = false;
  auto last = start(wanted);
  EXPECT_EQ(read_beginning(), "first");
  invalidate("/a.png");
  reciter->go_on = true;
  EXPECT_EQ(last.get().body, "firstsecond");
  settle();
  EXPECT_FALSE(process->service.find_in_memory(*wanted));
  EXPECT_EQ(process->results->stats().entries, 0u);
}

}  // namespace
}  // namespace imcaxy::proxy
