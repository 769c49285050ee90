#include "credit_control.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace inflight {
namespace {

using std::chrono::milliseconds;

/// A source of which a frame is given to the models every 10 ms.
class Watched {
 public:
  explicit Watched(CreditControl::Bounds bounds = {6, 20}) : control(bounds) {}

  /// What is seen over so many windows, of which the times are by frame.
  struct Seen {
    double device_waited_ms = 0, source_waited_ms = 0;
    std::size_t waiting = 0;
    bool sinks_catch_up = true;
  };
  void windows(int count, const Seen& seen) {
    for (int frame = 0; frame < 32 * count; ++frame) {
      signs.now += milliseconds(10);
      signs.device_waited += std::chrono::duration_cast<Duration>(milliseconds(1) * seen.device_waited_ms);
      signs.source_waited += std::chrono::duration_cast<Duration>(milliseconds(1) * seen.source_waited_ms);
      signs.waiting = seen.waiting;
      signs.sinks_caught_up = seen.sinks_catch_up;
      control.next(signs);
    }
  }

  CreditControl control;
  CreditControl::Signs signs;
};

const Watched::Seen kStarves{5, 5};

TEST(CreditControl, StartsWithTheLeast) { EXPECT_EQ(CreditControl({6, 20}).credits(), 6U); }

TEST(CreditControl, AddsOneWhereTheDeviceWaitsForFramesThatWaitForCredits) {
  Watched source;
  source.windows(1, kStarves);
  EXPECT_EQ(source.control.credits(), 6U) << "not before the window is full";
  source.signs.now += milliseconds(10);
  EXPECT_TRUE(source.control.next(source.signs));
  EXPECT_EQ(source.control.credits(), 7U);
}

TEST(CreditControl, AddsTwiceAsManyEachTimeWhileTheyHelpAndNeverMoreThanTheMost) {
  Watched source;
  std::vector<std::size_t> credits;
  for (double waits : {8.0, 6.0, 4.0, 3.0, 2.0}) {
    source.windows(1, {waits, waits});
    credits.push_back(source.control.credits());
  }
  source.windows(1, {1, 1});
  credits.push_back(source.control.credits());
  EXPECT_EQ(credits, (std::vector<std::size_t>{6, 7, 9, 13, 20, 20}));
}

TEST(CreditControl, AddsNoneWhereTheDeviceIsBusyOrTheSourceIsSlow) {
  Watched of_busy_device, slow;
  of_busy_device.windows(10, {0, 9});
  EXPECT_EQ(of_busy_device.control.credits(), 6U) << "more frames would only wait for the device";
  slow.windows(10, {9, 0});
  EXPECT_EQ(slow.control.credits(), 6U) << "it takes no more than it has";
}

TEST(CreditControl, AddsNoneForASinkThatIsAlwaysBehind) {
  Watched source;
  source.windows(10, {5, 5, 0, false});
  EXPECT_EQ(source.control.credits(), 6U);
}

TEST(CreditControl, TakesBackWhatWasNoHelpAndRestsLongerEachTime) {
  Watched source;
  source.windows(2, kStarves);
  EXPECT_EQ(source.control.credits(), 7U);
  source.windows(1, kStarves);
  EXPECT_EQ(source.control.credits(), 6U) << "as much was waited as before";
  std::size_t most = 0;
  for (int window = 0; window < 7; ++window) {
    source.windows(1, kStarves);
    most = std::max(most, source.control.credits());
  }
  EXPECT_EQ(most, 6U);
  source.windows(1, kStarves);
  EXPECT_GT(source.control.credits(), 6U) << "things may have changed";
}

TEST(CreditControl, TakesCreditsBackWhereFramesOnlyWait) {
  Watched source;
  source.windows(1, {8, 8});
  for (double waits : {6.0, 4.0, 3.0, 2.0}) source.windows(1, {waits, waits});
  ASSERT_EQ(source.control.credits(), 20U);
  source.windows(4, {0, 9, 10});
  EXPECT_EQ(source.control.credits(), 20U) << "it may have been a moment";
  source.windows(1, {0, 9, 10});
  EXPECT_EQ(source.control.credits(), 11U) << "ten always waited: all but one are not missed";
  source.windows(40, {0, 9, 10});
  EXPECT_EQ(source.control.credits(), 6U) << "never fewer than the least";
}

TEST(CreditControl, FollowsOtherBoundsWithWhatItAdded) {
  Watched source;
  source.windows(2, kStarves);
  ASSERT_EQ(source.control.credits(), 7U);
  source.control.set_bounds({10, 24});
  EXPECT_EQ(source.control.credits(), 11U);
  source.control.set_bounds({2, 2});
  EXPECT_EQ(source.control.credits(), 2U);
}

TEST(CreditControl, DecidesNothingWhereNoTimePasses) {
  Watched source;
  for (int frame = 0; frame < 100; ++frame) EXPECT_FALSE(source.control.next({}));
}

}  // namespace
}  // namespace inflight
