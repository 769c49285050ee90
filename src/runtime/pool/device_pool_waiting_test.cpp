// Requests that no device can serve just now, while one is on its way.
#include <gmock/gmock.h>

#include "testing/pool_kit.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class AutoWaiting : public PoolTest {
 protected:
  AutoWaiting() : PoolTest(make_auto) {}

  /// Starts it, and tells how it ended once it has.
  std::shared_ptr<std::optional<Outcome>> start(InferRequest& one) {
    auto ended = std::make_shared<std::optional<Outcome>>();
    EXPECT_TRUE(one.start([ended](Outcome outcome) { *ended = std::move(outcome); }));
    return ended;
  }
};

class MultiWaiting : public PoolTest {
 protected:
  MultiWaiting() : PoolTest(make_multi) {}
};

TEST_F(AutoWaiting, LetsARequestThatFailedWaitForADeviceThatIsStillCompiled) {
  make({device("a", "name=a,latency=4ms,die_at=1"), late_device("b", "name=b,latency=20ms")});
  auto& r = request();
  for (std::byte& b : r.input(0)->as_bytes()) b = std::byte{7};
  ASSERT_TRUE(infer(r));
  auto outcome = start(r);
  clock.advance(10s);
  ASSERT_FALSE(*outcome) << "it waits";
  EXPECT_EQ(r.input(0).error().code, ErrorCode::busy);
  bring_up("b");
  clock.advance(20ms);
  ASSERT_TRUE(*outcome && **outcome);
  EXPECT_EQ((**outcome)->device, "sim:b");
  EXPECT_EQ((**outcome)->infer_time, 10s + 20ms) << "from its start";
  EXPECT_EQ(rows_of(r.output(0).value()), rows_for(7));
  EXPECT_EQ(served_by(r), "sim:b");
}

TEST_F(AutoWaiting, LetsTheNextDeviceCompileAtOnceWhenTheFirstFails) {
  make({device("ort:CPU", "latency=4ms,fail=0"), device("ov:CPU", "latency=20ms")});
  auto& r = request();
  auto outcome = start(r);
  clock.advance(4ms);
  events.wait_for("ready ov:CPU");
  EXPECT_EQ(spies["ov:CPU"].compiled_at(), TimePoint(4ms)) << "without the head start of a second";
  while (!*outcome) clock.advance_to_next();
  EXPECT_TRUE(**outcome);
}

TEST_F(AutoWaiting, EndsWhenTheDeviceThatWasAwaitedCannotBeCompiled) {
  make({device("a", "name=a,latency=4ms,die_at=1"), late_device("b", "load_fails=1")});
  auto& r = request();
  ASSERT_TRUE(infer(r));
  auto outcome = start(r);
  clock.advance(1s);
  ASSERT_FALSE(*outcome);
  spies["b"].let_go();
  spies["b"].wait_for_thread();
  ASSERT_TRUE(*outcome);
  EXPECT_EQ((*outcome)->error().code, ErrorCode::engine_failed);
  EXPECT_THAT((*outcome)->error().message, HasSubstr("a: "));
}

TEST_F(AutoWaiting, IsBoundedAndNobodyWaitsForThatDeviceAnyMore) {
  make({device("a", "name=a,latency=4ms,die_at=1"), late_device("b", "name=b")});
  auto& r = request();
  ASSERT_TRUE(infer(r));
  auto outcome = start(r);
  clock.advance(59s);
  EXPECT_FALSE(*outcome);
  clock.advance(2s);
  ASSERT_TRUE(*outcome);
  EXPECT_EQ((*outcome)->error().code, ErrorCode::engine_failed);
  outcome = start(r);
  clock.advance(4ms);
  ASSERT_TRUE(*outcome) << "else each request of a run would wait as long";
  bring_up("b");
  EXPECT_EQ(served_by(r), "sim:b") << "it comes all the same";
}

TEST_F(AutoWaiting, IsGivenUpByCancel) {
  make({device("a", "name=a,latency=4ms,die_at=1"), late_device("b", "name=b,latency=1ms")});
  auto& r = request();
  ASSERT_TRUE(infer(r));
  auto outcome = start(r);
  clock.advance(4ms);
  r.cancel();
  EXPECT_FALSE(*outcome) << "answered on the clock's thread";
  clock.advance(0ms);
  ASSERT_TRUE(*outcome);
  EXPECT_EQ((*outcome)->error().code, ErrorCode::cancelled);
  bring_up("b");
  EXPECT_EQ(served_by(r), "sim:b") << "and it serves again";
}

TEST_F(AutoWaiting, AsksADeviceThatFailedBeforeItsTimeWhenTheOtherFailsToo) {
  make({device("a", "name=a,latency=4ms,die_at=30,revive_at=31"), late_device("b", "name=b,latency=20ms,die_at=12")});
  auto& r = request();
  ASSERT_TRUE(infer(r));
  bring_up_and_probe("b");
  // Whichever fails first is out for a second; when the other one fails too, it is asked at once and serves.
  for (int i = 0; i < 60; ++i) {
    Outcome outcome = infer(r);
    ASSERT_TRUE(outcome) << i << ": " << outcome.error().message;
  }
  EXPECT_EQ(model->runtime().device, "sim:a");
  EXPECT_GE(events.count("failed b"), 1);
}

TEST_F(AutoWaiting, EndsWhereEveryDeviceFailsEvenTheSecondTime) {
  make({device("a", "name=a,latency=4ms,die_at=1"), late_device("b", "name=b,latency=4ms,die_at=1")});
  auto& r = request();
  ASSERT_TRUE(infer(r));
  bring_up_and_probe("b");
  clock.advance(10ms);
  for (int i = 0; i < 3; ++i) {
    TimePoint begin = clock.now();
    Outcome outcome = infer(r);
    ASSERT_FALSE(outcome);
    EXPECT_THAT(outcome.error().message, HasSubstr("the simulated inference failed"));
    EXPECT_LT(clock.now() - begin, 1s) << "a request that breaks every device does not go round";
  }
}

TEST_F(MultiWaiting, LosesNothingWhenASecondDeviceFailsWhileTheFirstIsOut) {
  make({device("a", "name=a,latency=4ms,die_at=40,revive_at=41"),
        device("b", "name=b,latency=4ms,die_at=60,revive_at=61")});
  std::vector<std::unique_ptr<InferRequest>> all;
  for (int i = 0; i < 4; ++i) all.push_back(model->create_request().value());
  for (int round = 0; round < 60; ++round) {
    std::vector<std::optional<Outcome>> outcomes(all.size());
    for (std::size_t i = 0; i < all.size(); ++i)
      ASSERT_TRUE(all[i]->start([&outcome = outcomes[i]](Outcome ended) { outcome = std::move(ended); }));
    for (auto& outcome : outcomes) {
      while (!outcome && clock.advance_to_next()) continue;
      ASSERT_TRUE(outcome && *outcome) << round << ": " << (outcome ? outcome->error().message : "lost");
    }
    settle();
  }
}

}  // namespace
}  // namespace inflight
