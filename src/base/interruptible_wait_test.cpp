#include "interruptible_wait.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace inflight {
namespace {

using std::chrono::hours;

TEST(InterruptibleWait, LastsUntilItsMomentByTheClockThatWasHandedIn) {
  VirtualClock clock;
  InterruptibleWait wait(clock);
  auto driven = clock.drive();
  EXPECT_TRUE(wait.until(clock.now() + hours(1)));
  EXPECT_EQ(clock.now(), TimePoint(hours(1)));
  EXPECT_TRUE(wait.until(clock.now() + hours(1)));
  EXPECT_EQ(clock.now(), TimePoint(hours(2)));
}

TEST(InterruptibleWait, IsOverAtOnceWhereItsMomentHasPassed) {
  VirtualClock clock;
  EXPECT_TRUE(InterruptibleWait(clock).until(clock.now()));
  EXPECT_TRUE(InterruptibleWait(steady_clock()).until(steady_clock().now()));
}

void expect_interruptible(Clock& clock) {
  InterruptibleWait wait(clock);
  bool came = true;
  std::thread waiting([&] { came = wait.until(clock.now() + hours(1)); });
  wait.interrupt();
  waiting.join();  // would take an hour, or for ever
  EXPECT_FALSE(came);
  EXPECT_TRUE(wait.interrupted());
  EXPECT_FALSE(wait.until(clock.now()));
}

TEST(InterruptibleWait, EndsForGoodWhenInterrupted) {
  VirtualClock still;
  expect_interruptible(still);
  expect_interruptible(steady_clock());
}

TEST(InterruptibleWait, LeavesNoTimerBehindWhenInterrupted) {
  VirtualClock still;
  expect_interruptible(still);
  EXPECT_EQ(still.run_until_idle(), 0U);
}

}  // namespace
}  // namespace inflight
