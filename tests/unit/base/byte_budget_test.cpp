#include "base/byte_budget.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

namespace imcaxy {
namespace {

using namespace std::chrono_literals;

class ByteBudgetTest : public testing::Test {
 protected:
  /// Acquires, and keeps what came in `leases`.
  void want(std::uint64_t bytes, std::chrono::milliseconds patience = 10s) {
    const std::size_t place = leases.size();
    leases.emplace_back();
    auto task = [](ByteBudgetTest* test, std::uint64_t wanted, std::chrono::milliseconds limit,
                   std::size_t at) -> Task<void> {
      test->leases[at] = co_await test->budget.acquire(wanted, limit);
      ++test->ended;
    };
    asio::co_spawn(io, task(this, bytes, patience, place), asio::detached);
  }
  void run_for(std::chrono::milliseconds time) {
    io.restart();
    io.run_for(time);
  }

  asio::io_context io;
  ByteBudget budget{100};
  std::deque<ByteBudget::Lease> leases;
  int ended = 0;
};

TEST_F(ByteBudgetTest, GivesWhatFitsAndLetsTheOthersWait) {
  for (const int bytes : {60, 30, 20, 5}) want(static_cast<std::uint64_t>(bytes));
  run_for(20ms);
  EXPECT_EQ(ended, 2) << "the last would fit, but it is not its turn";
  EXPECT_EQ(budget.held_bytes(), 90u);
  leases[1].reset();
  run_for(20ms);
  EXPECT_EQ(ended, 4);
  EXPECT_EQ(budget.held_bytes(), 85u);
  leases.clear();
  EXPECT_EQ(budget.held_bytes(), 0u);
}

TEST_F(ByteBudgetTest, MoreThanAllOfItGoesAlone) {
  want(1000);
  want(1);
  run_for(20ms);
  EXPECT_EQ(ended, 1);
  leases[0].reset();
  run_for(20ms);
  EXPECT_EQ(ended, 2);
}

TEST_F(ByteBudgetTest, WhoLosesPatienceHoldsUpNobody) {
  want(100);
  want(50, 10ms);
  want(70);
  run_for(50ms);
  EXPECT_EQ(ended, 2);
  EXPECT_EQ(leases[1], nullptr);
  leases[0].reset();
  run_for(50ms);
  EXPECT_EQ(ended, 3);
  EXPECT_NE(leases[2], nullptr);
  EXPECT_EQ(budget.held_bytes(), 70u);
}

}  // namespace
}  // namespace imcaxy
