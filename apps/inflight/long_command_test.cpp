#include "long_command.hpp"

#include <gtest/gtest.h>

namespace inflight::app {
namespace {

TEST(RoughTime, IsInSecondsUpToAMinuteAndAHalf) {
  EXPECT_EQ(rough_time(0), "1 s");
  EXPECT_EQ(rough_time(3.2), "4 s");
  EXPECT_EQ(rough_time(41), "45 s");
  EXPECT_EQ(rough_time(89), "90 s");
}

TEST(RoughTime, IsInMinutesUpToAnHourAndAHalf) {
  EXPECT_EQ(rough_time(91), "2 min");
  EXPECT_EQ(rough_time(1200), "20 min");
  EXPECT_EQ(rough_time(5399), "90 min");
}

TEST(RoughTime, IsInTensOfMinutesBeyond) {
  EXPECT_EQ(rough_time(5400), "1 h 30 min");
  EXPECT_EQ(rough_time(7199), "2 h");
  EXPECT_EQ(rough_time(90000), "25 h");
}

}  // namespace
}  // namespace inflight::app
