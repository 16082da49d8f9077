#include <atomic>
#include <future>
#include <mutex>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/worker_pool.hpp"

namespace imcaxy {
namespace {

TEST(Hash, KnownValues) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash128("").hex(), "99aa06d3014798d86001c324468d497f");  // XXH3's published vector of the empty input
  EXPECT_EQ(base64url("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(base64url("a"), "YQ");
}

TEST(Hash, KeysRoundTripAsHex) {
  const Key128 key = hash128("x");
  EXPECT_EQ(Key128::from_hex(key.hex()), key);
  EXPECT_FALSE(Key128::from_hex("12"));
  EXPECT_FALSE(Key128::from_hex(std::string(32, 'G')));
  EXPECT_FALSE(Key128::from_hex(std::string(31, '0') + "-"));
}

TEST(Hash, InPartsAsInOne) {
  Hasher128 hasher;
  hasher.update("one ");
  hasher.update("two");
  EXPECT_EQ(hasher.digest(), hash128("one two"));
}

TEST(Hash, ConstantTimeComparison) {
  EXPECT_TRUE(equal_constant_time("secret", "secret"));
  EXPECT_FALSE(equal_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_constant_time("secret", "secret "));
}

TEST(JsonEscape, IsValidForAnyBytes) {
  EXPECT_EQ(json_escape("a\"b\\c\n\xC3\xA4\xE2\x82\xAC"), "a\\\"b\\\\c\\u000a\xC3\xA4\xE2\x82\xAC");
  EXPECT_EQ(json_escape("\xff\xC3"), "\\ufffd\\ufffd");
  EXPECT_EQ(json_escape("\xED\xA0\x80"), "\\ufffd\\ufffd\\ufffd") << "a surrogate is no character";
  EXPECT_EQ(json_escape("\xC0\x80"), "\\ufffd\\ufffd") << "an overlong form is no character";
}

TEST(WorkerPool, RefusesBeyondItsBoundAndDropsWhatIsQueuedWhenItStops) {
  std::promise<void> gate, started;
  std::atomic<int> ran = 0, dropped = 0;
  struct Told {  // counts when it goes without having run
    std::atomic<int>* count;
    explicit Told(std::atomic<int>& c) : count(&c) {}
    Told(Told&& other) noexcept : count(std::exchange(other.count, nullptr)) {}
    ~Told() {
      if (count) ++*count;
    }
  };
  const auto task = [&] { return [&ran, told = Told(dropped)]() mutable { ++ran, told.count = nullptr; }; };
  WorkerPool pool("test", 1, 2);
  ASSERT_TRUE(pool.submit([&] {
    started.set_value();
    gate.get_future().wait();
    ++ran;
  }));
  started.get_future().wait();
  EXPECT_EQ(pool.running(), 1u);
  EXPECT_TRUE(pool.submit(task()));
  EXPECT_TRUE(pool.submit(task()));
  EXPECT_FALSE(pool.submit(task()));
  EXPECT_EQ(dropped, 1) << "what is refused is dropped at once";
  EXPECT_EQ(pool.queued(), 2u);
  std::jthread stopper([&] { pool.stop(); });
  while (dropped < 3) std::this_thread::yield();
  EXPECT_EQ(ran, 0) << "what runs is still running";
  gate.set_value();
  stopper.join();
  EXPECT_EQ(ran, 1) << "and was finished";
  EXPECT_FALSE(pool.submit(task()));
}

TEST(WorkerPool, RunsEverythingItTook) {
  std::atomic<int> ran = 0;
  WorkerPool pool("test", 3, 1000);
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.submit([&] { ++ran; }));
  while (ran < 500) std::this_thread::yield();
  EXPECT_EQ(pool.queued(), 0u);
}

/// A task that runs until it is let go.
class Held {
 public:
  std::move_only_function<void()> task() {
    return [this] {
      started_.set_value();
      gate_.get_future().wait();
    };
  }
  void wait_until_started() { started_.get_future().wait(); }
  void let_go() { gate_.set_value(); }

 private:
  std::promise<void> started_, gate_;
};

TEST(WorkerPool, RunsWhatCanWaitOnlyWhenNothingElseWaits) {
  std::mutex mutex;
  std::string order;
  const auto note = [&](char name) { return [&, name] { (std::lock_guard(mutex), order += name); }; };
  Held held;
  WorkerPool pool("test", 1, 10);
  ASSERT_TRUE(pool.submit(held.task()));
  held.wait_until_started();
  EXPECT_TRUE(pool.submit_when_idle(note('i')));
  EXPECT_TRUE(pool.submit(note('a')));
  EXPECT_TRUE(pool.submit(note('b')));
  EXPECT_EQ(pool.queued(), 2u);
  held.let_go();
  for (std::size_t done = 0; done < 3;) {
    std::this_thread::yield();
    std::lock_guard lock(mutex);
    done = order.size();
  }
  EXPECT_EQ(order, "abi");
}

TEST(WorkerPool, LeavesAThreadToWhatComesNext) {
  Held first, second;
  std::atomic<bool> ran = false, third = false;
  WorkerPool pool("test", 4, 10);
  ASSERT_TRUE(pool.submit_when_idle(first.task()));
  ASSERT_TRUE(pool.submit_when_idle(second.task()));
  ASSERT_TRUE(pool.submit_when_idle([&] { third = true; }));
  first.wait_until_started();
  second.wait_until_started();
  ASSERT_TRUE(pool.submit([&] { ran = true; }));
  while (!ran) std::this_thread::yield();
  EXPECT_FALSE(third) << "half of the threads are enough";
  first.let_go();
  while (!third) std::this_thread::yield();
  second.let_go();
}

TEST(WorkerPool, IsCrowdedWhenWhatSomebodyWaitsForTakesItsHalf) {
  Held idle, first, second;
  WorkerPool pool("test", 4, 10);
  EXPECT_FALSE(pool.crowded());
  ASSERT_TRUE(pool.submit_when_idle(idle.task()));
  idle.wait_until_started();
  ASSERT_TRUE(pool.submit(first.task()));
  first.wait_until_started();
  EXPECT_FALSE(pool.crowded()) << "two threads have nothing to do";
  ASSERT_TRUE(pool.submit(second.task()));
  EXPECT_TRUE(pool.crowded());
  second.wait_until_started();
  EXPECT_TRUE(pool.crowded());
  first.let_go();
  while (pool.crowded()) std::this_thread::yield();
  for (Held* held : {&idle, &second}) held->let_go();
}

TEST(WorkerPool, BoundsWhatWaitsForAnIdleMomentAndDropsItWhenItStops) {
  Held held;
  std::atomic<int> ran = 0;
  WorkerPool pool("test", 1, 1 << 20);
  ASSERT_TRUE(pool.submit(held.task()));
  held.wait_until_started();
  for (std::size_t i = 0; i < WorkerPool::max_idle_queued; ++i) EXPECT_TRUE(pool.submit_when_idle([&] { ++ran; }));
  EXPECT_FALSE(pool.submit_when_idle([&] { ++ran; }));
  EXPECT_EQ(pool.queued(), 0u);
  std::jthread stopper([&] { pool.stop(); });
  while (pool.submit([] {})) std::this_thread::yield();
  held.let_go();
  stopper.join();
  EXPECT_EQ(ran, 0);
  EXPECT_FALSE(pool.submit_when_idle([] {}));
}

}  // namespace
}  // namespace imcaxy
