#include "measure_test_kit.hpp"

namespace inflight {
namespace {

using testing::Each;
using testing::HasSubstr;

class LoadTest : public MeasureTest {
 protected:
  LoadSummary run(const std::string& device, const LoadOptions& options) {
    Result<LoadSummary> summary = run_load(simulate(device), options);
    if (!summary) throw std::runtime_error(summary.error().message);
    return *summary;
  }
};

TEST_F(LoadTest, RunsAsManyInferencesAsAskedFor) {
  LoadSummary summary = run("latency=1ms,lanes=2", load(100));
  EXPECT_EQ(summary.count, 100U);
  EXPECT_EQ(summary.latency.count(), 100U);
  EXPECT_EQ(summary.failed, 0U);
  EXPECT_EQ(summary.devices.at("sim:sim"), 100U);
}

TEST_F(LoadTest, GoesOnForTheWholeTime) {
  LoadOptions options = load(0);
  options.duration = 1s;
  options.synchronous = true;
  LoadSummary summary = run("latency=10ms", options);
  EXPECT_EQ(summary.count, 100U);
  EXPECT_DOUBLE_EQ(summary.inferences_per_second(), 100);
  EXPECT_NEAR(to_ms(summary.latency.percentile(0.5)), 10, 0.05);
}

TEST_F(LoadTest, EndsOnlyWhenBothLimitsAreReached) {
  LoadOptions options = load(300);
  options.duration = 1s;
  options.synchronous = true;
  EXPECT_EQ(run("latency=10ms", options).count, 300U);
  options.iterations = 5;
  EXPECT_EQ(run("latency=10ms", options).count, 100U);
}

TEST_F(LoadTest, CountsTheFirstInferenceApart) {
  LoadOptions options = load(50);
  options.synchronous = true;
  LoadSummary summary = run("latency=1ms,first=200ms", options);
  EXPECT_EQ(summary.first_inference, 201ms);
  EXPECT_EQ(summary.latency.max(), 1ms);
  options.warm_up = false;
  summary = run("latency=1ms,first=200ms", options);
  EXPECT_EQ(summary.first_inference, std::nullopt);
  EXPECT_EQ(summary.latency.max(), 201ms);
}

// A device too slow for the pace must not look fast because the load waited for it.
TEST_F(LoadTest, CountsLatencyFromWhenAnInferenceWasDue) {
  LoadOptions options = load(100);
  options.arrivals = Arrivals::even;
  options.rate = 200;
  options.requests = 1;
  LoadSummary summary = run("latency=10ms", options);
  // The n-th is due after n · 5 ms and answered after (n + 1) · 10 ms.
  EXPECT_NEAR(to_ms(summary.latency.max()), 99 * 5 + 10, 1);
  EXPECT_NEAR(to_ms(summary.latency.percentile(0.5)), 49 * 5 + 10, 3);
}

TEST_F(LoadTest, KeepsThePaceWhereTheDeviceKeepsUp) {
  LoadOptions options = load(100);
  options.arrivals = Arrivals::even;
  options.rate = 50;
  LoadSummary summary = run("latency=1ms", options);
  EXPECT_NEAR(summary.wall_s, 99 * 0.02 + 0.001, 0.001);
  EXPECT_EQ(summary.latency.max(), 1ms);
}

TEST_F(LoadTest, DrawsRandomArrivalsWithTheRateAskedForAndTheSameForASeed) {
  LoadOptions options = load(4000);
  options.arrivals = Arrivals::poisson;
  options.rate = 100;
  LoadSummary summary = run("latency=1us", options);
  EXPECT_NEAR(summary.inferences_per_second(), 100, 5);
  EXPECT_EQ(run("latency=1us", options).wall_s, summary.wall_s);
  options.seed = 2;
  EXPECT_NE(run("latency=1us", options).wall_s, summary.wall_s);
}

TEST_F(LoadTest, TimesABurstUntilItsLastAnswer) {
  LoadOptions options = load(80);
  options.arrivals = Arrivals::bursts;
  LoadSummary summary = run("latency=5ms,lanes=2", options);
  EXPECT_EQ(summary.queries, 10U);
  EXPECT_EQ(summary.count, 80U);
  // Eight on two lanes; more where simulated time passes between two of them.
  EXPECT_GE(summary.latency.min(), 4 * 5ms);
  EXPECT_LE(summary.latency.max(), 8 * 5ms);
}

TEST_F(LoadTest, CountsFailuresAndTellsTheFirst) {
  LoadOptions options = load(20);
  options.warm_up = false;
  LoadSummary summary = run("latency=1ms,fail=3", options);
  EXPECT_EQ(summary.count, 20U);
  EXPECT_EQ(summary.failed, 1U);
  EXPECT_THAT(summary.error, HasSubstr("simulated inference failed"));
}

TEST_F(LoadTest, EndsEarlyWhereItIsInterrupted) {
  int asked = 0;
  LoadOptions options = load(1000);
  options.interrupted = [&] { return ++asked > 10; };
  LoadSummary summary = run("latency=1ms", options);
  EXPECT_LT(summary.count, 20U);
  EXPECT_TRUE(summary.interrupted);
}

TEST_F(LoadTest, DividesTheRunIntoThreeWindows) {
  LoadOptions options = load(300);
  options.synchronous = true;
  LoadSummary summary = run("latency=2ms", options);
  ASSERT_EQ(summary.windows.size(), 3U);
  for (const LoadWindow& window : summary.windows) {
    EXPECT_EQ(window.count, 100U);
    EXPECT_NEAR(window.mean_latency_ms, 2, 0.01);
    EXPECT_NEAR(window.per_second(), 500, 1);
  }
}

TEST_F(LoadTest, TellsTheRecorderOfEveryRequest) {
  TimelineRecorder recorder;
  LoadOptions options = load(30);
  options.recorder = &recorder;
  options.arrivals = Arrivals::even;
  options.rate = 100;
  run("latency=4ms", options);
  Timeline timeline = recorder.take();
  ASSERT_EQ(timeline.requests.size(), 30U);
  EXPECT_EQ(timeline.requests[7].number, 7U);
  EXPECT_EQ(timeline.requests[7].intended, 70ms);
  EXPECT_EQ(timeline.requests[7].completed, 74ms);
  EXPECT_EQ(timeline.devices, std::vector<std::string>{"sim:sim"});
}

TEST_F(LoadTest, CountsFramesOfABatch) {
  CompileOptions compile;
  compile.clock = &clock;
  compile.batch = 4;
  auto model = compile_model("", "sim:latency=10ms", compile).value();
  LoadOptions options = load(50);
  options.synchronous = true;
  LoadSummary summary = run_load(model, options).value();
  EXPECT_EQ(summary.batch, 4);
  EXPECT_NEAR(summary.frames_per_second(), 400, 1);
}

TEST_F(LoadTest, FillsEveryRequestWithTheInputsGiven) {
  auto model = simulate("latency=1ms,input=1x3x2x2:u8");
  LoadOptions options = load(10);
  options.inputs = random_inputs(model->info(), 3).value();
  for (bool each_time : {false, true}) {
    options.refill_inputs = each_time;
    EXPECT_TRUE(run_load(model, options).has_value());
  }
  options.inputs.front().front() = Tensor(ElementType::u8, {1, 3, 2, 3});
  Result<LoadSummary> refused = run_load(model, options);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("[1,3,2,2]"));
}

TEST_F(LoadTest, RefusesWhatContradictsItself) {
  auto message = [&](const LoadOptions& options) {
    Result<LoadSummary> summary = run_load(simulate(""), options);
    return summary ? "" : summary.error().message;
  };
  EXPECT_THAT(message(load(0)), HasSubstr("needs an end"));
  LoadOptions paced = load(1);
  paced.arrivals = Arrivals::even;
  EXPECT_THAT(message(paced), HasSubstr("rate"));
  paced.rate = 1;
  paced.synchronous = true;
  EXPECT_THAT(message(paced), HasSubstr("synchronous"));
}

// ---- what its numbers say ----

std::vector<LoadWindow> windows_of(std::initializer_list<double> rates) {
  std::vector<LoadWindow> windows;
  for (double rate : rates) windows.push_back({static_cast<std::uint64_t>(rate), 1, 2});
  return windows;
}

TEST(Stability, IsThroughputWithinATenthOverThreeWindows) {
  EXPECT_TRUE(judge(windows_of({100, 105, 95})).stable);
  EXPECT_FALSE(judge(windows_of({100, 130, 95})).stable);
  EXPECT_THAT(judge(windows_of({100, 130, 95})).why, HasSubstr("more than 10 %"));
}

TEST(Stability, IsNotKnownOfAShortRun) {
  EXPECT_FALSE(judge(windows_of({100, 100})).stable);
  EXPECT_THAT(judge(windows_of({1, 1, 1})).why, HasSubstr("not known"));
}

TEST(Percentiles, AreUnknownWhereTooFewValuesWereSeen) {
  Histogram latency;
  for (int i = 0; i < 458; ++i) latency.record(1ms);
  EXPECT_EQ(known_percentile_ms(latency, 0.99), std::nullopt);
  latency.record(1ms);
  EXPECT_NE(known_percentile_ms(latency, 0.99), std::nullopt);
  LoadSummary summary;
  summary.latency = latency;
  EXPECT_THAT(to_text(summary), HasSubstr("unknown: 459 values, 4603 needed"));
  EXPECT_THAT(to_json(summary), HasSubstr("\"p99.9\": null"));
}

TEST(LoadText, EndsAsBenchmarkAppDoes) {
  LoadSummary summary;
  for (int i = 0; i < 1000; ++i) summary.latency.record(2ms);
  summary.count = 1000;
  summary.wall_s = 2;
  summary.devices["ov:CPU"] = 1000;
  std::string text = to_text(summary);
  EXPECT_THAT(text, HasSubstr("[ INFO ] Execution Devices:['ov:CPU']\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\\[ INFO \\] Count: +1000 iterations\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\\[ INFO \\] Duration: +2000.00 ms\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\\[ INFO \\]    Median: +2.00 ms\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\\[ INFO \\] Throughput:   500.00 FPS\n"));
  EXPECT_THAT(to_text(summary, 90), testing::ContainsRegex("   90 percentile: +2.00 ms\n"));
}

}  // namespace
}  // namespace inflight
