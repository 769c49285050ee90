#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "testing/pool_kit.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class AutoFailure : public PoolTest {
 protected:
  AutoFailure() : PoolTest(make_auto) {}
};

TEST_F(AutoFailure, RunsAFailedRequestOnTheNextDevice) {
  make({device("a", "name=a,latency=4ms,die_at=3"), late_device("b", "name=b,latency=20ms")});
  bring_up("b");
  TimePoint begin = clock.now();
  auto& r = request();
  for (std::byte& b : r.input(0)->as_bytes()) b = std::byte{7};
  // b is measured meanwhile; sooner or later a dies, under a request or a probe.
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(infer(r));
    EXPECT_EQ(rows_of(r.output(0).value()), rows_for(7));
  }
  EXPECT_EQ(model->runtime().device, "sim:b");
  events.wait_for("switched b");
  EXPECT_EQ(events.count("failed a"), 1);
  EXPECT_EQ(events.count("switched b"), 1);
  EXPECT_THAT(events.last("switched").text, HasSubstr("from a, which failed"));
  EXPECT_LT(clock.now() - begin, 1s);
}

TEST_F(AutoFailure, CountsTheTimeOfBothAttempts) {
  make({device("a", "name=a,latency=4ms,die_at=1"), late_device("b", "name=b,latency=20ms")});
  auto& r = request();
  ASSERT_TRUE(infer(r));
  bring_up("b");
  spies["b"].wait_for_starts(1);
  Outcome outcome = infer(r);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->device, "sim:b");
  EXPECT_GE(outcome->infer_time, 24ms);
}

TEST_F(AutoFailure, TakesADeviceBackOnceItAnswersAndReturnsToItIfItIsFaster) {
  make({device("a", "name=a,latency=4ms,die_at=20,revive_at=23"), late_device("b", "name=b,latency=20ms")});
  auto& r = request();
  ASSERT_TRUE(infer(r));
  bring_up_and_probe("b");
  for (int i = 0; i < 600; ++i) ASSERT_TRUE(infer(r));
  EXPECT_EQ(served_by(r), "sim:a");
  auto names = events.names();
  names.erase(names.begin(), std::ranges::find(names, "failed a"));
  // Inference 20 is a user's, 21 and 22 are probes after 1 s and 2 s, 23 one after 4 s.
  EXPECT_THAT(names, ElementsAre("failed a", "switched b", "failed a", "failed a", "readmitted a", "switched a"));
}

TEST_F(AutoFailure, StartsOverWithADeviceThatWasWellForAMinute) {
  make({device("a", "name=a,latency=4ms,fail=20;400;420"), late_device("b", "name=b,latency=20ms")});
  auto& r = request();
  ASSERT_TRUE(infer(r));
  bring_up_and_probe("b");
  for (int i = 0; i < 1000 && events.count("readmitted a") == 0; ++i) ASSERT_TRUE(infer(r));
  clock.advance(2min);
  EXPECT_EQ(events.count("failed a"), 1);
  for (int i = 0; i < 3000 && events.count("failed a") < 3; ++i) ASSERT_TRUE(infer(r));
  std::vector<std::string> texts;
  for (const DeviceEvent& event : events.all())
    if (event.kind == "failed") texts.push_back(event.text);
  EXPECT_THAT(texts, ElementsAre(HasSubstr("tried again in 1 s"), HasSubstr("tried again in 1 s"),
                                 HasSubstr("tried again in 2 s")));
}

TEST_F(AutoFailure, AsksADeadDeviceLessAndLessOften) {
  make({device("a", "name=a,latency=1ms,die_at=1"), late_device("b", "name=b,latency=1ms")});
  auto& r = request();
  ASSERT_TRUE(infer(r));
  bring_up_and_probe("b");
  ASSERT_TRUE(infer(r));
  clock.advance(1h);
  events.wait_for("failed a", 9);
  std::vector<double> gaps;
  TimePoint before;
  for (const DeviceEvent& event : events.all()) {
    if (event.kind != "failed") continue;
    if (before != TimePoint()) gaps.push_back(std::round(to_seconds(event.at - before)));
    before = event.at;
  }
  gaps.resize(8);
  EXPECT_THAT(gaps, ElementsAre(1, 2, 4, 8, 16, 32, 60, 60));
}

TEST_F(AutoFailure, KeepsItsLastDeviceWhateverItDoes) {
  make({device("a", "name=a,fail=1;2;3"), device("b", "load_fails=1")});
  auto& r = request();
  EXPECT_TRUE(infer(r));
  for (int i = 0; i < 3; ++i) {
    Outcome outcome = infer(r);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::engine_failed);
    EXPECT_THAT(outcome.error().message, HasSubstr("a: "));
  }
  EXPECT_TRUE(infer(r));
  EXPECT_EQ(events.count("failed a"), 1) << "told once, not for every request";
}

TEST_F(AutoFailure, SaysWhatEveryDeviceSaidIfARequestFailsOnAll) {
  auto refusing = [this](const std::string& name) {
    return PoolCandidate{name, [this](const CompileOptions&) -> Result<std::shared_ptr<CompiledModel>> {
                           return std::make_shared<RefusingModel>(simulate("", clock), std::vector{0, 1, 2, 3});
                         }};
  };
  make({refusing("x"), refusing("y")});
  events.wait_for("ready x");
  events.wait_for("ready y");
  Result<void> started = request().start([](const Outcome&) { FAIL() << "never after a failed start"; });
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::engine_failed);
  EXPECT_THAT(started.error().message, AllOf(HasSubstr("x: start refused"), HasSubstr("y: start refused")));
}

}  // namespace
}  // namespace inflight
