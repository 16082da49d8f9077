// Plays about the life of a request: who is asked how often, what is stored, and what is never served.
#include <fstream>

#include "world.hpp"

namespace imcaxy::proxy {
namespace {

using namespace std::chrono_literals;

class ServicePlay : public World {
 protected:
  /// Invalidates a picture during each of so many fetches.
  void keep_changing(const std::string& path, std::size_t times) {
    for (std::size_t i = 1; i <= times; ++i) {
      ASSERT_TRUE(origin.wait_for_requests(path, i));
      invalidate(path);
      origin.release_one(path);
    }
  }
};
#define PLAY(name) TEST_F(ServicePlay, name)

PLAY(MakesAPictureOnceAndServesItFromMemory) {
  origin.answer("/a.png", {.body = png(100, 80, 200)});
  const Got first = ask(resize("/a.png", 50));
  ASSERT_FALSE(first.error) << first.error->message;
  EXPECT_EQ(first.origin, Origin::produced);
  EXPECT_EQ(first.mime_type, "image/png");
  EXPECT_EQ(grey_of(first.body), 200);
  const Got second = ask(resize("/a.png", 50));
  EXPECT_EQ(second.origin, Origin::memory);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(origin.requests("/a.png"), 1u);
  EXPECT_EQ(process->service.stats().processed, 1u);
}

PLAY(ManyAtOnceCostOneFetchAndOneProcess) {
  origin.answer("/a.png", {.body = png(100, 80, 200)});
  origin.hold("/a.png");
  std::vector<std::future<Got>> clients;
  for (int i = 0; i < 300; ++i) clients.push_back(start(resize("/a.png", 50)));
  ASSERT_TRUE(origin.wait_for_requests("/a.png", 1));
  origin.release("/a.png");
  const std::string body = clients.front().get().body;
  EXPECT_FALSE(body.empty());
  for (std::size_t i = 1; i < clients.size(); ++i) {
    const Got got = clients[i].get();
    ASSERT_FALSE(got.error) << got.error->message;
    EXPECT_EQ(got.body, body);
  }
  EXPECT_EQ(origin.requests("/a.png"), 1u);
  EXPECT_EQ(process->service.stats().processed, 1u);
  settle();
  EXPECT_EQ(process->service.stats().in_flight + process->service.stats().readers, 0);
}

PLAY(ManySizesAtOnceCostOneFetch) {
  origin.answer("/a.png", {.body = png(200, 80, 200)});
  origin.hold("/a.png");
  std::vector<std::future<Got>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(start(resize("/a.png", 50 + i)));
  ASSERT_TRUE(origin.wait_for_requests("/a.png", 1));
  std::this_thread::sleep_for(50ms);
  origin.release("/a.png");
  for (auto& client : clients) EXPECT_FALSE(client.get().error);
  EXPECT_EQ(origin.requests("/a.png"), 1u);
  EXPECT_EQ(process->service.stats().processed, 20u);
}

PLAY(ALaterSizeCostsNoSecondDownload) {
  origin.answer("/a.png", {.body = png(200, 80, 200)});
  ask(resize("/a.png", 50));
  settle();
  EXPECT_FALSE(ask(resize("/a.png", 60)).error);
  restart();
  EXPECT_FALSE(ask(resize("/a.png", 70)).error);
  EXPECT_EQ(origin.requests("/a.png"), 1u);
}

PLAY(IsServedFromDiskAfterARestart) {
  origin.answer("/a.png", {.body = png(100, 80, 200)});
  const Got first = ask(resize("/a.png", 50));
  restart();
  const Got second = ask(resize("/a.png", 50));
  EXPECT_EQ(second.origin, Origin::disk);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(ask(resize("/a.png", 50)).origin, Origin::memory);
  EXPECT_EQ(origin.requests("/a.png"), 1u);
  EXPECT_EQ(process->service.stats().processed, 0u);
}

PLAY(AnInvalidationDuringTheFetchWins) {
  origin.answer_in_turn("/a.png", {{.body = png(100, 80, 10)}, {.body = png(100, 80, 250)}});
  origin.hold("/a.png");
  auto before = start(resize("/a.png", 50));
  ASSERT_TRUE(origin.wait_for_requests("/a.png", 1));
  invalidate("/a.png");
  auto after = start(resize("/a.png", 50));
  ASSERT_TRUE(origin.wait_for_requests("/a.png", 2))
      << "who asks after an invalidation does not join what began before it";
  origin.release("/a.png");
  EXPECT_EQ(grey_of(after.get().body), 250);
  EXPECT_FALSE(before.get().error) << "the one before gets an answer, too";
  settle();
  EXPECT_EQ(grey_of(ask(resize("/a.png", 50)).body), 250);
  restart();
  EXPECT_EQ(grey_of(ask(resize("/a.png", 50)).body), 250) << "nothing old was stored";
  EXPECT_EQ(grey_of(ask(resize("/a.png", 40)).body), 250) << "of the original neither";
}

PLAY(AnInvalidatedProductionBeginsAgainByItself) {
  origin.answer_in_turn("/a.png", {{.body = png(100, 80, 10)}, {.body = png(100, 80, 250)}});
  origin.hold("/a.png");
  auto before = start(resize("/a.png", 50));
  ASSERT_TRUE(origin.wait_for_requests("/a.png", 1));
  invalidate("/a.png");
  origin.release("/a.png");
  EXPECT_EQ(grey_of(before.get().body), 250);
  EXPECT_EQ(process->service.stats().restarted, 1u);
}

PLAY(APictureThatChangesTimeAndAgainIsShownAtLast) {
  origin.answer("/a.png", {.body = png(100, 80, 10)});
  origin.hold("/a.png");
  auto client = start(resize("/a.png", 50));
  keep_changing("/a.png", 10);
  origin.answer("/a.png", {.body = png(100, 80, 250)});
  origin.release("/a.png");
  EXPECT_EQ(grey_of(client.get().body), 250);
}

PLAY(APictureThatChangesAllTheTimeEndsInAnError) {
  options.request_timeout = 1s;
  restart();
  origin.answer("/a.png", {.body = png(100, 80, 10)});
  origin.hold("/a.png");
  auto client = start(resize("/a.png", 50));
  keep_changing("/a.png", 3);
  ASSERT_TRUE(origin.wait_for_requests("/a.png", 4));
  std::this_thread::sleep_for(1s);
  invalidate("/a.png");
  origin.release("/a.png");
  const Got got = client.get();
  ASSERT_TRUE(got.error);
  EXPECT_GE(got.error->status, 503) << "at the latest when its time is over";
  settle();
  EXPECT_EQ(origin.requests("/a.png"), 4u);
}

PLAY(AnInvalidationEmptiesEveryTier) {
  origin.answer_in_turn("/a.png", {{.body = png(100, 80, 10)}, {.body = png(100, 80, 250)}});
  ask(resize("/a.png", 50));
  ask(resize("/a.png", 60));
  settle();
  invalidate("/a.png");
  EXPECT_EQ(
      process->memory.stats().entries + process->results->stats().entries + process->originals_tier->stats().entries,
      0u);
  EXPECT_EQ(grey_of(ask(resize("/a.png", 50)).body), 250);
}

PLAY(EveryReaderGetsTheSameError) {
  origin.answer("/gone.png", {.status = 404});
  origin.hold("/gone.png");
  std::vector<std::future<Got>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(start(resize("/gone.png", 50)));
  ASSERT_TRUE(origin.wait_for_requests("/gone.png", 1));
  origin.release("/gone.png");
  for (auto& client : clients) {
    const Got got = client.get();
    ASSERT_TRUE(got.error);
    EXPECT_EQ(got.error->status, 404);
  }
  EXPECT_EQ(ask(resize("/gone.png", 60)).error->status, 404) << "another size knows it, too";
  EXPECT_EQ(origin.requests("/gone.png"), 1u) << "remembered for a while";
  origin.answer("/gone.png", {.body = png(10, 10, 5)});
  invalidate("/gone.png");
  EXPECT_FALSE(ask(resize("/gone.png", 50)).error) << "but not over an invalidation";
}

PLAY(AFailureIsForgottenAfterAWhile) {
  options.negative_ttl = 1s;
  restart();
  origin.answer_in_turn("/a.png", {{.status = 500}, {.body = png(10, 10, 5)}});
  EXPECT_EQ(ask(resize("/a.png", 5)).error->status, 500);
  EXPECT_EQ(ask(resize("/a.png", 5)).error->status, 500);
  EXPECT_EQ(origin.requests("/a.png"), 1u);
  std::this_thread::sleep_for(1100ms);
  EXPECT_FALSE(ask(resize("/a.png", 5)).error);
}

PLAY(ADamagedFileIsMadeAgain) {
  origin.answer("/a.png", {.body = png(100, 80, 200)});
  const Got first = ask(resize("/a.png", 50));
  settle();
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder / "results"))
    if (file.is_regular_file()) std::ofstream(file.path(), std::ios::app) << "rubbish";
  restart();
  const Got again = ask(resize("/a.png", 50));
  EXPECT_EQ(again.origin, Origin::produced);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(process->results->stats().damaged, 1u);
}

PLAY(TooMuchAtOnceIsRefusedAtOnce) {
  options.max_in_flight = 2;
  restart();
  origin.answer("/a.png", {.body = png(100, 80, 200)});
  origin.hold("/a.png");
  auto a = start(resize("/a.png", 1)), b = start(resize("/a.png", 2));
  ASSERT_TRUE(origin.wait_for_requests("/a.png", 1));
  while (process->service.stats().in_flight < 2) std::this_thread::sleep_for(1ms);
  const Got refused = ask(resize("/a.png", 3));
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->status, 503);
  origin.release("/a.png");
  EXPECT_FALSE(a.get().error);
  EXPECT_FALSE(b.get().error);
  settle();
  EXPECT_FALSE(ask(resize("/a.png", 3)).error) << "an overload is not remembered";
}

PLAY(WhatCanNotBeProcessedIsServedAsItIs) {
  const std::string broken = "\xff\xd8\xff\xe0 this begins like a JPEG";
  origin.answer("/broken.jpg", {.body = broken});
  const Got got = ask(resize("/broken.jpg", 50));
  ASSERT_FALSE(got.error);
  EXPECT_EQ(got.body, broken);
  EXPECT_EQ(got.mime_type, "image/jpeg");
  EXPECT_NE(got.fallback_reason, "");
  settle();
  EXPECT_EQ(process->results->stats().entries + process->memory.stats().entries, 0u) << "not kept as the answer";
  const Got wrong = ask(request("resize", "url=" + origin.url("/broken.jpg") + "&width=x"));
  ASSERT_TRUE(wrong.error) << "never for a bad request";
  EXPECT_EQ(wrong.error->status, 400);
  origin.answer("/page.html", {.body = "<html>no picture</html>"});
  EXPECT_EQ(ask(resize("/page.html", 50)).error->status, 406) << "never for what is no picture";
  options.fallback_to_original = false;
  restart();
  EXPECT_EQ(ask(resize("/broken.jpg", 50)).error->status, 400);
}

PLAY(AnAnswerWhoseTimeIsOverIsMadeAgain) {
  options.ttl = 60s;
  restart();
  origin.answer_in_turn("/a.png", {{.body = png(100, 80, 10)}, {.body = png(100, 80, 250)}});
  ask(resize("/a.png", 50));
  settle();
  clock.advance(59s);
  EXPECT_EQ(grey_of(ask(resize("/a.png", 50)).body), 10);
  clock.advance(2s);
  const Got late = ask(resize("/a.png", 50));
  EXPECT_EQ(late.origin, Origin::produced);
  EXPECT_EQ(grey_of(late.body), 250);
}

PLAY(AClockThatGoesBackwardsServesWhatIsThere) {
  origin.answer("/a.png", {.body = png(100, 80, 10)});
  ask(resize("/a.png", 50));
  settle();
  clock.set(start_time - std::chrono::hours(24 * 400));
  EXPECT_EQ(ask(resize("/a.png", 50)).origin, Origin::memory);
  restart();
  EXPECT_EQ(ask(resize("/a.png", 50)).origin, Origin::disk);
  EXPECT_FALSE(ask(resize("/a.png", 60)).error);
}

PLAY(AnotherRequestOfTheSameKeyIsNotServedAsThisOne) {
  origin.answer("/a.png", {.body = png(100, 80, 10)});
  const ImageRequestPtr wanted = resize("/a.png", 50);
  auto foreign = std::make_shared<cache::Entry>();
  foreign->meta.key = wanted->key;  // what a crafted collision of the hash would be
  foreign->meta.request_signature = "|/resize|http://evil.example/|width=50|";
  foreign->body = Bytes::copy("another picture");
  auto item = std::make_shared<cache::MemoryItem>();
  item->entry = foreign;
  process->memory.put(item);
  auto staged = process->results->stage(*foreign);
  ASSERT_TRUE(staged && process->results->commit(std::move(*staged)));
  const Got got = ask(wanted);
  EXPECT_EQ(got.origin, Origin::produced);
  EXPECT_EQ(grey_of(got.body), 10);
}

PLAY(WithoutADiskItStillServes) {
  disk_bytes = 0;
  memory_bytes = 0;
  restart();
  origin.answer("/a.png", {.body = png(100, 80, 10)});
  EXPECT_FALSE(ask(resize("/a.png", 50)).error);
  settle();
  EXPECT_EQ(ask(resize("/a.png", 50)).origin, Origin::produced);
  EXPECT_EQ(process->results->stats().write_errors, 0u) << "a cache that is switched off is no error";
}

PLAY(UploadsAreCachedByTheirBytes) {
  const RawRequest raw{"/imaginary/resize?width=50", "resize", "width=50", ""};
  const std::string picture = png(100, 80, 77);
  const Got first = ask(*RequestReader({}).read_upload(raw, "image/png", picture));
  ASSERT_FALSE(first.error) << first.error->message;
  EXPECT_EQ(grey_of(first.body), 77);
  EXPECT_EQ(ask(*RequestReader({}).read_upload(raw, "", picture)).origin, Origin::memory);
}

PLAY(ASlowProducerIsWaitedForOnlySoLong) {
  options.request_timeout = 1s;
  restart();
  origin.answer("/a.png", {.body = png(100, 80, 10)});
  origin.hold("/a.png");
  const Got got = ask(resize("/a.png", 50));
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->status, 504);
  origin.release("/a.png");
}

}  // namespace
}  // namespace imcaxy::proxy
