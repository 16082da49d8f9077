// Plays about reduced forms: when one is made, what is made of it, and when it must not be used.
#include <algorithm>
#include <fstream>

#include "world.hpp"

namespace imcaxy::proxy {
namespace {

using namespace std::chrono_literals;

class MezzaninePlay : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    disk_bytes = 64 << 20;
    restart();
  }
  /// Just large enough for a reduced form.
  static std::string large(int grey) { return png(2000, 1000, grey); }

  std::uint64_t made() const { return process->mezzanine.stats().made; }
  std::uint64_t used() const { return process->mezzanine.stats().used; }
  std::uint64_t failed() const { return process->mezzanine.stats().failed; }

  /// Asks, and waits until what follows from it is done.
  Got ask_and_settle(const std::string& path, int width) {
    Got got = ask(resize(path, width));
    EXPECT_FALSE(got.error) << got.error->message;
    settle();
    return got;
  }
  void ask_for_two_sizes(const std::string& path) {
    ask_and_settle(path, 100);
    ask_and_settle(path, 90);
  }
};
#define PLAY(name) TEST_F(MezzaninePlay, name)

PLAY(TheSecondSizeMakesItAndTheThirdIsMadeOfIt) {
  origin.answer("/a.png", {.body = large(200)});
  ask_and_settle("/a.png", 100);
  EXPECT_EQ(made(), 0u) << "one size needs none";
  ask_and_settle("/a.png", 90);
  EXPECT_EQ(made(), 1u);
  EXPECT_EQ(used(), 0u);
  EXPECT_EQ(process->originals_tier->stats().entries, 2u) << "beside the original";
  const Got third = ask_and_settle("/a.png", 80);
  EXPECT_EQ(used(), 1u);
  EXPECT_EQ(third.origin, Origin::produced);
  EXPECT_EQ(third.mime_type, "image/png");
  EXPECT_EQ(grey_of(third.body), 200);
  ask_and_settle("/a.png", 900);
  EXPECT_EQ(used(), 1u) << "more than half of its width needs the original";
  EXPECT_EQ(made(), 1u);
  EXPECT_EQ(origin.requests("/a.png"), 1u);
}

PLAY(TheSameSizeInOtherFormatsIsOneSize) {
  origin.answer("/a.png", {.body = large(200)});
  for (const std::string type : {"png", "jpeg", "webp"})
    EXPECT_FALSE(ask(request("resize", "width=100&type=" + type + "&url=" + origin.url("/a.png"))).error);
  settle();
  EXPECT_EQ(made(), 0u);
}

PLAY(ItLastsOverARestart) {
  origin.answer("/a.png", {.body = large(200)});
  ask_for_two_sizes("/a.png");
  restart();
  ask_and_settle("/a.png", 80);
  EXPECT_EQ(used(), 1u);
  ask_and_settle("/a.png", 1500);
  ask_and_settle("/a.png", 1600);
  EXPECT_EQ(made(), 0u) << "it is there";
}

PLAY(SmallPicturesHaveNone) {
  origin.answer("/a.png", {.body = png(1999, 1000, 5)});
  for (int width = 100; width < 107; ++width) ask_and_settle("/a.png", width);
  EXPECT_EQ(made() + failed(), 0u);
}

PLAY(UploadsHaveNone) {
  const std::string picture = large(77);
  for (int width = 100; width < 107; ++width) {
    const std::string query = "width=" + std::to_string(width), target = "/imaginary/resize?" + query;
    EXPECT_FALSE(ask(*RequestReader({}).read_upload({target, "resize", query, ""}, "image/png", picture)).error);
  }
  settle();
  EXPECT_EQ(made() + failed(), 0u);
}

PLAY(SwitchedOffThereAreNone) {
  origin.answer("/a.png", {.body = large(200)});
  ask_for_two_sizes("/a.png");
  ASSERT_EQ(made(), 1u);
  mezzanine.enabled = false;
  restart();
  for (int width = 50; width < 57; ++width) ask_and_settle("/a.png", width);
  EXPECT_EQ(used() + made(), 0u);
}

PLAY(ABusyServerMakesItWithTheFifthSize) {
  options.request_timeout = 20s;
  restart();
  origin.answer("/a.png", {.body = large(200)});
  // Every thread has something to do, and there is always more.
  std::atomic<bool> stop = false;
  std::function<void()> work = [&] {
    std::this_thread::sleep_for(1ms);
    if (!stop) process->cpu_pool.submit([&] { work(); });
  };
  for (int i = 0; i < 8; ++i) process->cpu_pool.submit([&] { work(); });
  for (int width = 100; width < 104; ++width) EXPECT_FALSE(ask(resize("/a.png", width)).error);
  EXPECT_EQ(made(), 0u) << "four sizes can wait";
  EXPECT_FALSE(ask(resize("/a.png", 104)).error);
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (made() == 0 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(made(), 1u);
  stop = true;
  while (process->cpu_pool.queued() + process->cpu_pool.running() > 0) std::this_thread::sleep_for(1ms);
  settle();
  EXPECT_EQ(made(), 1u) << "what waited for an idle moment finds it done";
}

PLAY(ManySizesAtOnceMakeItOnce) {
  origin.answer("/a.png", {.body = large(200)});
  ask_and_settle("/a.png", 50);
  std::vector<std::future<Got>> clients;
  for (int i = 0; i < 40; ++i) clients.push_back(start(resize("/a.png", 60 + i)));
  for (auto& client : clients) {
    const Got got = client.get();
    ASSERT_FALSE(got.error) << got.error->message;
    EXPECT_EQ(grey_of(got.body), 200);
  }
  settle();
  EXPECT_EQ(made(), 1u);
}

PLAY(AnInvalidationTakesItAlong) {
  origin.answer_in_turn("/a.png", {{.body = large(10)}, {.body = large(250)}});
  ask_for_two_sizes("/a.png");
  ASSERT_EQ(process->originals_tier->stats().entries, 2u);
  const auto model = process->invalidations.invalidate({"project", "commit", {origin.url("/a.png")}, {}});
  ASSERT_TRUE(model);
  EXPECT_EQ(model->images.size(), 2u) << "the answers are told, and nothing else";
  EXPECT_EQ(process->originals_tier->stats().entries, 0u);
  EXPECT_EQ(grey_of(ask_and_settle("/a.png", 80).body), 250);
  EXPECT_EQ(used(), 0u);
  EXPECT_EQ(grey_of(ask_and_settle("/a.png", 70).body), 250);
  EXPECT_EQ(made(), 2u) << "and counting begins anew";
  EXPECT_EQ(grey_of(ask_and_settle("/a.png", 60).body), 250);
  EXPECT_EQ(used(), 1u);
}

PLAY(AnInvalidationBeforeItIsMadeWins) {
  origin.answer_in_turn("/a.png", {{.body = large(10)}, {.body = large(250)}});
  ask_and_settle("/a.png", 100);
  {
    std::promise<void> gate;
    const std::shared_future<void> opened = gate.get_future().share();
    // One thread answers, the other is kept from what can wait.
    process->cpu_pool.submit_when_idle([opened] { opened.wait(); });
    EXPECT_FALSE(ask(resize("/a.png", 90)).error);
    while (process->mezzanine.idle()) std::this_thread::sleep_for(1ms);
    invalidate("/a.png");
    gate.set_value();
  }
  settle();
  EXPECT_EQ(made(), 0u);
  EXPECT_EQ(process->originals_tier->stats().entries, 0u);
  EXPECT_EQ(grey_of(ask_and_settle("/a.png", 80).body), 250);
}

PLAY(AnInvalidationWhileItIsMadeWins) {
  for (int delay = 0; delay < 30; delay += 3) {
    const std::string path = "/" + std::to_string(delay) + ".png";
    origin.answer_in_turn(path, {{.body = large(10)}, {.body = large(250)}});
    ask_and_settle(path, 100);
    EXPECT_FALSE(ask(resize(path, 90)).error);
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    invalidate(path);
    settle();
    EXPECT_EQ(grey_of(ask_and_settle(path, 80).body), 250);
    EXPECT_EQ(grey_of(ask_and_settle(path, 70).body), 250);
    EXPECT_EQ(grey_of(ask_and_settle(path, 60).body), 250);
  }
}

PLAY(OfAnotherOriginalItIsNotUsed) {
  origin.answer_in_turn("/a.png", {{.body = large(10)}, {.body = large(250)}});
  ask_for_two_sizes("/a.png");
  // The original left for others, and the source has changed without telling.
  process->originals_tier->erase(resize("/a.png", 1)->source.key);
  EXPECT_EQ(grey_of(ask_and_settle("/a.png", 80).body), 250);
  EXPECT_EQ(used(), 0u);
  EXPECT_EQ(process->originals_tier->stats().entries, 1u) << "it is of no use any more";
  ask_for_two_sizes("/a.png");
  ask_and_settle("/a.png", 70);
  ask_and_settle("/a.png", 60);
  EXPECT_EQ(made(), 2u);
  EXPECT_EQ(grey_of(ask_and_settle("/a.png", 50).body), 250);
  EXPECT_GE(used(), 1u) << "from the fourth or the fifth size on: the old one goes behind an answer";
}

PLAY(ItsTimeEndsWithTheOriginals) {
  options.ttl = 60s;
  restart();
  origin.answer_in_turn("/a.png", {{.body = large(10)}, {.body = large(250)}});
  ask_and_settle("/a.png", 100);
  clock.advance(50s);
  ask_and_settle("/a.png", 90);
  EXPECT_EQ(made(), 1u);
  clock.advance(11s);
  EXPECT_EQ(grey_of(ask_and_settle("/a.png", 80).body), 250);
  EXPECT_EQ(used(), 0u);
}

PLAY(DamagedItIsDroppedAndMadeAgain) {
  origin.answer("/a.png", {.body = large(200)});
  ask_for_two_sizes("/a.png");
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder / "originals"))
    if (file.is_regular_file()) files.push_back(file.path());
  ASSERT_EQ(files.size(), 2u);
  for (const auto& file : files) {
    if (file.filename() == resize("/a.png", 1)->source.key.hex()) continue;
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(-10, std::ios::end);
    bytes << "rubbish";
  }
  EXPECT_EQ(grey_of(ask_and_settle("/a.png", 80).body), 200);
  EXPECT_EQ(used(), 0u);
  EXPECT_EQ(process->originals_tier->stats().damaged, 1u);
  ask_and_settle("/a.png", 70);
  EXPECT_EQ(made(), 2u);
  ask_and_settle("/a.png", 60);
  EXPECT_EQ(used(), 1u);
}

PLAY(WhatCanNotBeMadeIsNotTriedAgain) {
  origin.answer_in_turn("/a.png", {{.body = large(10)}, {.body = large(250)}});
  ask_and_settle("/a.png", 100);
  std::filesystem::remove_all(folder / "originals" / "staging");  // nothing can be written there
  for (int width = 50; width < 60; ++width) ask_and_settle("/a.png", width);
  EXPECT_EQ(failed(), 1u);
  EXPECT_EQ(process->originals_tier->stats().write_errors, 1u);
  std::filesystem::create_directories(folder / "originals" / "staging");
  invalidate("/a.png");
  ask_for_two_sizes("/a.png");
  EXPECT_EQ(made(), 1u) << "a changed picture is another chance";
}

PLAY(WithoutItsOriginalItIsNotMade) {
  disk_bytes = 0;
  restart();
  origin.answer("/a.png", {.body = large(10)});
  for (int width = 50; width < 57; ++width) ask_and_settle("/a.png", width);
  EXPECT_EQ(made() + failed(), 0u);
}

PLAY(EachClientOfAPersonalSourceHasItsOwn) {
  origin.answer("/a.png", {.body = large(10)});
  const auto personal = [&](const std::string& client, int width) {
    const std::string query = "width=" + std::to_string(width) + "&url=" + origin.url("/a.png"),
                      target = "/imaginary/resize?" + query;
    const auto read = RequestReader({}).read({target, "resize", query, "", {"Authorization: " + client}});
    EXPECT_FALSE(ask(*read).error);
    settle();
  };
  personal("one", 100);
  personal("two", 90);
  EXPECT_EQ(made(), 0u) << "a size each";
  personal("one", 80);
  EXPECT_EQ(made(), 1u);
  personal("two", 70);
  EXPECT_EQ(made(), 2u);
  EXPECT_EQ(used(), 0u);
  personal("two", 60);
  EXPECT_EQ(used(), 1u);
}

TEST(AskedSizes, KeepTheSourcesThatWereAskedForLast) {
  AskedSizes sizes;
  const auto key = [](int i) { return hash128(std::to_string(i)); };
  using Advice = AskedSizes::Advice;
  EXPECT_EQ(sizes.count(key(0), 0, {1, 1}), Advice::nothing);
  EXPECT_EQ(sizes.count(key(1), 0, {1, 1}), Advice::nothing);
  for (int i = 2; i <= 4096; ++i) {
    EXPECT_EQ(sizes.count(key(i), 0, {1, 1}), Advice::nothing);
    sizes.count(key(0), 0, {1, 1});
  }
  EXPECT_EQ(sizes.count(key(0), 0, {2, 2}), Advice::make_when_idle);
  EXPECT_EQ(sizes.count(key(1), 0, {2, 2}), Advice::nothing) << "forgotten for others";
}

TEST(AskedSizes, OneAtATimeMakesIt) {
  AskedSizes sizes;
  const Key128 key = hash128("x");
  using Advice = AskedSizes::Advice;
  using End = AskedSizes::End;
  EXPECT_FALSE(sizes.begin(key, 7));
  EXPECT_EQ(sizes.count(key, 7, {1, 1}), Advice::nothing);
  EXPECT_FALSE(sizes.begin(key, 7)) << "nobody was told to";
  EXPECT_EQ(sizes.count(key, 7, {2, 1}), Advice::make_when_idle);
  EXPECT_EQ(sizes.count(key, 7, {3, 1}), Advice::nothing);
  EXPECT_EQ(sizes.count(key, 7, {4, 1}), Advice::nothing);
  EXPECT_EQ(sizes.count(key, 7, {5, 1}), Advice::make_now) << "it waited too long";
  EXPECT_EQ(sizes.count(key, 7, {6, 1}), Advice::nothing);
  EXPECT_TRUE(sizes.begin(key, 7));
  EXPECT_FALSE(sizes.begin(key, 7));
  EXPECT_EQ(sizes.count(key, 7, {7, 1}), Advice::nothing);
  sizes.end(key, 7, End::not_now);
  EXPECT_EQ(sizes.count(key, 7, {8, 1}), Advice::make_now);
  EXPECT_EQ(sizes.count(key, 6, {9, 1}), Advice::nothing) << "from before the invalidation";
  EXPECT_EQ(sizes.count(key, 8, {9, 1}), Advice::nothing) << "another invalidation";
  EXPECT_FALSE(sizes.begin(key, 7));
  EXPECT_EQ(sizes.count(key, 8, {1, 1}), Advice::make_when_idle);
  EXPECT_TRUE(sizes.begin(key, 8));
  sizes.end(key, 8, End::impossible);
  for (int i = 10; i < 20; ++i) EXPECT_EQ(sizes.count(key, 8, {i, 1}), Advice::nothing);
}

}  // namespace
}  // namespace imcaxy::proxy
