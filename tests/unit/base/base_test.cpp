#include <atomic>
#include <future>

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

TEST(WorkerPool, RefusesBeyondItsBoundAndFinishesWhatItTook) {
  std::promise<void> gate;
  std::atomic<int> done = 0;
  {
    WorkerPool pool("test", 1, 2);
    std::promise<void> started;
    ASSERT_TRUE(pool.submit([&] {
      started.set_value();
      gate.get_future().wait();
      ++done;
    }));
    started.get_future().wait();
    EXPECT_EQ(pool.running(), 1u);
    EXPECT_TRUE(pool.submit([&] { ++done; }));
    EXPECT_TRUE(pool.submit([&] { ++done; }));
    EXPECT_FALSE(pool.submit([&] { ++done; }));
    EXPECT_EQ(pool.queued(), 2u);
    gate.set_value();
  }
  EXPECT_EQ(done, 3);
}

}  // namespace
}  // namespace imcaxy
