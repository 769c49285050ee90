#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <map>

#include "testing/pool_kit.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class MultiTest : public PoolTest {
 protected:
  MultiTest() : PoolTest(make_multi) {}

  /// Has the devices measured, with nothing else to do.
  void make_and_measure(std::vector<PoolCandidate> candidates) {
    std::vector<std::string> names;
    for (const PoolCandidate& candidate : candidates) names.push_back(candidate.device);
    make(std::move(candidates));
    ASSERT_TRUE(infer(request()));
    for (const std::string& name : names) {
      while (events.count("serving " + name) == 0) clock.advance_to_next();
    }
  }

  /// Keeps `requests` in flight for that time. How many inferences each device did.
  std::map<std::string, int> saturate(int in_flight, Duration time) {
    std::map<std::string, int> by_device;
    bool more = true;
    int running = 0;
    std::vector<std::unique_ptr<InferRequest>> pool;
    std::function<void(InferRequest&)> again = [&](InferRequest& one) {
      if (!more) return;
      ++running;
      ASSERT_TRUE(one.start([&](const Outcome& outcome) {
        --running;
        ++by_device[outcome ? std::string(outcome->device) : "failed"];
        again(one);
      }));
    };
    for (int i = 0; i < in_flight; ++i) {
      pool.push_back(model->create_request().value());
      again(*pool.back());
    }
    clock.advance(time);
    more = false;
    while (running > 0) clock.advance_to_next();
    return by_device;
  }
};

TEST_F(MultiTest, WaitsForAllDevicesSinceItsUsersAskHowManyRequestsItNeeds) {
  let_time_go_on();
  make({device("a", "load=10s,lanes=3"), device("b", "load=1s,lanes=2"), device("c", "load_fails=1")});
  EXPECT_EQ(model->optimal_requests(), 10);
  EXPECT_EQ(model->runtime().execution_streams, 5);
}

TEST_F(MultiTest, SaysWhatItRunsOn) {
  make({device("a", "name=a"), device("b", "name=b")});
  EXPECT_EQ(model->runtime().engine, "sim");
  EXPECT_EQ(model->runtime().device, "sim:a+sim:b");
  EXPECT_EQ(model->runtime().precision, "f32");
}

TEST_F(MultiTest, NamesTheReasonOfEveryDeviceIfNoneCanServe) {
  auto failed = make_multi({device("a", "load_fails=1"), device("b", "load_fails=1")}, with_events());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::device_unusable);
  EXPECT_THAT(failed.error().message, testing::AllOf(HasSubstr("a: "), HasSubstr("b: ")));
}

TEST_F(MultiTest, KeepsAllDevicesBusy) {
  make_and_measure({device("a", "name=a,latency=4ms"), device("b", "name=b,latency=12ms,lanes=2")});
  auto done = saturate(model->optimal_requests(), 12s);
  EXPECT_NEAR(done["sim:a"], 3000, 30);
  EXPECT_NEAR(done["sim:b"], 2000, 20);
}

TEST_F(MultiTest, SharesALightLoadInProportionToMeasuredSpeed) {
  make_and_measure({device("a", "name=a,latency=4ms,lanes=3"), device("b", "name=b,latency=4ms")});
  auto done = saturate(4, 4s);  // of the 8 that both could take
  EXPECT_NEAR(done["sim:a"], 3000, 100);
  EXPECT_NEAR(done["sim:b"], 1000, 100);
}

TEST_F(MultiTest, GivesASingleRequestToTheFastestDevice) {
  make_and_measure({device("a", "name=a,latency=20ms"), device("b", "name=b,latency=4ms")});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(served_by(request()), "sim:b");
}

TEST_F(MultiTest, TellsMeasuredSpeeds) {
  make_and_measure({device("a", "latency=20ms"), device("b", "latency=4ms,lanes=2")});
  EXPECT_NEAR(events.last("serving", "a").inferences_per_second.value(), 50, 1);
  EXPECT_NEAR(events.last("serving", "b").inferences_per_second.value(), 500, 5);
}

TEST_F(MultiTest, RemovesAFailingDeviceAndTakesItBack) {
  make_and_measure({device("a", "name=a,latency=4ms,die_at=100,revive_at=105"), device("b", "name=b,latency=4ms")});
  EXPECT_EQ(model->optimal_requests(), 4);
  auto done = saturate(4, 500ms);
  EXPECT_EQ(done["failed"], 0);
  EXPECT_EQ(model->optimal_requests(), 2) << "a is out";
  clock.advance(60s);
  EXPECT_EQ(model->optimal_requests(), 4) << "a is back";
  EXPECT_EQ(events.count("readmitted a"), 1);
  done = saturate(4, 4s);
  EXPECT_EQ(done["failed"], 0);
  EXPECT_NEAR(done["sim:a"], 1000, 50);
  EXPECT_NEAR(done["sim:b"], 1000, 50);
}

TEST_F(MultiTest, MeasuresTheOthersWhereTheOneThatIsMeasuredFails) {
  make({device("a", "name=a,latency=4ms,fail=2"), device("b", "name=b,latency=20ms")});
  ASSERT_TRUE(infer(request()));  // inference 0 of a; 1 is the first that measures it
  auto other = model->create_request().value();
  int ended = 0;
  ASSERT_TRUE(request().start([&](const Outcome& outcome) { ended += outcome ? 1 : 0; }));
  ASSERT_TRUE(other->start([&](const Outcome& outcome) { ended += outcome ? 1 : 0; }));
  clock.advance(900ms);  // a is asked after a second
  EXPECT_EQ(ended, 2);
  EXPECT_EQ(events.count("failed a"), 1);
  EXPECT_EQ(events.count("serving b"), 1);
  EXPECT_NEAR(events.last("serving", "b").inferences_per_second.value_or(0), 50, 1);
}

TEST_F(MultiTest, IsWhatAutoIsForCumulativeThroughput) {
  CompileOptions options = with_events();
  options.hint = PerformanceHint::cumulative_throughput;
  std::vector<PerformanceHint> hints;
  auto spy = [&](const CompileOptions& o) -> Result<std::shared_ptr<CompiledModel>> {
    hints.push_back(o.hint);
    return simulate("lanes=2", clock);
  };
  model = make_auto({{"a", spy}}, options).value();
  EXPECT_EQ(model->optimal_requests(), 4);
  EXPECT_EQ(hints.at(0), PerformanceHint::throughput);
}

}  // namespace
}  // namespace inflight
