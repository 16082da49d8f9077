#include "base/circuit_breaker.hpp"

#include <gtest/gtest.h>

namespace imcaxy {
namespace {

using namespace std::chrono_literals;
constexpr CircuitBreaker::Time start{};

TEST(CircuitBreaker, OpensAfterFailuresInARowOnly) {
  CircuitBreaker breaker({.failures = 3, .open_for = 2s});
  for (int i = 0; i < 2; ++i) breaker.failed(start);
  breaker.worked();
  for (int i = 0; i < 2; ++i) breaker.failed(start);
  EXPECT_TRUE(breaker.admit(start));
  EXPECT_FALSE(breaker.open());
  breaker.failed(start);
  EXPECT_TRUE(breaker.open());
  EXPECT_FALSE(breaker.admit(start + 1999ms));
}

TEST(CircuitBreaker, OneProbeDecides) {
  CircuitBreaker breaker({.failures = 1, .open_for = 2s});
  breaker.failed(start);
  EXPECT_TRUE(breaker.admit(start + 2s));
  EXPECT_FALSE(breaker.admit(start + 2s)) << "one at a time";
  breaker.failed(start + 3s);
  EXPECT_FALSE(breaker.admit(start + 4s)) << "as long again";
  EXPECT_TRUE(breaker.admit(start + 5s));
  breaker.worked();
  EXPECT_FALSE(breaker.open());
  EXPECT_TRUE(breaker.admit(start + 5s));
  EXPECT_TRUE(breaker.admit(start + 5s));
}

TEST(CircuitBreaker, AProbeOfUnknownFateLeavesItsPlaceToTheNext) {
  CircuitBreaker breaker({.failures = 1, .open_for = 2s});
  breaker.failed(start);
  EXPECT_TRUE(breaker.admit(start + 2s));
  breaker.unknown();
  EXPECT_TRUE(breaker.open());
  EXPECT_TRUE(breaker.admit(start + 2s));
}

}  // namespace
}  // namespace imcaxy
