#include "cpu_budget.hpp"

#include <gmock/gmock.h>

#include <numeric>

namespace inflight::app {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;

TEST(SharesOf, AreByWhatAnInferenceCosts) {
  EXPECT_THAT(shares_of({0.03, 0.01}), ElementsAre(DoubleEq(0.75), DoubleEq(0.25)));
}

TEST(SharesOf, LeaveOutModelsWithDevicesOfTheirOwn) {
  EXPECT_THAT(shares_of({0.03, std::nullopt, 0.01}), ElementsAre(DoubleEq(0.75), 0, DoubleEq(0.25)));
}

TEST(SharesOf, AreEqualWhereNothingTakesAnyTime) {
  EXPECT_THAT(shares_of({0.0, std::nullopt, 0.0}), ElementsAre(DoubleEq(0.5), 0, DoubleEq(0.5)));
}

TEST(SharesOf, AreNoneOfNone) { EXPECT_TRUE(shares_of({}).empty()); }

TEST(StreamsFor, AreAShareRoundedUp) {
  EXPECT_EQ(streams_for(0.5, 8), 4);
  EXPECT_EQ(streams_for(0.51, 8), 5);
  EXPECT_EQ(streams_for(1, 8), 8);
}

TEST(StreamsFor, AreNoMoreForALittleOverACore) { EXPECT_EQ(streams_for(0.505, 8), 4); }

TEST(StreamsFor, AreAtLeastOneAndAtMostTheCores) {
  EXPECT_EQ(streams_for(0, 8), 1);
  EXPECT_EQ(streams_for(0.001, 1), 1);
  EXPECT_EQ(streams_for(2, 4), 4);
}

TEST(LimitProcessors, RefusesMoreThanThereAreAndSaysHowMany) {
  Result<void> limited = limit_processors(available_cores() + 1);
  ASSERT_FALSE(limited);
  EXPECT_EQ(limited.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(limited.error().message, testing::HasSubstr(std::to_string(available_cores())));
}

}  // namespace
}  // namespace inflight::app
