#include "periodic.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>

namespace inflight {
namespace {

using std::chrono::milliseconds;

/// Counts, and lets others wait for a count.
class Ticks {
 public:
  void add() {
    std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  void await(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }
  int count() {
    std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

TEST(Periodic, ActsOnceAnInterval) {
  VirtualClock clock;
  Ticks ticks;
  Periodic periodic("test", clock, milliseconds(100), [&] { ticks.add(); });
  clock.advance(milliseconds(99));
  EXPECT_EQ(ticks.count(), 0);
  for (int i = 1; i <= 5; ++i) {
    clock.advance(milliseconds(i == 1 ? 1 : 100));
    ticks.await(i);
  }
  EXPECT_EQ(ticks.count(), 5);
}

TEST(Periodic, MakesUpForNothing) {
  VirtualClock clock;
  Ticks ticks;
  std::promise<void> go_on;
  Periodic periodic("test", clock, milliseconds(100), [&, held = go_on.get_future().share()] {
    ticks.add();
    held.wait();  // so that no further timer is set while time goes on
  });
  clock.advance(milliseconds(100));
  ticks.await(1);
  clock.advance(milliseconds(1000));  // the timer of the second action was set before the first began
  go_on.set_value();
  ticks.await(2);
  clock.advance(Duration{0});  // the third is due at once, not ten times
  ticks.await(3);
  EXPECT_EQ(ticks.count(), 3);
}

TEST(Periodic, WaitsForAnActionThatRuns) {
  VirtualClock clock;
  Ticks begun;
  bool ended = false;
  {
    Periodic periodic("test", clock, milliseconds(100), [&] {
      begun.add();
      ended = true;
    });
    clock.advance(milliseconds(100));
    begun.await(1);
  }
  EXPECT_TRUE(ended);
}

TEST(Periodic, LeavesNothingBehindOnItsClock) {
  VirtualClock clock;
  Ticks ticks;
  {
    Periodic periodic("test", clock, milliseconds(100), [&] { ticks.add(); });
  }
  EXPECT_FALSE(clock.advance_to_next());
  EXPECT_EQ(ticks.count(), 0);
}

}  // namespace
}  // namespace inflight
