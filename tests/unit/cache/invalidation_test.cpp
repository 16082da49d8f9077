#include "cache/invalidation.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cache/memory_tier.hpp"

namespace imcaxy::cache {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using testing::ElementsAre;

const WallTime start_time{std::chrono::sys_days{std::chrono::January / 2 / 2026}};

class InvalidationTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove(path);
    open();
  }
  void TearDown() override {
    store.reset();
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path.string() + suffix);
  }
  void open() {
    store.reset();
    auto opened = InvalidationStore::open(path);
    ASSERT_TRUE(opened) << opened.error().cause;
    store = std::move(*opened);
  }
  InvalidationModel invalidate(const InvalidationRequest& request) {
    Purger purger(epochs, {&memory});
    InvalidationService service(*store, purger, nullptr, clock);
    auto model = service.invalidate(request);
    EXPECT_TRUE(model);
    return model.value_or(InvalidationModel{});
  }
  void put(int n, const std::string& source, std::string_view type = "imaginary") {
    auto entry = std::make_shared<Entry>();
    entry->meta.key = hash128(std::to_string(n));
    entry->meta.source_url = source;
    entry->meta.processor_type = type;
    entry->meta.processing_params = {{"width", {"100"}}};
    entry->body = Bytes::adopt(std::string(123, 'x'));
    auto item = std::make_shared<MemoryItem>();
    item->entry = entry;
    memory.put(item);
  }

  const fs::path path = fs::temp_directory_path() / ("imcaxy-invalidations-" + std::to_string(::getpid()) + ".db");
  std::unique_ptr<InvalidationStore> store;
  Epochs epochs;
  MemoryTier memory{1 << 20};
  ManualClock clock{start_time};
};

TEST_F(InvalidationTest, TellsTheHistoryOfEachProject) {
  EXPECT_TRUE(store->projects(10)->empty());
  invalidate({"shop", "one", {"http://a/1"}, {}});
  invalidate({"blog", "two", {"http://a/2"}, {}});
  clock.advance(std::chrono::seconds(5));
  invalidate({"shop", "three", {"no address"}, {}});
  const auto projects = *store->projects(10);
  ASSERT_EQ(projects.size(), 2u);
  EXPECT_EQ(projects[0].name, "shop") << "the one that did so last is the first";
  EXPECT_EQ(projects[0].kept, 2);
  EXPECT_EQ(projects[0].latest, start_time + std::chrono::seconds(5));
  EXPECT_EQ(store->projects(1)->size(), 1u);
  const auto history = *store->history("shop");
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].commit_hash, "three");
  EXPECT_TRUE(history[0].error);
  EXPECT_EQ(history[1].commit_hash, "one");
  EXPECT_TRUE(store->history("nobody's")->empty());
}

TEST_F(InvalidationTest, RemovesWhatComesFromTheUrlsAndTellsIt) {
  put(1, "http://example.com/a.jpg");
  put(2, "http://example.com/b.jpg");
  put(3, "http://example.com/a.jpg", original_type);
  const auto model = invalidate({"shop", "abc123", {"HTTP://Example.com:80/x/../a.jpg#top"}, {}});
  EXPECT_EQ(memory.stats().entries, 1u);
  EXPECT_EQ(
      ordered_json::parse(model.to_json()),
      ordered_json::parse(R"({"projectName":"shop","commitHash":"abc123","invalidationDate":"2026-01-02T00:00:00.000Z",
              "requestedInvalidations":["HTTP://Example.com:80/x/../a.jpg#top"],"doneInvalidations":["HTTP://Example.com:80/x/../a.jpg#top"],
              "invalidatedImages":[{"rawRequest":"","requestSignature":"","processorType":"imaginary","processorEndpoint":"","mimeType":"",
              "imageSize":123,"sourceImageURL":"http://example.com/a.jpg","processingParams":{"width":["100"]}}],"invalidationError":null})"));
}

TEST_F(InvalidationTest, AdvancesTheEpochsBeforeItRemoves) {
  const std::string url = "http://example.com/a.jpg";
  const auto before = epochs.current(url);
  invalidate({"shop", "abc", {url}, {}});
  EXPECT_FALSE(epochs.commit_if_current(url, before, [] { FAIL() << "made before, committed after"; }));
  const auto other = epochs.current("http://elsewhere.example/z.png");
  invalidate({"shop", "abd", {}, {"http://example.com/"}});
  EXPECT_NE(epochs.current("http://elsewhere.example/z.png"), other) << "a prefix can't tell which stripes it concerns";
}

TEST_F(InvalidationTest, AWrongUrlIsToldAndTheOthersAreDone) {
  put(1, "http://example.com/a.jpg");
  const auto model = invalidate({"shop", "abc", {"nonsense", "http://example.com/a.jpg"}, {""}});
  EXPECT_TRUE(model.error.has_value());
  EXPECT_THAT(model.done, ElementsAre("http://example.com/a.jpg"));
  EXPECT_THAT(model.requested, ElementsAre("nonsense", "http://example.com/a.jpg", ""));
  EXPECT_EQ(memory.stats().entries, 0u);
  EXPECT_TRUE(store->latest("shop").value()->error.has_value()) << "recorded, too";
}

TEST_F(InvalidationTest, TheLastOfAProjectIsKeptOverARestart) {
  invalidate({"shop", "first", {"http://example.com/a.jpg"}, {}});
  invalidate({"other", "theirs", {"http://example.com/a.jpg"}, {}});
  put(1, "http://example.com/b.jpg");
  clock.set(start_time - std::chrono::hours(24));  // a clock that went back does not make it older
  const auto last = invalidate({"shop", "second", {"http://example.com/b.jpg"}, {}});
  open();
  const auto found = store->latest("shop");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->commit_hash, "second");
  EXPECT_EQ((*found)->to_json(), last.to_json());
  EXPECT_EQ((*store->latest("other"))->commit_hash, "theirs");
  EXPECT_FALSE(*store->latest("unknown"));
}

TEST_F(InvalidationTest, ThousandsOfRecordsDoNotGather) {
  for (int i = 0; i < 60; ++i) invalidate({"shop", std::to_string(i), {"http://example.com/a.jpg"}, {}});
  EXPECT_EQ((*store->latest("shop"))->commit_hash, "59");
}

TEST_F(InvalidationTest, ADamagedFileIsMovedAsideAndBegunAnew) {
  invalidate({"shop", "first", {"http://example.com/a.jpg"}, {}});
  store.reset();
  std::ofstream(path, std::ios::trunc) << std::string(50'000, 'z');
  open();
  EXPECT_FALSE(*store->latest("shop"));
  invalidate({"shop", "second", {"http://example.com/a.jpg"}, {}});
  EXPECT_EQ((*store->latest("shop"))->commit_hash, "second");
  EXPECT_TRUE(fs::remove(path.string() + ".damaged"));
}

TEST_F(InvalidationTest, AnUnknownProjectHasTheEmptyForm) {
  EXPECT_EQ(
      InvalidationModel::empty_json("x"),
      R"({"projectName":"x","commitHash":"","invalidationDate":"1970-01-01T00:00:00.000Z","requestedInvalidations":[],)"
      R"("doneInvalidations":[],"invalidatedImages":[],"invalidationError":null})");
}

TEST_F(InvalidationTest, ADamagedRecordIsNoRecord) {
  EXPECT_FALSE(InvalidationModel::from_json("{}"));
  EXPECT_FALSE(InvalidationModel::from_json("nonsense"));
}

/// A place in which something happens while it is emptied.
class Place final : public Purgeable {
 public:
  explicit Place(std::function<void()> during) : during_(std::move(during)) {}
  std::vector<Purged> purge(const UrlSet&) override {
    during_();
    return {};
  }

 private:
  std::function<void()> during_;
};

TEST_F(InvalidationTest, WhatIsMadeOfAPlaceBeforeItIsEmptyComesInNowhere) {
  const std::string url = "http://a.example/1.png";
  Epochs::Epoch since = 0;
  Place lower([&] { since = epochs.current(url); });  // somebody reads what is still there
  Place upper([&] { EXPECT_FALSE(epochs.commit_if_current(url, since, [] {})) << "and would put it here"; });
  Purger purger(epochs, {&lower, &upper});
  InvalidationService service(*store, purger, nullptr, clock);
  ASSERT_TRUE(service.invalidate({"p", "c", {url}, {}}));
  ASSERT_TRUE(service.invalidate({"p", "c", {}, {"http://a.example/"}}));
}

}  // namespace
}  // namespace imcaxy::cache
