#include "cache/disk_tier.hpp"

#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "cache/entry_file.hpp"

namespace imcaxy::cache {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const WallTime start_time{std::chrono::sys_days{std::chrono::January / 1 / 2026}};

Entry make_entry(int n, std::size_t bytes = 1000, const std::string& source = "http://example.com/a.jpg") {
  Entry entry;
  EntryMeta& meta = entry.meta;
  meta.key = hash128("entry " + std::to_string(n));
  meta.request_signature = "|/resize|" + source + "|width=" + std::to_string(n) + "|";
  meta.raw_request = "/imaginary/resize?width=" + std::to_string(n);
  meta.processor_type = "imaginary";
  meta.processor_endpoint = "/resize";
  meta.mime_type = "image/jpeg";
  meta.source_url = source;
  meta.processing_params = {{"width", {std::to_string(n)}}, {"odd", {"a", "b|c", "\xff"}}};
  meta.etag = "\"tag\"";
  meta.headers = {{"Vary", "Accept"}};
  meta.created = start_time;
  std::string body(bytes, 'x');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 + static_cast<std::size_t>(n));
  entry.body = Bytes::adopt(std::move(body));
  return entry;
}

class DiskTierTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder);
    fs::create_directories(folder);
    open();
  }
  void TearDown() override {
    close();
    fs::remove_all(folder);
  }

  void open(std::uint64_t max_bytes = 1 << 20) {
    auto opened_index = IndexStore::open(folder / "index.db");
    ASSERT_TRUE(opened_index) << opened_index.error().cause;
    index = std::move(*opened_index);
    auto opened = DiskTier::open({"results", folder / "results", max_bytes}, *index, clock);
    ASSERT_TRUE(opened) << opened.error().message;
    tier = std::move(*opened);
  }
  void close() {
    tier.reset();
    index.reset();
  }
  void reopen(std::uint64_t max_bytes = 1 << 20) {
    close();
    open(max_bytes);
  }
  void lose_index() {
    close();
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove((folder / "index.db").string() + suffix);
    open();
  }

  bool store(const Entry& entry) {
    auto staged = tier->stage(entry);
    if (!staged) return false;
    const bool ok = tier->commit(std::move(*staged)).has_value();
    tier->trim();
    return ok;
  }
  fs::path file_of(const Entry& entry) const {
    const std::string digits = entry.meta.key.hex();
    return folder / "results" / digits.substr(0, 1) / digits.substr(1, 2) / digits;
  }
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& file : fs::recursive_directory_iterator(folder / "results")) count += file.is_regular_file();
    return count;
  }

  // Of the process: several test programs may run at once.
  const fs::path folder = fs::temp_directory_path() / ("imcaxy-disk-" + std::to_string(::getpid()));
  ManualClock clock{start_time};
  std::unique_ptr<IndexStore> index;
  std::unique_ptr<DiskTier> tier;
};

TEST_F(DiskTierTest, GivesBackWhatWasStored) {
  const Entry entry = make_entry(1);
  EXPECT_FALSE(tier->read(entry.meta.key));
  ASSERT_TRUE(store(entry));
  EXPECT_TRUE(tier->contains(entry.meta.key));
  const auto read = tier->read(entry.meta.key);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->body.view(), entry.body.view());
  EntryMeta expected = entry.meta;
  expected.processing_params["odd"][2] = "\xef\xbf\xbd";  // what is not UTF-8 is replaced in the description
  EXPECT_EQ(read->meta, expected);
  tier->erase(entry.meta.key);
  EXPECT_FALSE(tier->read(entry.meta.key));
  EXPECT_EQ(files(), 0u);
}

TEST_F(DiskTierTest, TellsWhatItHasOfASourceWithoutReadingIt) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(store(make_entry(i, 1000, i < 3 ? "http://a/" : "http://b/")));
  const auto found = tier->find({{"http://a/"}, {}}, 10);
  ASSERT_EQ(found.size(), 3u);
  for (const EntryFileHead& head : found) {
    EXPECT_EQ(head.meta.source_url, "http://a/");
    EXPECT_EQ(head.body_bytes, 1000u);
  }
  EXPECT_EQ(tier->find({{"http://a/"}, {}}, 2).size(), 2u);
  EXPECT_TRUE(tier->find({{"http://c/"}, {}}, 10).empty());
}

TEST_F(DiskTierTest, KeepsEntriesOverARestart) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(store(make_entry(i)));
  reopen();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(tier->read(make_entry(i).meta.key)->body.view(), make_entry(i).body.view());
}

TEST_F(DiskTierTest, WhatIsNotCommittedIsNeverSeenAndLeavesNothing) {
  const Entry entry = make_entry(1);
  {
    auto staged = tier->stage(entry);
    ASSERT_TRUE(staged);
    EXPECT_FALSE(tier->contains(entry.meta.key));
    EXPECT_FALSE(tier->read(entry.meta.key));
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(DiskTierTest, ALostIndexIsMadeAgainFromTheFiles) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(store(make_entry(i, 1000, "http://example.com/" + std::to_string(i % 2))));
  lose_index();
  EXPECT_EQ(tier->stats().entries, 20u);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(tier->read(make_entry(i).meta.key)) << i;
  EXPECT_EQ(tier->purge({{"http://example.com/1"}, {}}).size(), 10u) << "the new index knows the sources";
}

TEST_F(DiskTierTest, ADamagedIndexIsMadeAgainFromTheFiles) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(store(make_entry(i)));
  close();
  std::ofstream(folder / "index.db", std::ios::trunc) << std::string(100'000, 'z');
  open();
  EXPECT_EQ(tier->stats().entries, 20u);
  EXPECT_TRUE(tier->read(make_entry(7).meta.key));
}

TEST_F(DiskTierTest, EveryDamageOfAFileIsNoticed) {
  const Entry entry = make_entry(1, 300);
  ASSERT_TRUE(store(entry));
  std::ifstream in(file_of(entry), std::ios::binary);
  const std::string good(std::istreambuf_iterator<char>(in), {});
  std::uint64_t damaged = 0;
  const auto check = [&](const std::string& bytes, const std::string& what) {
    ASSERT_TRUE(store(entry));
    std::ofstream(file_of(entry), std::ios::binary | std::ios::trunc) << bytes;
    EXPECT_FALSE(tier->read(entry.meta.key)) << what;
    EXPECT_EQ(tier->stats().damaged, ++damaged) << what;
    EXPECT_FALSE(tier->contains(entry.meta.key)) << "dropped, so that it is made again: " << what;
    EXPECT_FALSE(fs::exists(file_of(entry))) << what;
  };
  for (std::size_t i = 0; i < good.size(); i += 7) {
    if (i >= 12 && i < 16) continue;  // reserved bytes that nobody reads
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    check(bad, "bit at " + std::to_string(i));
  }
  check(good.substr(0, good.size() / 2), "half of it");
  check(good + "more", "longer");
  check("", "nothing");
}

TEST_F(DiskTierTest, DamagedFilesAreNotTakenOverWhenTheIndexIsLost) {
  ASSERT_TRUE(store(make_entry(1)));
  ASSERT_TRUE(store(make_entry(2)));
  std::ofstream(file_of(make_entry(1)), std::ios::trunc) << "no entry";
  fs::copy_file(file_of(make_entry(2)), folder / "results" / "0123456789abcdef0123456789abcdef");
  lose_index();
  EXPECT_FALSE(tier->contains(make_entry(1).meta.key));
  EXPECT_TRUE(tier->read(make_entry(2).meta.key));
  EXPECT_EQ(files(), 1u) << "what is no entry, or not in its place, is removed";
}

TEST_F(DiskTierTest, TheLeastRecentlyUsedLeaveWhenItIsFull) {
  reopen(10 * 4096);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(store(make_entry(i)));
  ASSERT_TRUE(tier->read(make_entry(0).meta.key));
  ASSERT_TRUE(store(make_entry(10)));
  EXPECT_TRUE(tier->contains(make_entry(0).meta.key)) << "it was used after the others";
  EXPECT_FALSE(tier->contains(make_entry(1).meta.key));
  EXPECT_EQ(tier->stats().entries, 10u);
  EXPECT_EQ(tier->stats().evictions, 1u);
  EXPECT_EQ(files(), 10u);
}

TEST_F(DiskTierTest, TheOrderOfUseSurvivesARestart) {
  reopen(10 * 4096);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(store(make_entry(i)));
  ASSERT_TRUE(tier->read(make_entry(0).meta.key));
  reopen(10 * 4096);
  ASSERT_TRUE(store(make_entry(10)));
  EXPECT_TRUE(tier->contains(make_entry(0).meta.key));
  EXPECT_FALSE(tier->contains(make_entry(1).meta.key));
}

TEST_F(DiskTierTest, WhatLiesThereAtTheStartCountsAndIsTrimmed) {
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(store(make_entry(i)));
  close();
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove((folder / "index.db").string() + suffix);
  open(10 * 4096);
  EXPECT_EQ(tier->stats().entries, 10u);
  EXPECT_LE(tier->stats().bytes, 10u * 4096);
  EXPECT_EQ(files(), 10u);
  EXPECT_TRUE(store(make_entry(100))) << "a full old folder never stops the caching";
  EXPECT_TRUE(tier->read(make_entry(100).meta.key));
}

TEST_F(DiskTierTest, NothingLargerThanItselfIsKept) {
  reopen(8192);
  EXPECT_FALSE(store(make_entry(1, 10000)));
  EXPECT_TRUE(store(make_entry(2, 3000)));
  reopen(0);
  EXPECT_FALSE(store(make_entry(3, 1)));
}

TEST_F(DiskTierTest, AnEntryWhoseTimeIsOverIsGone) {
  Entry entry = make_entry(1);
  entry.meta.expires = start_time + 10s;
  ASSERT_TRUE(store(entry));
  ASSERT_TRUE(store(make_entry(2)));
  clock.advance(9s);
  EXPECT_TRUE(tier->read(entry.meta.key));
  clock.advance(1s);
  EXPECT_FALSE(tier->read(entry.meta.key));
  ASSERT_TRUE(store(entry));
  tier->remove_expired();
  EXPECT_FALSE(tier->contains(entry.meta.key));
  ASSERT_TRUE(store(entry));
  reopen();
  EXPECT_FALSE(tier->contains(entry.meta.key)) << "at the start, too";
  EXPECT_EQ(files(), 1u);
}

TEST_F(DiskTierTest, AClockThatGoesBackwardsLosesNothing) {
  reopen(3 * 4096);
  Entry first = make_entry(1);
  first.meta.expires = start_time + 1h;
  ASSERT_TRUE(store(first));
  clock.set(start_time - 24h * 365);
  ASSERT_TRUE(store(make_entry(2)));
  EXPECT_TRUE(tier->read(first.meta.key));
  reopen(3 * 4096);
  ASSERT_TRUE(store(make_entry(3)));
  EXPECT_TRUE(tier->read(first.meta.key));
  ASSERT_TRUE(store(make_entry(4)));
  EXPECT_FALSE(tier->contains(make_entry(2).meta.key)) << "the order of use does not follow the clock";
}

TEST_F(DiskTierTest, PurgesBySourceAndByPrefix) {
  ASSERT_TRUE(store(make_entry(1, 100, "http://a.example/x/1.jpg")));
  ASSERT_TRUE(store(make_entry(2, 200, "http://a.example/x/1.jpg")));
  ASSERT_TRUE(store(make_entry(3, 300, "http://a.example/x/2.jpg")));
  ASSERT_TRUE(store(make_entry(4, 400, "http://a.example/y/3.jpg")));
  ASSERT_TRUE(store(make_entry(5, 500, "http://a.example/y\xff/3.jpg")));
  auto purged = tier->purge({{"http://a.example/x/1.jpg", "http://a.example/none.jpg"}, {}});
  ASSERT_EQ(purged.size(), 2u);
  EXPECT_EQ(purged[0].meta.source_url, "http://a.example/x/1.jpg");
  EXPECT_EQ(purged[0].body_bytes + purged[1].body_bytes, 300u);
  EXPECT_FALSE(tier->contains(make_entry(1).meta.key));
  EXPECT_TRUE(tier->contains(make_entry(3).meta.key));
  EXPECT_EQ(tier->purge({{}, {"http://a.example/x/"}}).size(), 1u);
  EXPECT_EQ(tier->purge({{}, {"http://a.example/"}}).size(), 2u);
  EXPECT_EQ(files(), 0u);
}

TEST_F(DiskTierTest, WhatCanNotBeWrittenIsCountedAndTheRestIsServed) {
  // A really full disk needs a file system of its own: tests/integration has one.
  for (int i = 0; i < 32; ++i) ASSERT_TRUE(store(make_entry(i)));
  const fs::path staging = folder / "results" / "staging";
  fs::remove_all(staging);
  EXPECT_FALSE(store(make_entry(100)));
  EXPECT_EQ(tier->stats().write_errors, 1u);
  EXPECT_TRUE(tier->read(make_entry(5).meta.key));
  fs::create_directories(staging);
  EXPECT_TRUE(store(make_entry(100))) << "it heals";
}

TEST_F(DiskTierTest, ManyThreadsAtOnce) {
  reopen(64 * 4096);
  std::vector<std::jthread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this, t, &wrong] {
      for (int i = 0; i < 100; ++i) {
        const int n = (i * 7 + t * 13) % 100;
        const Entry entry = make_entry(n, 500 + static_cast<std::size_t>(n));
        if (i % 3 == 0) {
          if (!store(entry)) ++wrong;
        } else if (i % 17 == 0) {
          tier->purge({{entry.meta.source_url}, {}});
        } else if (const auto read = tier->read(entry.meta.key); read && read->body.view() != entry.body.view()) {
          ++wrong;
        }
      }
    });
  threads.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(tier->stats().damaged, 0u);
  tier->trim();
  EXPECT_LE(tier->stats().bytes, 64u * 4096);
}

}  // namespace
}  // namespace imcaxy::cache
