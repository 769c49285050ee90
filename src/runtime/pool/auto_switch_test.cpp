#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <map>

#include "testing/pool_kit.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class AutoSwitch : public PoolTest {
 protected:
  AutoSwitch() : PoolTest(make_auto) {}
};

TEST_F(AutoSwitch, SwitchesToTheFasterDeviceAndTellsBothSpeeds) {
  make({device("a", "name=a,latency=20ms"), late_device("b", "name=b,latency=4ms,lanes=2")});
  EXPECT_EQ(served_by(request()), "sim:a");
  bring_up_and_probe("b");
  clock.advance(1s);
  EXPECT_EQ(served_by(request()), "sim:b");
  EXPECT_EQ(model->runtime().device, "sim:b");
  EXPECT_EQ(model->optimal_requests(), 4);
  EXPECT_THAT(events.names_of("a"), ElementsAre("compiling", "ready", "serving"));
  EXPECT_THAT(events.names_of("b"), ElementsAre("compiling", "ready", "switched"));
  DeviceEvent event = events.last("switched");
  EXPECT_THAT(event.text, HasSubstr("500.0 inferences/s, a 50.0"));
  EXPECT_NEAR(event.inferences_per_second.value(), 500, 1);
}

TEST_F(AutoSwitch, StaysWithTheFasterDeviceAndGivesTheOtherNoFrame) {
  make({device("a", "name=a,latency=4ms"), late_device("b", "name=b,latency=20ms")});
  EXPECT_EQ(served_by(request()), "sim:a");
  bring_up_and_probe("b");
  for (int i = 0; i < 200; ++i) EXPECT_EQ(served_by(request()), "sim:a");
  EXPECT_EQ(events.count("switched b"), 0);
  EXPECT_NEAR(events.last("serving").inferences_per_second.value(), 250, 1);
}

TEST_F(AutoSwitch, LetsAQueueGrowToWhatTheNewDeviceTakes) {
  make({device("a", "name=a,latency=20ms"), late_device("b", "name=b,latency=4ms,lanes=4")});
  InferQueueOptions options{.clock = &clock};
  options.dispatch = Dispatch::engine_thread;
  InferQueue queue = InferQueue::create(model, options).value();
  EXPECT_EQ(queue.stats().requests, 2);
  EXPECT_EQ(served_by(request()), "sim:a");
  bring_up("b");
  advance_until("switched b");
  std::vector<InferQueue::Slot> slots;
  while (auto slot = queue.try_acquire()) slots.push_back(std::move(*slot));
  EXPECT_EQ(slots.size(), 8U);
}

TEST_F(AutoSwitch, IsNotMovedByNoise) {
  make({device("a", "name=a,latency=100us"), late_device("b", "name=b,latency=97us")});
  EXPECT_EQ(served_by(request()), "sim:a");
  bring_up_and_probe("b");
  clock.advance(1s);
  EXPECT_EQ(served_by(request()), "sim:a");
}

TEST_F(AutoSwitch, MeasuresWithInferencesOfItsOwnOnly) {
  make({device("a", "name=a,latency=20ms"), late_device("b", "name=b,latency=4ms,first=500ms")});
  EXPECT_EQ(served_by(request()), "sim:a");
  bring_up_and_probe("b");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(served_by(request()), "sim:a") << "while b is still warming up";
  clock.advance(2s);
  EXPECT_NEAR(events.last("switched").inferences_per_second.value(), 250, 1) << "without the first inference";
  EXPECT_EQ(spies["b"].starts(), 2 + 2 * 5) << "little work for it";
}

class AutoHint : public AutoSwitch, public testing::WithParamInterface<std::pair<PerformanceHint, const char*>> {};

TEST_P(AutoHint, DecidesWhatFasterMeans) {
  CompileOptions options = with_events();
  options.hint = GetParam().first;
  make({device("wide", "name=wide,latency=20ms,lanes=8"), late_device("quick", "name=quick,latency=5ms")}, options);
  EXPECT_EQ(served_by(request()), "sim:wide");
  bring_up_and_probe("quick");
  clock.advance(2s);
  EXPECT_EQ(served_by(request()), GetParam().second);
}
INSTANTIATE_TEST_SUITE_P(All, AutoHint,
                         testing::Values(std::pair{PerformanceHint::latency, "sim:quick"},
                                         std::pair{PerformanceHint::throughput, "sim:wide"}));

TEST_F(AutoSwitch, MeasuresABusyDeviceByItsWork) {
  // b is worse than a, but would look better if probes on a had to stand in line behind the requests of users.
  make({device("a", "name=a,latency=10ms"), late_device("b", "name=b,latency=13ms")});
  auto queue = InferQueue::create(model, {4, StageOrder::any_order, Dispatch::engine_thread, &clock}).value();
  int more = 400;
  std::function<void(InferQueue::Slot)> submit = [&](InferQueue::Slot slot) {
    if (more-- <= 0) return;
    ASSERT_TRUE(std::move(slot).submit([&](Completed c) { submit(std::move(c.slot)); }));
  };
  for (int i = 0; i < 4; ++i) submit(queue.try_acquire().value());
  clock.advance(100ms);
  bring_up_and_probe("b");
  clock.advance(1s);
  EXPECT_EQ(events.count("switched b"), 0);
  EXPECT_NEAR(events.last("serving").inferences_per_second.value(), 100, 1);
  clock.advance(10s);
  queue.wait_all();
}

/// One entry per frame of the scenario.
struct Frames {
  std::vector<int> order;
  std::vector<Duration> latencies;
  std::map<std::string, int> by_device;
};

class DiscreteGpu : public AutoSwitch {
 protected:
  void submit(InferQueue& queue, int number, Frames& frames) {
    auto slot = queue.try_acquire();
    ASSERT_TRUE(slot) << "frame " << number << " found no free request";
    fill(*slot, number % 251);
    TimePoint at = clock.now();
    ASSERT_TRUE(std::move(*slot).submit([this, &frames, number, at](Completed c) {
      ASSERT_TRUE(c.outcome) << c.outcome.error().message;
      frames.order.push_back(number);
      frames.latencies.push_back(clock.now() - at);
      ++frames.by_device[std::string(c.outcome->device)];
      EXPECT_EQ(rows_of(*c.slot.output(0)), rows_for(number % 251));
    }));
  }
};

TEST_F(DiscreteGpu, TakesOverInTheMiddleAndNothingIsLostRepeatedOrLate) {
  constexpr int kFrames = 2000;
  make({late_device("gpu", "name=gpu,latency=4ms"), device("cpu", "name=cpu,latency=20ms")});
  auto queue = InferQueue::create(model, {4, StageOrder::in_order, Dispatch::engine_thread, &clock}).value();
  Frames frames;
  for (int i = 0; i < kFrames; ++i) {
    if (i == kFrames / 2) bring_up_and_probe("gpu");
    submit(queue, i, frames);
    clock.advance(30ms);
  }
  queue.wait_all();
  ASSERT_EQ(frames.order.size(), kFrames);
  for (int i = 0; i < kFrames; ++i) ASSERT_EQ(frames.order[i], i);
  EXPECT_GE(frames.by_device["sim:cpu"], kFrames / 2);
  EXPECT_GT(frames.by_device["sim:gpu"], kFrames / 2 - 20) << "the switch takes less than 20 frames";
  EXPECT_LE(*std::ranges::max_element(frames.latencies), 40ms) << "one inference beyond its own";
  EXPECT_EQ(frames.latencies.back(), 4ms);
}

TEST_F(DiscreteGpu, DoesSoWithTimeRunningFreelyToo) {
  constexpr int kFrames = 500;
  let_time_go_on();
  make({late_device("gpu", "name=gpu,latency=4ms,load=10s"), device("cpu", "name=cpu,latency=20ms,load=200ms")});
  InferQueueOptions options{4, StageOrder::in_order, Dispatch::own_thread, &clock};
  auto queue = InferQueue::create(model, options).value();
  std::vector<int> order;
  auto submit = [&](int first) {
    for (int i = first; i < first + kFrames; ++i) {
      auto done = [&order, i](const Completed& c) { order.push_back(c.outcome ? i : -1); };
      ASSERT_TRUE(queue.acquire().value().submit(done));
    }
  };
  submit(0);
  spies["gpu"].let_go();
  submit(kFrames);
  events.wait_for("switched gpu");
  submit(2 * kFrames);
  queue.wait_all();
  ASSERT_EQ(order.size(), 3 * kFrames);
  for (int i = 0; i < 3 * kFrames; ++i) ASSERT_EQ(order[i], i);
}

}  // namespace
}  // namespace inflight
