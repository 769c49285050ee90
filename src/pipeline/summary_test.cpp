// What run() and progress() tell of a run.
#include <thread>

#include "pipeline_test_kit.hpp"
#include "rate_meter.hpp"
#include "stage_meter.hpp"

namespace inflight::test {
namespace {

class Summary : public ::testing::TestWithParam<Api> {
 protected:
  RunSummary run(int frames = 100, int requests = 4) {
    Pipeline pipeline(simulation.detector, simulation.with(GetParam(), requests));
    pipeline.add_source(synthetic(frames));
    pipeline.on_result([](const FrameResult&) {});
    return finish_run(pipeline);
  }
  Simulation simulation{"sim:latency=5ms,lanes=2"};
};

TEST_P(Summary, NamesTheStagesInTheOrderOfAFramesWay) {
  std::vector<std::string> names;
  for (const StageSummary& stage : run().stages) names.push_back(stage.name);
  EXPECT_EQ(names, (std::vector<std::string>{"decode", "preprocess", "infer", "postprocess", "sink"}));
}

TEST_P(Summary, HasSharesOfTimeBetweenNothingAndAll) {
  for (const StageSummary& stage : run().stages) {
    EXPECT_GE(stage.utilisation, 0) << stage.name;
    EXPECT_LE(stage.utilisation, 1) << stage.name;
    EXPECT_LE(stage.p50_ms, stage.p99_ms) << stage.name;
    EXPECT_FALSE(stage.core_ms) << "not calibrated";
  }
}

TEST_P(Summary, HasLatenciesThatRise) {
  LatencySummary latency = run().latency;
  EXPECT_GE(latency.p50, 5 * 255.0 / 256) << "an inference takes 5 ms";
  EXPECT_LE(latency.p50, latency.p90);
  EXPECT_LE(latency.p90, latency.p95);
  EXPECT_LE(latency.p95, latency.p99);
  EXPECT_LE(latency.p99, latency.max);
}

TEST_P(Summary, TellsWhatRan) {
  RunSummary summary = run();
  EXPECT_EQ(summary.api, GetParam() == Api::sync ? "sync" : "async");
  EXPECT_EQ(summary.engine.engine, "sim");
  EXPECT_EQ(summary.engine.device, "sim:sim");
  EXPECT_EQ(summary.engine.precision, "f32");
  EXPECT_EQ(summary.engine.execution_streams, 2);
  EXPECT_EQ(summary.engine.requests, GetParam() == Api::sync ? 1 : 4);
  EXPECT_FALSE(summary.limit_fps);
  EXPECT_FALSE(summary.efficiency);
  EXPECT_EQ(summary.error, "");
}

TEST_P(Summary, CountsTimeByTheClockOfTheRunAndProcessorTimeByTheProcessor) {
  RunSummary summary = run();
  EXPECT_GE(summary.wall_s, 0.25) << "100 inferences of 5 ms, 2 at a time";
  EXPECT_LE(summary.wall_s, 0.5 + 1e-9);
  EXPECT_DOUBLE_EQ(summary.fps, 100 / summary.wall_s);
  EXPECT_GT(summary.cpu_s, 0);
  EXPECT_GT(summary.peak_rss_mb, 0);
}

TEST_P(Summary, SaysWhatLimits) {
  // In simulated time everything but the inference takes none.
  EXPECT_THAT(run().bottleneck, ::testing::StartsWith("infer: at work "));
}

TEST_P(Summary, OfNoFramesIsInOrderToo) {
  Pipeline pipeline(simulation.detector, simulation.with(GetParam()));
  pipeline.close();
  pipeline.add_source(synthetic(3));
  RunSummary summary = finish_run(pipeline);
  EXPECT_TRUE(summary.frames.adds_up());
  EXPECT_EQ(summary.fps, 0);
  EXPECT_EQ(summary.latency.max, 0);
  EXPECT_NE(summary.bottleneck, "");
}

TEST_P(Summary, CountsFromTheSourcesOwnBeginningInSteadyTime) {
  DetectorOptions real_time;
  auto detector = make_detector("model", "sim:latency=1us", real_time).value();
  PipelineOptions options;
  options.api = GetParam();
  Pipeline pipeline(detector, options);
  // A decoder began this picture an hour before it could give it.
  class Slow final : public Source {
   public:
    const SourceInfo& info() const noexcept override { return info_; }
    Result<bool> read(Frame& frame) override {
      frame = Frame::allocate({64, 48});
      frame.read_at = steady_clock().now() - std::chrono::hours(1);
      return !std::exchange(given_, true);
    }

   private:
    SourceInfo info_{"slow", {64, 48}, 30, 1};
    bool given_ = false;
  };
  pipeline.add_source(std::make_unique<Slow>());
  EXPECT_GE(finish_run(pipeline).latency.max, 3'600'000.0);
}

INSTANTIATE_TEST_SUITE_P(Apis, Summary, ::testing::Values(Api::sync, Api::async));

TEST(SynchronousSummary, IsExactInSimulatedTime) {
  Simulation simulation("sim:latency=5ms,lanes=1");
  Pipeline pipeline(simulation.detector, simulation.with(Api::sync));
  pipeline.add_source(synthetic(100));
  RunSummary summary = finish_run(pipeline);
  EXPECT_DOUBLE_EQ(summary.wall_s, 0.5);
  EXPECT_DOUBLE_EQ(summary.fps, 200);
  // From 5 ms to 500 ms lie 99 intervals.
  EXPECT_DOUBLE_EQ(summary.sources[0].fps, 200);
  EXPECT_DOUBLE_EQ(summary.stages[2].utilisation, 1);
  EXPECT_DOUBLE_EQ(summary.latency.max, 5);
  EXPECT_THAT(summary.bottleneck, ::testing::HasSubstr("wait for one another"));
}

// ---- credits ----

TEST(CreditSummary, SaysThatTheirNumberWasAskedFor) {
  Simulation simulation;
  simulation.options.max_frames = 7;
  Pipeline pipeline(simulation.detector, simulation.options);
  pipeline.add_source(synthetic(200));
  CreditSummary credits = finish_run(pipeline).credits;
  EXPECT_EQ(credits.start, 7U);
  EXPECT_EQ(credits.most, 7U);
  EXPECT_EQ(credits.end, 7U);
  EXPECT_EQ(credits.why, "as asked for");
}

TEST(CreditSummary, BeginsWithAFewMoreThanRequests) {
  Simulation simulation;
  Pipeline pipeline(simulation.detector, simulation.with(Api::async, 4));
  pipeline.add_source(synthetic(200));
  RunSummary summary = finish_run(pipeline);
  EXPECT_EQ(summary.credits.start, 7U);
  EXPECT_GE(summary.credits.end, 7U);
  EXPECT_LE(summary.credits.most, 20U);
  EXPECT_EQ(summary.credits.most, summary.credit_frames);
  EXPECT_NE(summary.credits.why, "");
}

TEST(CreditSummary, IsEmptyWhereOneFrameFollowsTheOther) {
  Simulation simulation;
  Pipeline pipeline(simulation.detector, simulation.with(Api::sync));
  pipeline.add_source(synthetic(3));
  CreditSummary credits = finish_run(pipeline).credits;
  EXPECT_EQ(credits.most, 0U);
  EXPECT_EQ(credits.why, "");
}

// A sink that comes late now and then holds every credit while the device has nothing to do.
TEST(CreditSummary, TellsThatThereWereMoreWhereTheDeviceWaitedForASink) {
  Simulation simulation("sim:latency=0ms,lanes=1");
  Pipeline pipeline(simulation.detector, simulation.with(Api::async, 2));
  SourceScript endless;
  endless.frames = 1'000'000'000;
  SinkScript late;
  bool closed = false;
  late.before = [&](std::uint64_t write) {
    if (closed || pipeline.status().most_frames > 5) {
      closed = true;
      return pipeline.close();
    }
    if (write % 4 == 0) simulation.clock.advance(milliseconds(1));
    if (write % 16 > 0) return;
    // Until it holds all, and then some, for no thread can be seen to wait.
    for (int i = 0; i < 1000 || pipeline.status().frames_held < 5; ++i) std::this_thread::yield();
    simulation.clock.advance(milliseconds(10));
  };
  auto record = std::make_shared<Record>();
  pipeline.add_source(scripted(endless));
  pipeline.add_sink(recording(record, late));
  RunSummary summary = finish_run(pipeline);  // would never end if there were no more
  expect_accounted(summary, *record);
  EXPECT_GT(summary.credits.most, summary.credits.start);
  EXPECT_THAT(summary.credits.why, ::testing::StartsWith("1 time more: the device waited"));
}

// ---- progress ----

TEST(Progress, BeforeTheRunKnowsWhatToExpect) {
  Simulation simulation;
  Pipeline pipeline(simulation.detector, simulation.options);
  EXPECT_EQ(pipeline.progress().expected, 0U);
  pipeline.add_source(synthetic(20));
  pipeline.add_source(synthetic(22));
  Progress progress = pipeline.progress();
  EXPECT_EQ(progress.expected, 42U);
  EXPECT_EQ(progress.read + progress.done, 0U);
  EXPECT_EQ(progress.elapsed, Duration{0});
  EXPECT_EQ(progress.frames_per_second, 0);
}

TEST(Progress, ExpectsNothingWhereOneSourceIsWithoutAnEnd) {
  Simulation simulation;
  Pipeline pipeline(simulation.detector, simulation.options);
  pipeline.add_source(synthetic(20));
  pipeline.add_source(open_source("synthetic:64x48,frames=0,fps=30,seed=1").value());
  EXPECT_EQ(pipeline.progress().expected, 0U);
}

TEST(Progress, StandsStillOnceTheRunHasEnded) {
  for (Api api : {Api::sync, Api::async}) {
    Simulation simulation;
    Pipeline pipeline(simulation.detector, simulation.with(api));
    pipeline.add_source(synthetic(20));
    RunSummary summary = finish_run(pipeline);
    Progress at_end = pipeline.progress();
    EXPECT_DOUBLE_EQ(to_seconds(at_end.elapsed), summary.wall_s);
    simulation.clock.advance(std::chrono::hours(1));
    EXPECT_EQ(pipeline.progress().elapsed, at_end.elapsed);
    EXPECT_EQ(pipeline.progress().frames_per_second, at_end.frames_per_second);
  }
}

TEST(Progress, GrowsDuringTheRunAndEndsAtAllFrames) {
  for (Api api : {Api::sync, Api::async}) {
    Simulation simulation;
    Pipeline pipeline(simulation.detector, simulation.with(api));
    Progress last;
    pipeline.add_source(synthetic(50));
    pipeline.on_result([&](const FrameResult&) {
      Progress now = pipeline.progress();
      EXPECT_GT(now.done, 0U);
      EXPECT_GE(now.done, last.done);
      EXPECT_GE(now.read, now.done);
      EXPECT_GE(now.elapsed, last.elapsed);
      last = now;
    });
    finish_run(pipeline);
    Progress end = pipeline.progress();
    EXPECT_EQ(end.done, 50U);
    EXPECT_EQ(end.read, 50U);
    EXPECT_GT(end.frames_per_second, 0);
  }
}

// ---- meters ----

TEST(RateMeter, TellsARateThatIsSteady) {
  RateMeter meter;
  TimePoint now{};
  EXPECT_EQ(meter.tick(now), 0) << "one frame has no rate";
  for (int i = 0; i < 100; ++i) EXPECT_NEAR(meter.tick(now += milliseconds(20)), 50, 1e-6) << i;
}

TEST(RateMeter, ForgetsWhatIsLongPast) {
  RateMeter meter;
  TimePoint now{};
  for (int i = 0; i < 50; ++i) meter.tick(now += milliseconds(100));
  double rate = 0;
  for (int i = 0; i < 33; ++i) rate = meter.tick(now += milliseconds(10));
  EXPECT_NEAR(rate, 100, 1e-6);
}

TEST(RateMeter, IsZeroWhereNoTimePasses) {
  RateMeter meter;
  for (int i = 0; i < 40; ++i) EXPECT_EQ(meter.tick(TimePoint{}), 0);
}

TEST(StageMeter, IsAsBusyAsTheBusiestOfItsThreads) {
  StageMeter a, b;
  a.record(milliseconds(3));
  b.record(milliseconds(2));
  b.record(milliseconds(2));
  a.merge(b);
  EXPECT_EQ(a.busy(), milliseconds(4));
  EXPECT_EQ(a.histogram().count(), 3U);
}

/// Finds nothing, and has a doubt until it was taken.
class DoubtingPostprocessor final : public Postprocessor {
 public:
  Result<void> run(std::span<const TensorView> /*outputs*/, const SourceTransform& /*transform*/,
                   std::vector<Detection>& detections) const override {
    detections.clear();
    doubt_ = true;
    return {};
  }
  std::string take_doubt() const override { return doubt_.exchange(false) ? "scores are low" : ""; }

 private:
  mutable std::atomic<bool> doubt_ = true;  // of a run before
};

std::vector<std::string> doubts(const RunSummary& summary) {
  std::vector<std::string> texts;
  for (const Event& event : summary.events)
    if (event.kind == "nothing_found") texts.push_back(event.text);
  return texts;
}

TEST(Doubts, AreToldOfARunThatFoundNothing) {
  for (Api api : {Api::sync, Api::async}) {
    Simulation simulation;
    simulation.detector.postprocessor = std::make_shared<DoubtingPostprocessor>();
    Pipeline pipeline(simulation.detector, simulation.with(api));
    pipeline.add_source(synthetic(5));
    EXPECT_THAT(doubts(pipeline.run().value()),
                ::testing::ElementsAre("nothing was found in any frame: scores are low"));
  }
}

TEST(Doubts, AreToldOfEachModelByItsName) {
  Simulation simulation;
  Detector doubting = simulation.detector;
  doubting.postprocessor = std::make_shared<DoubtingPostprocessor>();
  Pipeline pipeline({{"sure", simulation.detector}, {"unsure", doubting}}, simulation.options);
  pipeline.add_source(synthetic(5));
  EXPECT_THAT(doubts(pipeline.run().value()),
              ::testing::ElementsAre(::testing::StartsWith("unsure: nothing was found")));
}

TEST(Doubts, AreNoneWhereNoFrameWasLookedAt) {
  Simulation simulation("sim:fail_rate=1");
  simulation.detector.postprocessor = std::make_shared<DoubtingPostprocessor>();
  Pipeline pipeline(simulation.detector, simulation.options);
  pipeline.add_source(synthetic(3));
  RunSummary summary = pipeline.run().value();
  EXPECT_EQ(summary.frames.total_failed(), 3U);
  EXPECT_TRUE(doubts(summary).empty());
}

}  // namespace
}  // namespace inflight::test
