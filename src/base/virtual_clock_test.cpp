#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "inflight/clock.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;

TEST(VirtualClock, StandsStillUntilItIsTold) {
  VirtualClock clock;
  TimePoint start = clock.now();
  EXPECT_EQ(clock.now(), start);
  clock.advance(5ms);
  EXPECT_EQ(clock.now(), start + 5ms);
}

TEST(VirtualClock, RunsTimersAtTheirOwnTimesInOrder) {
  VirtualClock clock;
  TimePoint start = clock.now();
  std::vector<Duration> ran;
  for (Duration when : {3ms, 1ms, 2ms}) clock.call_at(start + when, [&] { ran.push_back(clock.now() - start); });
  clock.advance(2ms);
  EXPECT_EQ(ran, (std::vector<Duration>{1ms, 2ms}));
  clock.advance(10ms);
  EXPECT_EQ(ran, (std::vector<Duration>{1ms, 2ms, 3ms}));
  EXPECT_EQ(clock.now(), start + 12ms);
}

TEST(VirtualClock, RunsTimersThatTimersSetWithinTheStep) {
  VirtualClock clock;
  int ran = 0;
  std::function<void()> again = [&] {
    ++ran;
    clock.call_at(clock.now() + 1ms, [&] { again(); });
  };
  clock.call_at(clock.now(), [&] { again(); });
  clock.advance(3ms);
  EXPECT_EQ(ran, 4) << "at 0, 1, 2 and 3 ms";
}

TEST(VirtualClock, RunsATimerOfThePastAtTheNextStepWithoutGoingBack) {
  VirtualClock clock;
  clock.advance(10ms);
  TimePoint ran{};
  clock.call_at(clock.now() - 5ms, [&] { ran = clock.now(); });
  EXPECT_TRUE(clock.advance_to_next());
  EXPECT_EQ(ran, clock.now());
  EXPECT_FALSE(clock.advance_to_next());
}

TEST(VirtualClock, NeverRunsWhatWasCancelled) {
  VirtualClock clock;
  bool ran = false;
  TimerId timer = clock.call_at(clock.now() + 1ms, [&] { ran = true; });
  EXPECT_TRUE(clock.cancel(timer));
  EXPECT_FALSE(clock.cancel(timer));
  EXPECT_EQ(clock.run_until_idle(), 0U);
  EXPECT_FALSE(ran);
}

TEST(VirtualClock, SaysThatATimerWhichIsRunningCannotBeCancelled) {
  VirtualClock clock;
  TimerId timer = 0;
  bool cancelled = true;
  timer = clock.call_at(clock.now(), [&] { cancelled = clock.cancel(timer); });
  clock.run_until_idle();
  EXPECT_FALSE(cancelled);
}

TEST(VirtualClock, AdvancesByTheLongestDurationWithoutOverflow) {
  VirtualClock clock;
  clock.advance(1ms);
  bool ran = false;
  clock.call_at(clock.now() + 24h, [&] { ran = true; });
  clock.advance(Duration::max());
  EXPECT_TRUE(ran);
}

TEST(VirtualClock, CallsADestructorOfAnActionOutsideItsLock) {
  VirtualClock clock;
  struct AsksTheTime {
    Clock* clock;
    explicit AsksTheTime(Clock* c) : clock(c) {}
    AsksTheTime(AsksTheTime&& other) noexcept : clock(std::exchange(other.clock, nullptr)) {}
    ~AsksTheTime() {
      if (clock) clock->now();
    }
    void operator()() const {}
  };
  TimerId timer = clock.call_at(clock.now(), AsksTheTime(&clock));
  EXPECT_TRUE(clock.cancel(timer));
  clock.call_at(clock.now(), AsksTheTime(&clock));
  EXPECT_EQ(clock.run_until_idle(), 1U);
}

TEST(VirtualClock, DrivenPassesHoursWhileAThreadBlocks) {
  VirtualClock clock;
  auto driver = clock.drive();
  TimePoint start = clock.now();
  std::promise<TimePoint> fired;
  clock.call_at(start + 3h, [&] { fired.set_value(clock.now()); });
  EXPECT_GE(fired.get_future().get(), start + 3h);
}

TEST(VirtualClock, DrivenWithTimeToSettleLetsOthersSetTheirTimersFirst) {
  for (int i = 0; i < 20; ++i) {
    VirtualClock clock;
    TimePoint start = clock.now();
    std::promise<TimePoint> soon;
    {
      auto settling = clock.drive(1, 24h);
      clock.call_at(start + 10h, [] {});
      clock.call_at(start + 1s, [&] { soon.set_value(clock.now()); });  // would come too late if time had jumped
      EXPECT_EQ(clock.now(), start);
    }
    auto driver = clock.drive(1, 1us);
    EXPECT_EQ(soon.get_future().get(), start + 1s);
  }
}

TEST(VirtualClock, DriversThatSettleEndWhileNothingIsPending) {
  for (int i = 0; i < 200; ++i) {
    VirtualClock clock;
    clock.drive(1, 1us).reset();
  }
}

TEST(VirtualClock, StandsStillAgainOnceItsDriverIsGone) {
  VirtualClock clock;
  clock.drive(2).reset();
  bool ran = false;
  clock.call_at(clock.now(), [&] { ran = true; });
  EXPECT_FALSE(ran);
  EXPECT_EQ(clock.run_until_idle(), 1U);
}

TEST(VirtualClock, DrivenByTwoRunsEveryTimerOnceWhicheverThreadSetOrCancelledIt) {
  constexpr int kThreads = 3, kEach = 2000;
  VirtualClock clock;
  std::atomic<int> ran = 0, cancelled = 0;
  {
    auto driver = clock.drive(2);
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) {
          TimerId timer = clock.call_at(clock.now() + Duration(i % 7), [&] { ++ran; });
          if (i % 3 == 0 && clock.cancel(timer)) ++cancelled;
        }
      });
    }
  }
  clock.run_until_idle();
  EXPECT_EQ(ran + cancelled, kThreads * kEach);
}

TEST(SteadyClock, RunsTimersInTheOrderOfTheirTimes) {
  Clock& clock = steady_clock();
  std::vector<int> order;
  std::promise<void> last;
  TimePoint start = clock.now();
  // Held until both are set, however busy the machine is.
  std::promise<void> held, go_on;
  clock.call_at(start, [&] {
    held.set_value();
    go_on.get_future().wait();
  });
  held.get_future().wait();
  clock.call_at(start + 2ms, [&] {
    order.push_back(2);
    last.set_value();
  });
  clock.call_at(start + 1ms, [&] { order.push_back(1); });
  go_on.set_value();
  last.get_future().get();
  EXPECT_EQ(order, (std::vector{1, 2}));
  EXPECT_GE(clock.now(), start + 2ms);
}

TEST(SteadyClock, NeverRunsWhatWasCancelled) {
  Clock& clock = steady_clock();
  std::atomic<bool> ran = false;
  TimerId timer = clock.call_at(clock.now() + 1h, [&] { ran = true; });
  EXPECT_TRUE(clock.cancel(timer));
  EXPECT_FALSE(clock.cancel(timer));
  EXPECT_FALSE(ran);
}

TEST(SteadyClock, LetsATimerSetAndCancelOthers) {
  Clock& clock = steady_clock();
  std::promise<bool> cancelled;
  clock.call_at(clock.now(), [&] {
    TimerId other = clock.call_at(clock.now() + 1h, [] {});
    cancelled.set_value(clock.cancel(other));
  });
  EXPECT_TRUE(cancelled.get_future().get());
}

TEST(SteadyClock, WaitsForTheEndOfTimeWithoutOverflow) {
  Clock& clock = steady_clock();
  TimerId never = clock.call_at(TimePoint::max(), [] { FAIL(); });
  std::promise<void> soon;
  clock.call_at(clock.now() + 1ms, [&] { soon.set_value(); });
  soon.get_future().get();
  EXPECT_TRUE(clock.cancel(never));
}

}  // namespace
}  // namespace inflight
