#include "timer_queue.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace inflight {
namespace {

using namespace std::chrono_literals;

TimePoint at(Duration time) { return TimePoint{} + time; }

TEST(TimerQueue, HandsOutTheSoonestFirstAndEqualTimesAsTheyWereSet) {
  TimerQueue timers;
  std::vector<int> ran;
  auto add = [&](Duration when, int number) { timers.add(at(when), [&ran, number] { ran.push_back(number); }); };
  add(3ms, 3);
  add(1ms, 1);
  add(2ms, 20);
  add(2ms, 21);
  add(2ms, 22);
  while (timers.next()) timers.pop().action();
  EXPECT_EQ(ran, (std::vector{1, 20, 21, 22, 3}));
}

TEST(TimerQueue, CancelsOnceAndNeverAnotherTimerInTheSamePlace) {
  TimerQueue timers;
  TimerId first = timers.add(at(1ms), [] {});
  EXPECT_TRUE(timers.cancel(first));
  TimerId second = timers.add(at(1ms), [] {});
  EXPECT_NE(first, second);
  EXPECT_FALSE(timers.cancel(first));
  EXPECT_TRUE(timers.next().has_value());
  timers.pop();
  EXPECT_FALSE(timers.cancel(second)) << "it has run";
  EXPECT_FALSE(timers.cancel(0));
  EXPECT_FALSE(timers.cancel(TimerId{7} << 32 | 999));
}

TEST(TimerQueue, NeverGivesATimerTheNumberZero) {
  TimerQueue timers;
  for (int i = 0; i < 100; ++i) EXPECT_NE(timers.add(at(1ms), [] {}), 0U);
}

TEST(TimerQueue, LetsGoOfACancelledActionAtOnce) {
  TimerQueue timers;
  auto held = std::make_shared<int>(0);
  TimerId timer = timers.add(at(1h), [held] {});
  timers.cancel(timer);
  EXPECT_EQ(held.use_count(), 1);
}

// Deadlines of a minute, each met within a millisecond, used to stay for the minute.
TEST(TimerQueue, FindsItsWayThroughManyCancelledTimers) {
  TimerQueue timers;
  std::mt19937 random(7);
  std::multiset<TimePoint> expected;
  for (int i = 0; i < 20000; ++i) {
    TimePoint when = at(Duration(random() % 1000));
    TimerId timer = timers.add(when, [] {});
    if (i % 100 == 0) {
      expected.insert(when);
    } else {
      EXPECT_TRUE(timers.cancel(timer));
    }
  }
  for (TimePoint when : expected) {
    ASSERT_EQ(timers.next(), when);
    timers.pop();
  }
  EXPECT_EQ(timers.next(), std::nullopt);
}

}  // namespace
}  // namespace inflight
