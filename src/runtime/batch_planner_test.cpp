#include "batch_planner.hpp"

#include <gtest/gtest.h>

namespace inflight {
namespace {

using namespace std::chrono_literals;

constexpr BatchPolicy kPolicy{4, 10ms};
constexpr TimePoint kStart{1s};

/// A planner that has seen requests come every `gap` until kStart.
BatchPlanner accustomed_to(Duration gap) {
  BatchPlanner planner(kPolicy);
  for (int i = 20; i >= 0; --i) planner.arrived(kStart - i * gap);
  return planner;
}

TEST(BatchPlanner, LaunchesAFullBatchAtOnce) { EXPECT_FALSE(accustomed_to(1ms).wait_until({4, 10, kStart}, kStart)); }

TEST(BatchPlanner, WaitsForCompanyThatIsExpectedInTime) {
  EXPECT_EQ(accustomed_to(1ms).wait_until({1, 10, kStart}, kStart), kStart + 10ms);
}

TEST(BatchPlanner, NeverLetsTheOldestWaitLongerThanTheDelay) {
  EXPECT_FALSE(accustomed_to(1ms).wait_until({3, 10, kStart - 10ms}, kStart));
}

TEST(BatchPlanner, DoesNotWaitWhereRequestsComeTooRarely) {
  EXPECT_FALSE(accustomed_to(20ms).wait_until({1, 10, kStart}, kStart));
}

TEST(BatchPlanner, DoesNotWaitForTheVeryFirstRequest) {
  BatchPlanner planner(kPolicy);
  planner.arrived(kStart);
  EXPECT_FALSE(planner.wait_until({1, 10, kStart}, kStart));
}

TEST(BatchPlanner, DoesNotWaitForRequestsThatCannotCome) {
  EXPECT_FALSE(accustomed_to(1ms).wait_until({2, 0, kStart}, kStart));
}

TEST(BatchPlanner, DoesNotWaitAtTheEndOfASource) {
  EXPECT_FALSE(accustomed_to(1ms).wait_until({2, 10, kStart, true}, kStart));
}

TEST(BatchPlanner, LearnsANewRateWithinAFewArrivals) {
  BatchPlanner planner = accustomed_to(100ms);
  ASSERT_FALSE(planner.wait_until({1, 10, kStart}, kStart));
  TimePoint now = kStart;
  for (int i = 0; i < 16; ++i) planner.arrived(now += 1ms);
  EXPECT_TRUE(planner.wait_until({1, 10, now}, now));
}

}  // namespace
}  // namespace inflight
