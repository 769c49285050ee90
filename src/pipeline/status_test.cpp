// What others see of a run while it goes on.
#include "pipeline_test_kit.hpp"

namespace inflight::test {
namespace {

TEST(Status, TellsWhatIsOnItsWay) {
  Simulation simulation("sim:latency=5ms,lanes=2", Simulation::Time::stands);
  PipelineOptions options = simulation.with(Api::async, 3);
  WatchedModel::Script watch;
  simulation.watch(watch);
  Pipeline pipeline(simulation.detector, options);
  auto reads = std::make_shared<Counter>();
  SourceScript script;
  script.frames = 30;
  script.reads = reads;
  pipeline.add_source(scripted(std::move(script)));
  auto running = std::async(std::launch::async, [&] { return finish_run(pipeline); });
  watch.starts->await(3);
  reads->await(6);  // as many frames as credits: nothing comes back while time stands
  const RunStatus status = pipeline.status();
  EXPECT_EQ(status.in_flight, 3);
  EXPECT_EQ(status.requests, 3);
  EXPECT_EQ(status.frames_held, 6U);
  EXPECT_EQ(status.most_frames, 6U);
  EXPECT_GT(status.bytes_held, 0U);
  EXPECT_EQ(status.frames.emitted, 0U);
  simulation.fly();
  running.get();
}

TEST(Status, EndsAsTheSummary) {
  for (Api api : {Api::sync, Api::async}) {
    Simulation simulation("sim:latency=1ms..4ms,lanes=3,fail=3;7");
    Pipeline pipeline(simulation.detector, simulation.with(api));
    pipeline.add_source(synthetic(50));
    pipeline.on_result([](const FrameResult&) {});
    const RunSummary summary = finish_run(pipeline);
    const RunStatus status = pipeline.status();
    EXPECT_EQ(status.frames.read, 50U);
    EXPECT_EQ(status.frames.emitted, summary.frames.emitted);
    EXPECT_EQ(status.frames.failed, summary.frames.failed);
    EXPECT_EQ(summarise(status.end_to_end).p99, summary.latency.p99);
    ASSERT_EQ(status.stages.size(), summary.stages.size());
    EXPECT_EQ(status.stages[0].frames, 50U) << status.stages[0].name;
    EXPECT_EQ(status.stages[2].frames, 48U) << status.stages[2].name;
    EXPECT_GE(status.stages[2].busy, milliseconds(48));
    EXPECT_EQ(status.requests, 0) << "the run is over";
  }
}

TEST(Status, IsEmptyBeforeTheRun) {
  Simulation simulation;
  Pipeline pipeline(simulation.detector, simulation.options);
  EXPECT_EQ(pipeline.status().frames.read, 0U);
  EXPECT_EQ(pipeline.status().progress.elapsed, Duration{0});
}

TEST(RunSampler, SeesARunFromItsBeginningToItsEnd) {
  Simulation simulation("sim:latency=20ms");
  Pipeline pipeline(simulation.detector, simulation.options);
  pipeline.add_source(synthetic(100));
  RunSampler sampler(pipeline, &simulation.clock);
  const RunSummary summary = finish_run(pipeline);
  const RunSamples samples = sampler.take();
  ASSERT_GE(samples.samples.size(), 2U);
  EXPECT_EQ(samples.samples.front().emitted, 0U);
  EXPECT_EQ(samples.samples.back().emitted, summary.frames.emitted);
  EXPECT_TRUE(std::ranges::is_sorted(samples.samples, {}, &RunSample::at));
  EXPECT_TRUE(std::ranges::is_sorted(samples.samples, {}, &RunSample::emitted));
  EXPECT_EQ(samples.stages.size(), 5U);
}

TEST(RunSampler, EndsWithoutBeingAsked) {
  Simulation simulation;
  Pipeline pipeline(simulation.detector, simulation.options);
  RunSampler sampler(pipeline, &simulation.clock);
}

}  // namespace
}  // namespace inflight::test
