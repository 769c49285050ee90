#include <cmath>

#include "measure_test_kit.hpp"

namespace inflight {
namespace {

using testing::Contains;
using testing::HasSubstr;

// The numbers of queries in MLPerf's own tables of early stopping.
TEST(EarlyStopping, NeedsAsManyQueriesAsMlperfSays) {
  EXPECT_EQ(allowed_over_latency(63, 0.9), 0U);
  EXPECT_EQ(allowed_over_latency(64, 0.9), 1U);
  EXPECT_EQ(allowed_over_latency(661, 0.99), 0U);
  EXPECT_EQ(allowed_over_latency(662, 0.99), 1U);
  EXPECT_EQ(allowed_over_latency(458, 0.99), std::nullopt);
  EXPECT_EQ(allowed_over_latency(0, 0.99), std::nullopt);
}

TEST(EarlyStopping, AllowsNearlyTheShareOfManyQueries) {
  EXPECT_NEAR(static_cast<double>(*allowed_over_latency(270336, 0.99)), 2703.36 - 2.33 * std::sqrt(2676.3), 3);
  EXPECT_LT(*allowed_over_latency(10'000'000, 0.9), 1'000'000U);
}

class ScenarioTest : public MeasureTest {
 protected:
  ScenarioVerdict play(const std::string& device, const ScenarioOptions& scenario) {
    LoadOptions base;
    base.clock = &clock;
    LoadOptions load = to_load(scenario, std::move(base)).value();
    return judge(scenario, run_load(simulate(device), load).value());
  }

  static ScenarioOptions of(Scenario scenario, Duration time) {
    ScenarioOptions options;
    options.scenario = scenario;
    options.min_duration = time;
    return options;
  }
};

TEST_F(ScenarioTest, SingleStreamIsTheLatencyOfOneAtATime) {
  ScenarioVerdict verdict = play("latency=10ms,lanes=4", of(Scenario::single_stream, 10s));
  EXPECT_TRUE(verdict.valid) << testing::PrintToString(verdict.reasons);
  EXPECT_EQ(verdict.metric, "p90 latency");
  EXPECT_NEAR(*verdict.value, 10, 0.05);
  EXPECT_THAT(verdict.reasons, Contains(HasSubstr("MLPerf itself asks for 600 s")));
}

TEST_F(ScenarioTest, MultiStreamIsTheLatencyOfEight) {
  ScenarioVerdict verdict = play("latency=10ms,lanes=4", of(Scenario::multi_stream, 20s));
  EXPECT_TRUE(verdict.valid) << testing::PrintToString(verdict.reasons);
  EXPECT_GE(*verdict.value, 20 * 0.99);
  EXPECT_LE(*verdict.value, 80 * 1.01);
}

TEST_F(ScenarioTest, ServerIsValidWhereTheBoundHolds) {
  ScenarioOptions server = of(Scenario::server, 60s);
  server.rate = 40;  // of a device that does 100
  server.bound = 100ms;
  ScenarioVerdict verdict = play("latency=10ms", server);
  EXPECT_TRUE(verdict.valid) << testing::PrintToString(verdict.reasons);
  EXPECT_NEAR(*verdict.value, 40, 3);
}

TEST_F(ScenarioTest, ServerIsInvalidPastTheDevicesSpeedAndSaysWhatToDo) {
  ScenarioOptions server = of(Scenario::server, 60s);
  server.rate = 110;
  server.bound = 100ms;
  ScenarioVerdict verdict = play("latency=10ms", server);
  EXPECT_FALSE(verdict.valid);
  EXPECT_THAT(verdict.reasons, Contains(HasSubstr("ask for a lower rate")));
}

TEST_F(ScenarioTest, ServerNeedsARateAndABound) {
  EXPECT_THAT(to_load(of(Scenario::server, 1s), {}).error().message, HasSubstr("--max-latency"));
}

TEST_F(ScenarioTest, OfflineIsTheThroughputOfEverythingAtOnce) {
  ScenarioOptions offline = of(Scenario::offline, 1s);
  offline.min_queries = 1000;
  ScenarioVerdict verdict = play("latency=10ms,lanes=4", offline);
  EXPECT_TRUE(verdict.valid) << testing::PrintToString(verdict.reasons);
  EXPECT_LE(*verdict.value, 400);
  EXPECT_GT(*verdict.value, 100);  // of one lane alone; simulated time passes between two inferences, too
}

TEST_F(ScenarioTest, FailuresMakeARunInvalid) {
  ScenarioVerdict verdict = play("latency=1ms,fail=9", of(Scenario::single_stream, 1s));
  EXPECT_FALSE(verdict.valid);
  EXPECT_THAT(verdict.reasons, Contains(HasSubstr("1 inferences failed")));
}

TEST(Scenario, ARunThatWasTooShortIsInvalid) {
  ScenarioOptions options;
  LoadSummary summary;
  summary.queries = 10;
  summary.wall_s = 1;
  ScenarioVerdict verdict = judge(options, summary);
  EXPECT_FALSE(verdict.valid);
  EXPECT_EQ(verdict.value, std::nullopt);
  EXPECT_THAT(verdict.reasons, Contains(HasSubstr("10 queries ran, 64 are needed")));
  EXPECT_THAT(verdict.reasons, Contains(HasSubstr("it ran for 1.0 s, 600.0 s are needed")));
}

}  // namespace
}  // namespace inflight
