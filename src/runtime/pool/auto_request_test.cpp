#include <gmock/gmock.h>

#include "testing/pool_kit.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class AutoRequest : public PoolTest {
 protected:
  AutoRequest() : PoolTest(make_auto) {}
};

TEST_F(AutoRequest, LetsDevicesReadTheUsersMemoryInPlace) {
  make({device("a", "name=a")});
  Tensor picture(ElementType::u8, {1, 3, 2, 2});
  auto& r = request();
  ASSERT_TRUE(r.set_input(0, picture));
  ASSERT_TRUE(infer(r));
  EXPECT_EQ(spies["a"].last_input(), picture.view().data());
  TensorView own = r.input(0).value();
  ASSERT_TRUE(infer(r));
  EXPECT_EQ(spies["a"].last_input(), own.data());
}

TEST_F(AutoRequest, RefusesWrongPortsTypesAndShapes) {
  make({device("a", "name=a")});
  auto& r = request();
  EXPECT_EQ(r.input(1).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(r.output(1).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(r.set_input(1, Tensor(ElementType::u8, {1, 3, 2, 2})).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(r.set_input(0, Tensor(ElementType::f32, {1, 3, 2, 2})).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(r.set_input(0, Tensor(ElementType::u8, {1, 3, 2, 4})).error().code, ErrorCode::invalid_argument);
}

TEST_F(AutoRequest, IsBusyWhileItRuns) {
  make({device("a", "latency=1ms")});
  auto& r = request();
  TensorView mine = r.input(0).value();
  std::optional<Outcome> outcome;
  ASSERT_TRUE(r.start([&](Outcome o) { outcome = std::move(o); }));
  EXPECT_EQ(r.start([](const Outcome&) {}).error().code, ErrorCode::busy);
  EXPECT_EQ(r.input(0).error().code, ErrorCode::busy);
  EXPECT_EQ(r.output(0).error().code, ErrorCode::busy);
  EXPECT_EQ(r.set_input(0, mine).error().code, ErrorCode::busy);
  clock.advance(1ms);
  EXPECT_TRUE(outcome && *outcome);
}

TEST_F(AutoRequest, MayBeStartedAgainFromItsCompletion) {
  make({device("a", "latency=1ms"), device("b", "latency=1ms")});
  auto& r = request();
  int runs = 0;
  std::function<void()> again = [&] {
    if (runs++ == 50) return;
    ASSERT_TRUE(r.start([&](const Outcome& o) {
      EXPECT_TRUE(o);
      again();
    }));
  };
  again();
  clock.advance(1s);
  EXPECT_EQ(runs, 51);
}

TEST_F(AutoRequest, GivesUpWhatIsCancelledAndThatIsNoFailure) {
  make({device("a", "latency=10ms"), device("b", "latency=10ms")});
  auto& r = request();
  std::optional<Outcome> outcome;
  ASSERT_TRUE(r.start([&](Outcome o) { outcome = std::move(o); }));
  r.cancel();
  clock.advance(0ms);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error().code, ErrorCode::cancelled);
  EXPECT_EQ(events.count("failed a") + events.count("failed b"), 0);
  r.cancel();  // idle: no effect
  EXPECT_TRUE(infer(r));
}

TEST_F(AutoRequest, CancelsARequestThatHasMovedToAnotherDevice) {
  make({device("a", "latency=4ms,die_at=1"), late_device("b", "latency=50ms")});
  auto& r = request();
  ASSERT_TRUE(infer(r));
  bring_up_and_probe("b");
  std::optional<Outcome> outcome;
  ASSERT_TRUE(r.start([&](Outcome o) { outcome = std::move(o); }));
  clock.advance(10ms);
  ASSERT_FALSE(outcome) << "it runs on b now";
  r.cancel();
  clock.advance(0ms);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error().code, ErrorCode::cancelled);
}

TEST_F(AutoRequest, KeepsDeadlines) {
  make({device("a", "latency=10ms,die_at=1"), late_device("b", "latency=50ms")});
  auto queue = InferQueue::create(model, {2, StageOrder::in_order, Dispatch::engine_thread, &clock}).value();
  ASSERT_TRUE(queue.try_acquire().value().submit([](Completed c) { EXPECT_TRUE(c.outcome); }));
  clock.advance(10ms);
  bring_up_and_probe("b");
  std::vector<std::string> ended;
  SubmitOptions soon;
  soon.deadline = clock.now() + 20ms;
  ASSERT_TRUE(queue.try_acquire().value().submit([&](Completed c) { ended.push_back(name_of(c.outcome)); }, soon));
  clock.advance(20ms);
  EXPECT_THAT(ended, ElementsAre("deadline_exceeded"));
  let_time_go_on();
}

TEST_F(AutoRequest, HasRequestsReadyOnADeviceBeforeItServes) {
  make({device("a", "name=a,latency=20ms"), late_device("b", "name=b,latency=4ms")});
  requests.push_back(model->create_request().value());
  requests.push_back(model->create_request().value());
  ASSERT_TRUE(infer(*requests[0]));
  bring_up_and_probe("b");
  clock.advance(1s);
  for (auto& r : requests) EXPECT_EQ(served_by(*r), "sim:b");
  for (auto& r : requests) EXPECT_EQ(r->output(0)->elements(), 7U);
}

}  // namespace
}  // namespace inflight
