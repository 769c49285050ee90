#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "testing/pool_kit.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;

class AutoTest : public PoolTest {
 protected:
  AutoTest() : PoolTest(make_auto) {}
};

// ---- coming up ----

TEST_F(AutoTest, ServesWithTheFirstDeviceThatIsReady) {
  make({late_device("a", "name=a"), device("b", "name=b,lanes=3")});
  EXPECT_EQ(model->runtime().device, "sim:b");
  EXPECT_EQ(model->optimal_requests(), 6);
  EXPECT_EQ(served_by(request()), "sim:b");
  spies["a"].let_go();
}

TEST_F(AutoTest, HasToldWhatHappenedWhenItIsHandedOut) {
  make({device("a", "latency=20ms")});
  EXPECT_THAT(events.names(), ElementsAre("compiling a", "ready a", "serving a"));
}

TEST_F(AutoTest, NamesTheReasonOfEveryDeviceIfNoneCanServe) {
  auto failed = make_auto({device("a", "name=x,load_fails=1"), device("b", "name=y,load_fails=1")}, with_events());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::device_unusable);
  EXPECT_THAT(failed.error().message, HasSubstr("a: sim:"));
  EXPECT_THAT(failed.error().message, HasSubstr("b: sim:"));
  EXPECT_EQ(events.count("failed a") + events.count("failed b"), 2);
}

TEST_F(AutoTest, SaysThatTheModelIsAtFaultIfAllDevicesSaySo) {
  auto broken = [](const CompileOptions&) -> Result<std::shared_ptr<CompiledModel>> {
    return fail(ErrorCode::model_unusable, "no graph in it");
  };
  EXPECT_EQ(make_auto({{"a", broken}, {"b", broken}}, with_events()).error().code, ErrorCode::model_unusable);
}

TEST_F(AutoTest, NeedsDevices) { EXPECT_EQ(make_auto({}, with_events()).error().code, ErrorCode::invalid_argument); }

TEST_F(AutoTest, LeavesADeviceOutThatCannotBeCompiled) {
  make({device("a", "load_fails=1"), device("b", "name=b")});
  EXPECT_EQ(served_by(request()), "sim:b");
}

TEST_F(AutoTest, LeavesADeviceOutThatHasOtherPorts) {
  make({device("a", "latency=20ms"), late_device("b", "latency=1ms,input=1x3x8x8")});
  spies["b"].let_go();
  events.wait_for("failed b");
  EXPECT_THAT(events.last("failed").text, HasSubstr("input 0 is u8[1,3,8,8], not u8[1,3,2,2]"));
}

TEST_F(AutoTest, LetsDevicesThatShareTheCpuCompileOneAfterTheOther) {
  make({device("ort:CPU", "latency=20ms"), device("ov:CPU", "latency=4ms"), device("GPU", "load=1h")});
  spies["GPU"].wait_for_compile();  // it has cores of its own
  clock.advance(900ms);
  EXPECT_EQ(spies["ov:CPU"].compiles(), 0);
  ASSERT_TRUE(infer(request()));
  spies["ov:CPU"].wait_for_compile();
  EXPECT_EQ(spies["ov:CPU"].compiled_at(), TimePoint(920ms)) << "when the first result was there";
}

TEST_F(AutoTest, CompilesForTheCpuAfterASecondAtTheLatest) {
  make({device("ort:CPU", "latency=20ms"), device("ov:CPU", "latency=4ms")});
  clock.advance(999ms);
  EXPECT_EQ(spies["ov:CPU"].compiles(), 0);
  clock.advance(1ms);
  spies["ov:CPU"].wait_for_compile();
}

TEST_F(AutoTest, CompilesForTheCpuAtOnceWhereTheFirstFails) {
  make({device("ort:CPU", "load_fails=1"), device("ov:CPU", "name=ov")});
  EXPECT_EQ(served_by(request()), "sim:ov");
}

// ---- ending ----

TEST_F(AutoTest, WaitsForWhatIsCompiledWhenItIsDestroyed) {
  make({device("a", ""), late_device("b", "")});
  spies["b"].wait_for_compile();
  std::thread other([&] { spies["b"].let_go(); });
  model.reset();
  EXPECT_EQ(events.count("ready b"), 1);
  other.join();
}

TEST_F(AutoTest, DoesNotBeginToCompileWhenItIsDestroyed) {
  make({device("ort:CPU", ""), device("ov:CPU", "")});
  model.reset();
  EXPECT_EQ(spies["ov:CPU"].compiles(), 0);
}

TEST_F(AutoTest, IsDestroyedAtAnyMomentOfItsLife) {
  for (int i = 0; i < 200; ++i) {
    let_time_go_on();
    make({device("a", "latency=2ms,load=1ms,fail_rate=0.1"), device("b", "latency=1ms,load=2ms,die_at=3")});
    auto r = model->create_request().value();
    for (int n = 0; n < i % 20; ++n) {
      std::promise<void> ended;
      if (!r->start([&](const Outcome&) { ended.set_value(); })) break;
      if (n % 7 == 6) r->cancel();
      ended.get_future().get();
    }
    if (i % 2) (void)r->start([](const Outcome&) {});
    r.reset();
    model.reset();
    driver.reset();
  }
}

// ---- composing ----

TEST_F(AutoTest, MayHaveVirtualDevicesAsMembers) {
  auto in = [](auto make_pool, std::vector<PoolCandidate> candidates) {
    return [make_pool, candidates](const CompileOptions& options) { return make_pool(candidates, options); };
  };
  PoolCandidate c = late_device("c", "name=c,latency=4ms"), d = late_device("d", "name=d,latency=4ms");
  make({{"AUTO:a,b", in(make_auto, {device("a", "name=a,latency=9ms"), device("b", "load_fails=1")})},
        {"MULTI:c,d", in(make_multi, {c, d})}});
  auto& r = request();
  EXPECT_EQ(served_by(r), "sim:a") << "named as the engine does";
  spies["c"].let_go();
  spies["d"].let_go();
  advance_until("switched MULTI:c,d");
  EXPECT_THAT(served_by(r), AnyOf("sim:c", "sim:d"));
  EXPECT_EQ(model->optimal_requests(), 4);
  EXPECT_EQ(events.count("switched MULTI:c,d"), 1);
  events.wait_for("failed b");
  EXPECT_THAT(events.names(), IsSupersetOf({"ready a", "ready c", "ready d"})) << "members tell their own events";
}

}  // namespace
}  // namespace inflight
