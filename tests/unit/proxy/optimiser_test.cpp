// Plays about answers that give way to smaller ones: which, when, in which order, and when they must not.
#include "proxy/optimiser.hpp"

#include <condition_variable>
#include <mutex>

#include "image/likeness.hpp"
#include "world.hpp"

namespace imcaxy::proxy {
namespace {

using namespace std::chrono_literals;

/// Something like a photograph: soft shapes, and grain.
std::string photograph(int seed) {
  using vips::VImage;
  const auto noise = [&](double mean, double sigma) {
    return VImage::gaussnoise(320, 240, VImage::option()->set("mean", mean)->set("sigma", sigma)->set("seed", seed));
  };
  const VImage grey = noise(128, 400).gaussblur(5) + noise(0, 5);
  std::vector<VImage> bands{grey, grey * 0.8 + 10, grey * 0.6 + 40};
  const VImage image = VImage::bandjoin(bands)
                           .cast(VIPS_FORMAT_UCHAR)
                           .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
  VipsBlob* blob = image.pngsave_buffer();
  std::size_t size = 0;
  const auto* data = static_cast<const char*>(vips_blob_get(blob, &size));
  std::string out(data, size);
  vips_area_unref(VIPS_AREA(blob));
  return out;
}

/// A JPEG whose pixels take more than two megabytes without loss.
std::string large_picture(int seed) {
  using vips::VImage;
  std::vector<VImage> bands;
  for (int band = 0; band < 3; ++band)
    bands.push_back(VImage::gaussnoise(
        1400, 1000, VImage::option()->set("mean", 128)->set("sigma", 15)->set("seed", 3 * seed + band)));
  const VImage image = VImage::bandjoin(bands)
                           .cast(VIPS_FORMAT_UCHAR)
                           .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
  VipsBlob* blob = image.jpegsave_buffer(VImage::option()->set("Q", 75));
  std::size_t size = 0;
  const auto* data = static_cast<const char*>(vips_blob_get(blob, &size));
  std::string out(data, size);
  vips_area_unref(VIPS_AREA(blob));
  return out;
}

class OptimiserPlay : public World {
 protected:
  void SetUp() override {
    optimiser.enabled = true;
    World::SetUp();
    for (const char* path : {"/a", "/b", "/c"}) origin.answer(path, {.body = photograph(path[1])});
  }
  void TearDown() override {
    let_searches_go();
    World::TearDown();
  }

  /// Searches wait from now on; they do not look at what they are told.
  void hold_searches() {
    held = true;
    search = [this](const image::Master& master, const Bytes& now, const image::Limits& limits, const refinery::Ask&) {
      std::unique_lock lock(mutex);
      ++begun;
      changed.notify_all();
      changed.wait(lock, [this] { return !held; });
      lock.unlock();
      return image::refine(master, now, limits);
    };
    restart();
  }
  void let_searches_go() {
    std::lock_guard lock(mutex);
    held = false;
    changed.notify_all();
  }
  void wait_for_a_search() {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, 20s, [this] { return begun > 0; }));
  }

  ImageRequestPtr small(const std::string& path, const std::string& more = "&type=jpeg") {
    return request("resize", "width=160" + more + "&url=" + origin.url(path));
  }
  void wait_until_optimised() {
    settle();
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!process->optimiser.idle()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "a search that never ends";
      std::this_thread::sleep_for(2ms);
    }
  }
  cache::EntryPtr in_memory(const ImageRequestPtr& wanted) {
    const auto item = process->memory.peek(wanted->key).item;
    return item ? item->entry : nullptr;
  }
  const OptimiserStats& stats() const { return process->optimiser.stats(); }
  std::uint64_t searches() const {
    return stats().replaced + stats().nothing_smaller + stats().failed + stats().overtaken;
  }

  std::mutex mutex;
  std::condition_variable changed;
  bool held = false;
  int begun = 0;
};
#define PLAY(name) TEST_F(OptimiserPlay, name)

PLAY(AnAnswerGivesWayToASmallerOneThatLooksAsItShould) {
  const ImageRequestPtr wanted = small("/a");
  const Got first = ask(wanted);
  ASSERT_FALSE(first.error);
  wait_until_optimised();
  EXPECT_EQ(stats().replaced, 1u);
  const Got hit = ask(wanted);
  EXPECT_EQ(hit.origin, Origin::memory);
  EXPECT_EQ(hit.mime_type, first.mime_type);
  const Got lossless = ask(small("/a", "&type=png"));
  const double score = *image::likeness(Bytes::copy(lossless.body), Bytes::copy(hit.body), {});
  EXPECT_GE(score, 75);
  EXPECT_LE(score, 77.5);
  const bool reached = *image::likeness(Bytes::copy(lossless.body), Bytes::copy(first.body), {}) >= 72.5;
  EXPECT_TRUE(!reached || hit.body.size() < first.body.size());
  EXPECT_EQ(stats().bytes_before, first.body.size());
  EXPECT_EQ(stats().bytes_after, hit.body.size());
  const cache::EntryPtr entry = in_memory(wanted);
  EXPECT_EQ(entry->meta.etag, '"' + hash128(hit.body).hex() + '"');
  EXPECT_EQ(entry->meta.effort, image::refine_effort);

  restart();
  const Got from_disk = ask(wanted);
  EXPECT_EQ(from_disk.origin, Origin::disk);
  EXPECT_EQ(from_disk.body, hit.body);
  wait_until_optimised();
  EXPECT_EQ(searches(), 0u) << "what is done is done";
  EXPECT_EQ(origin.requests("/a"), 1u);
}

PLAY(WhatNamesItsQualityOrIsNoLossyPictureStays) {
  std::map<std::string, std::string> bodies;
  const std::vector<ImageRequestPtr> all{
      small("/a", "&type=jpeg&quality=80"), small("/a", "&type=tiff"), small("/a", "&type=webp&quality=1"),
      request("info", "url=" + origin.url("/a")), small("/a", "&type=jpeg&placeholder=lqip")};
  for (const auto& wanted : all) {
    const Got got = ask(wanted);
    ASSERT_FALSE(got.error) << got.error->message;
    bodies[wanted->raw_request] = got.body;
  }
  wait_until_optimised();
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(searches() + stats().not_searchable + stats().no_original, 0u);
  for (const auto& wanted : all) EXPECT_EQ(ask(wanted).body, bodies[wanted->raw_request]);
}

PLAY(UploadsStay) {
  const auto upload = reader().read_upload(
      {"/imaginary/resize?width=160&type=jpeg", "resize", "width=160&type=jpeg", ""}, "image/png", photograph(1));
  ASSERT_TRUE(upload);
  ASSERT_FALSE(ask(*upload).error);
  wait_until_optimised();
  EXPECT_EQ(searches(), 0u);
}

PLAY(AnInvalidationDuringTheSearchWins) {
  hold_searches();
  const ImageRequestPtr wanted = small("/a");
  ASSERT_FALSE(ask(wanted).error);
  wait_for_a_search();
  origin.answer("/a", {.body = photograph(99)});
  invalidate("/a");
  let_searches_go();
  wait_until_optimised();
  EXPECT_EQ(stats().overtaken, 1u);
  EXPECT_EQ(stats().replaced, 0u);
  EXPECT_FALSE(in_memory(wanted));
  const Got now = ask(wanted);
  EXPECT_EQ(now.origin, Origin::produced) << "neither memory nor disk has the old one";
}

PLAY(WhatWasReplacedDuringTheSearchStays) {
  hold_searches();
  const ImageRequestPtr wanted = small("/a");
  const Got first = ask(wanted);
  wait_for_a_search();
  auto other = std::make_shared<cache::MemoryItem>();
  auto entry = std::make_shared<cache::Entry>(*in_memory(wanted));
  entry->body = Bytes::copy("made anew of a source that changed");
  other->entry = entry;
  process->memory.put(other);
  let_searches_go();
  wait_until_optimised();
  EXPECT_EQ(ask(wanted).body, "made anew of a source that changed");
  EXPECT_EQ(stats().overtaken, 1u);
  process->memory.clear();
  EXPECT_EQ(ask(wanted).body, first.body) << "nor is it on disk";
}

PLAY(WhatIsAskedForMostComesFirst) {
  std::vector<std::string> order;
  search = [this, &order](const image::Master&, const Bytes& now, const image::Limits&,
                          const refinery::Ask&) -> Result<image::Refinement> {
    std::unique_lock lock(mutex);
    order.emplace_back(now.view());
    ++begun;
    changed.notify_all();
    changed.wait(lock, [this] { return !held; });
    return image::Refinement{75, {}};
  };
  held = true;
  restart();
  ask(small("/a"));
  wait_for_a_search();
  const Got b = ask(small("/b")), c = ask(small("/c"));
  for (int i = 0; i < 20; ++i) ask(small("/c"));
  settle();
  let_searches_go();
  wait_until_optimised();
  ASSERT_EQ(order.size(), 3u);
  EXPECT_EQ(order[1], c.body);
  EXPECT_EQ(order[2], b.body);
  EXPECT_EQ(stats().nothing_smaller, 3u);
}

PLAY(ARestartGoesOnWithWhatWasNotDone) {
  ask(small("/a"));
  wait_until_optimised();
  ASSERT_EQ(stats().replaced, 1u);
  hold_searches();
  ask(small("/b"));
  wait_for_a_search();
  let_searches_go();
  restart();  // in the middle of it
  for (const char* path : {"/a", "/b"}) EXPECT_EQ(ask(small(path)).origin, Origin::disk);
  wait_until_optimised();
  EXPECT_LE(searches(), 1u) << "the first is done, and the second may have been done while the process ended";
  EXPECT_EQ(in_memory(small("/b"))->meta.effort, image::refine_effort);
}

PLAY(ItBeginsWhenNobodyWaitsForAPicture) {
  std::promise<void> end;
  std::shared_future<void> ended = end.get_future().share();
  ask(small("/b"));
  wait_until_optimised();
  process->cpu_pool.submit([ended] { ended.wait(); });
  ask(small("/a"));
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(searches(), 1u) << "a core works";
  end.set_value();
  wait_until_optimised();
  EXPECT_EQ(searches(), 2u);
}

PLAY(TheSearchIsToldToStandStillWhileCoresWork) {
  using refinery::Say;
  search = [](const image::Master&, const Bytes&, const image::Limits&,
              const refinery::Ask& say) -> Result<image::Refinement> {
    const auto wait_for = [&](Say what) {
      for (int i = 0; i < 5000 && say() != what; ++i) std::this_thread::sleep_for(1ms);
      return say() == what;
    };
    const bool seen = wait_for(Say::stand_still) && wait_for(Say::go_on);
    if (!seen) return fail(503, "it was told nothing");
    return image::Refinement{75, {}};
  };
  restart();
  ask(small("/a"));
  settle();
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (stats().running == 0 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
  std::promise<void> begins, ends;
  process->cpu_pool.submit([&, ended = ends.get_future()] {
    begins.set_value();
    ended.wait();
  });
  begins.get_future().wait();
  std::this_thread::sleep_for(100ms);
  ends.set_value();
  wait_until_optimised();
  EXPECT_EQ(stats().nothing_smaller, 1u);
  EXPECT_EQ(stats().failed, 0u);
}

PLAY(OfLargePicturesOneIsSearchedForAtATimeBesideSmallOnes) {
  int large = 0, most_large = 0;
  bool small_beside_large = false;
  search = [&](const image::Master& master, const Bytes&, const image::Limits&,
               const refinery::Ask&) -> Result<image::Refinement> {
    const bool is_large = master.picture.size() > 2u << 20;
    std::unique_lock lock(mutex);
    if (!is_large) {
      small_beside_large |= changed.wait_for(lock, 20s, [&] { return large > 0; });
      changed.notify_all();
      return image::Refinement{75, {}};
    }
    most_large = std::max(most_large, ++large);
    changed.notify_all();
    changed.wait_for(lock, 20s, [&] { return small_beside_large; });
    changed.wait_for(lock, 300ms, [&] { return large > 1; });  // so long another one could begin
    --large;
    return image::Refinement{75, {}};
  };
  optimiser.searches = 3;
  memory_bytes = 64 << 20;
  disk_bytes = 64 << 20;
  restart();
  origin.answer("/large1", {.body = large_picture(1)});
  origin.answer("/large2", {.body = large_picture(2)});
  for (const char* path : {"/large1", "/large2"}) {
    const Got got = ask(request("resize", "width=1300&type=jpeg&url=" + origin.url(path)));
    ASSERT_FALSE(got.error) << got.error->message;
  }
  ask(small("/a"));
  wait_until_optimised();
  EXPECT_EQ(searches(), 3u);
  EXPECT_TRUE(small_beside_large);
  EXPECT_EQ(most_large, 1);
}

PLAY(WithoutItsOriginalNothingIsSearched) {
  hold_searches();
  std::promise<void> end;
  std::shared_future<void> ended = end.get_future().share();
  process->cpu_pool.submit([ended] { ended.wait(); });
  ask(small("/a"));
  settle();
  process->originals_tier->purge({{origin.url("/a")}, {}});
  end.set_value();
  wait_until_optimised();
  EXPECT_EQ(stats().no_original, 1u);
  EXPECT_EQ(origin.requests("/a"), 1u) << "no source is asked for it";
}

PLAY(SwitchedOffItDoesNothing) {
  optimiser.enabled = false;
  restart();
  const Got first = ask(small("/a"));
  wait_until_optimised();
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(ask(small("/a")).body, first.body);
  EXPECT_EQ(process->optimiser.waiting(), 0u);
  EXPECT_EQ(searches(), 0u);
}

PLAY(TimesStayAsTheyAre) {
  options.ttl = 1h;
  restart();
  const ImageRequestPtr wanted = small("/a");
  ask(wanted);
  const cache::EntryMeta before = in_memory(wanted)->meta;
  ASSERT_TRUE(before.fresh);
  wait_until_optimised();
  const cache::EntryMeta after = in_memory(wanted)->meta;
  EXPECT_EQ(after.effort, image::refine_effort);
  EXPECT_EQ(after.fresh, before.fresh);
  EXPECT_EQ(after.expires, before.expires);
  EXPECT_EQ(after.created, before.created);
  EXPECT_EQ(after.source_hash, before.source_hash);
}

}  // namespace
}  // namespace imcaxy::proxy
