// A whole proxy on a folder, an origin to ask, and clients on two event loops: the stage of the plays.
#pragma once

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <filesystem>
#include <future>
#include <thread>
#include <vips/vips8>

#include <gtest/gtest.h>

#include "cache/invalidation.hpp"
#include "image/library.hpp"
#include "proxy/service.hpp"
#include "support/origin.hpp"

namespace imcaxy::proxy {

/// What a client got.
struct Got {
  std::optional<Error> error;
  std::string body, mime_type, fallback_reason;
  Origin origin = Origin::produced;
  bool joined = false;
};

/// A PNG of one grey, so that versions of a picture can be told apart.
inline std::string png(int width, int height, int grey) {
  const vips::VImage image = vips::VImage::black(width, height).linear(1, grey).cast(VIPS_FORMAT_UCHAR);
  VipsBlob* blob = image.pngsave_buffer();
  std::size_t size = 0;
  const auto* data = static_cast<const char*>(vips_blob_get(blob, &size));
  std::string out(data, size);
  vips_area_unref(VIPS_AREA(blob));
  return out;
}

/// The grey of a picture that `png` made, or that was made from one.
inline int grey_of(const std::string& picture) {
  const vips::VImage image = vips::VImage::new_from_buffer(picture.data(), picture.size(), "");
  return static_cast<int>(image.getpoint(0, 0)[0] + 0.5);
}

class World : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(image::start()); }

  void SetUp() override {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    for (Loop& loop : loops) loop.thread = std::jthread([&loop] { loop.io.run(); });
    open();
  }
  void TearDown() override {
    close();
    for (Loop& loop : loops) loop.guard.reset();
    for (Loop& loop : loops) loop.thread.join();
    std::filesystem::remove_all(folder);
  }

  /// Everything that a process has; closed and opened again it is a restart.
  struct Process {
    Process(World& w)
        : index(*cache::IndexStore::open(w.folder / "index.db")),
          records(*cache::InvalidationStore::open(w.folder / "invalidations.db")),
          results(*cache::DiskTier::open({"results", w.folder / "results", w.disk_bytes}, *index, w.clock)),
          originals_tier(*cache::DiskTier::open({"originals", w.folder / "originals", w.disk_bytes}, *index, w.clock)),
          memory(w.memory_bytes, w.clock),
          originals({.negative_ttl = w.options.negative_ttl, .freshness = w.freshness()}, fetcher, nullptr,
                    *originals_tier, epochs, disk_pool, w.clock),
          mezzanine(w.mezzanine, originals, *originals_tier, epochs, cpu_pool, disk_pool),
          optimiser(w.optimiser,
                    {memory, *results, epochs, originals, cpu_pool, nullptr,
                     [](const cache::EntryMeta&) { return Bytes(); }, w.clock},
                    w.search),
          service(
              w.options, memory, *results, epochs, originals, mezzanine, cpu_pool, disk_pool, nullptr,
              [](const cache::EntryMeta&) { return Bytes(); }, w.clock),
          purger(epochs, {originals_tier.get(), results.get(), &memory}),
          invalidations(*records, purger, nullptr, w.clock) {
      service.set_optimiser(&optimiser);
    }

    std::unique_ptr<cache::IndexStore> index;
    std::unique_ptr<cache::InvalidationStore> records;
    std::unique_ptr<cache::DiskTier> results, originals_tier;
    cache::MemoryTier memory;
    cache::Epochs epochs;
    http::Client client{{.addresses = *AddressPolicy::parse("true")}};
    source::Fetcher fetcher{client, {.max_bytes = 1 << 20, .timeout = std::chrono::seconds(10)}};
    WorkerPool cpu_pool{"cpu", 2, 1000}, disk_pool{"disk", 2, 1000};
    Originals originals;
    Mezzanine mezzanine;
    Optimiser optimiser;
    Service service;
    cache::Purger purger;
    cache::InvalidationService invalidations;
  };

  void open() { process = std::make_unique<Process>(*this); }
  void close() {
    settle();
    process.reset();
  }
  void restart() {
    close();
    open();
  }

  /// Waits until everything that was started is stored.
  void settle() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!(process->service.idle() && process->originals.idle() && process->mezzanine.idle())) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "productions that never end";
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  static RequestReader reader() { return RequestReader({.quality_targets = processor::imaginary::QualityTargets{}}); }
  static ImageRequestPtr request(const std::string& operation, const std::string& query) {
    const std::string target = "/imaginary/" + operation + "?" + query;
    auto read = reader().read({target, operation, std::string_view(target).substr(operation.size() + 12), ""});
    EXPECT_TRUE(read) << read.error().message;
    return *read;
  }
  ImageRequestPtr resize(const std::string& path, int width) {
    return request("resize", "width=" + std::to_string(width) + "&url=" + origin.url(path));
  }

  std::future<Got> start(ImageRequestPtr wanted) {
    Loop& loop = loops[next_loop++ % loops.size()];
    return boost::asio::co_spawn(loop.io, get(std::move(wanted)), boost::asio::use_future);
  }
  Got ask(ImageRequestPtr wanted) { return start(std::move(wanted)).get(); }

  void invalidate(const std::string& path) {
    const auto model = process->invalidations.invalidate({"project", "commit", {origin.url(path)}, {}});
    ASSERT_TRUE(model);
    EXPECT_FALSE(model->error);
  }

  Task<Got> get(ImageRequestPtr wanted) {
    Got got;
    if (const auto hit = process->service.find_in_memory(*wanted)) {
      got.body = hit->entry->body.view();
      got.mime_type = hit->entry->meta.mime_type;
      got.origin = Origin::memory;
      co_return got;
    }
    auto served = co_await process->service.serve(std::move(wanted));
    if (!served) {
      got.error = served.error();
      co_return got;
    }
    got.mime_type = served->head->meta->mime_type;
    got.origin = served->head->origin;
    got.joined = served->joined;
    got.fallback_reason = served->head->fallback_reason;
    for (;;) {
      const auto chunk = co_await served->reader.next(std::chrono::seconds(10));
      if (!chunk) got.error = chunk.error();
      if (!chunk || chunk->empty()) break;
      got.body += chunk->view();
    }
    co_return got;
  }

  struct Loop {
    boost::asio::io_context io{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{io.get_executor()};
    std::jthread thread;
  };

  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("imcaxy-proxy-" + std::to_string(::getpid()));
  const WallTime start_time{std::chrono::sys_days{std::chrono::January / 1 / 2026}};
  ManualClock clock{start_time};
  source::FreshnessRules freshness() const {
    return *source::FreshnessRules::parse(rules, {options.ttl, while_revalidate, if_error});
  }

  std::vector<std::string> rules;
  std::chrono::seconds while_revalidate{0}, if_error{0};
  ServiceOptions options{.request_timeout = std::chrono::seconds(10)};
  MezzanineOptions mezzanine;
  OptimiserOptions optimiser{.enabled = false, .quiet = std::chrono::milliseconds(20)};
  Optimiser::Search search = [](const image::Master& master, const Bytes& now, const image::Limits& limits,
                                const refinery::Ask&) { return image::refine(master, now, limits); };
  std::uint64_t memory_bytes = 8 << 20, disk_bytes = 8 << 20;
  test::Origin origin;
  std::array<Loop, 2> loops;
  std::size_t next_loop = 0;
  std::unique_ptr<Process> process;
};

}  // namespace imcaxy::proxy
