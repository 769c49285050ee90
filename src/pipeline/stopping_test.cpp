// Invariant 5: close() drains, stop() finishes what runs and drops what waits, whenever and wherever they are called.
#include "pipeline_test_kit.hpp"

namespace inflight::test {
namespace {

/// A run that stands still with `kRequests` frames in the engine and the rest of `kRead` waiting for it, and with
/// its source waiting for an eleventh.
class Stopping : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kRead = 10;
  static constexpr int kRequests = 2;

  void begin(Api api = Api::async) {
    SourceScript script;
    script.block_at = api == Api::async ? kRead : 1;
    WatchedModel::Script watch;
    simulation.watch(watch);
    simulation.options.max_frames = 2 * static_cast<int>(kRead);  // all are read while time stands
    pipeline.emplace(simulation.detector, simulation.with(api, kRequests));
    pipeline->add_source(scripted(script));
    pipeline->add_sink(recording(record));
    summary_ = std::async(std::launch::async, [this] { return finish_run(*pipeline); });
    script.reads->await(*script.block_at);
    watch.starts->await(api == Api::async ? kRequests : 1);
  }

  RunSummary end() {
    simulation.fly();
    RunSummary summary = summary_.get();
    expect_accounted(summary, *record);
    expect_in_order(*record);
    return summary;
  }

  Simulation simulation{kDevice, Simulation::Time::stands};
  std::optional<Pipeline> pipeline;
  std::shared_ptr<Record> record = std::make_shared<Record>();

 private:
  std::future<RunSummary> summary_;
};

TEST_F(Stopping, ByCloseFinishesWhatWasRead) {
  begin();
  pipeline->close();
  EXPECT_EQ(end().frames.emitted, kRead);
}

TEST_F(Stopping, ByStopFinishesWhatRunsAndDropsWhatWaits) {
  begin();
  pipeline->stop();
  RunSummary summary = end();
  EXPECT_EQ(summary.frames.read, kRead);
  EXPECT_EQ(summary.frames.emitted, static_cast<std::uint64_t>(kRequests));
  EXPECT_EQ(summary.frames.dropped["closed"], kRead - kRequests);
  EXPECT_EQ(summary.error, "") << "to be stopped is no failure";
  EXPECT_EQ(record->all.back().reason, "closed: the run was stopped");
}

TEST_F(Stopping, ByStopAfterCloseDropsWhatStillWaits) {
  begin();
  pipeline->close();
  pipeline->stop();
  EXPECT_EQ(end().frames.emitted, static_cast<std::uint64_t>(kRequests));
}

TEST_F(Stopping, ByCloseAfterStopBringsNothingBack) {
  begin();
  pipeline->stop();
  pipeline->close();
  pipeline->stop();
  EXPECT_EQ(end().frames.total_dropped(), kRead - kRequests);
}

TEST_F(Stopping, ByManyThreadsAtOnceIsSound) {
  begin();
  std::vector<std::future<void>> threads;
  for (int i = 0; i < 4; ++i) {
    threads.push_back(std::async(std::launch::async, [this, i] {
      i % 2 ? pipeline->close() : pipeline->stop();
      EXPECT_LE(pipeline->progress().done, pipeline->progress().read);
    }));
  }
  threads.clear();
  EXPECT_EQ(end().frames.emitted, static_cast<std::uint64_t>(kRequests));
}

TEST_F(Stopping, OfASynchronousRunFinishesItsFrame) {
  begin(Api::sync);
  pipeline->stop();
  EXPECT_EQ(end().frames.emitted, 1U);
}

class StoppingEither : public ::testing::TestWithParam<Api> {
 protected:
  Simulation simulation;
  Pipeline pipeline{simulation.detector, simulation.with(GetParam())};
  std::shared_ptr<Record> record = std::make_shared<Record>();
};

TEST_P(StoppingEither, BeforeTheRunLeavesNothingToRead) {
  pipeline.close();
  pipeline.add_source(synthetic(20));
  pipeline.add_sink(recording(record));
  RunSummary summary = finish_run(pipeline);
  EXPECT_EQ(summary.frames.read, 0U);
  expect_accounted(summary, *record);
}

TEST_P(StoppingEither, ByStopBeforeTheRunLeavesNothingToRead) {
  pipeline.stop();
  pipeline.add_source(synthetic(20));
  pipeline.add_source(synthetic(20));
  pipeline.add_sink(recording(record));
  EXPECT_EQ(finish_run(pipeline).frames.read, 0U);
  EXPECT_EQ(record->finished, 1);
}

TEST_P(StoppingEither, AfterTheRunDoesNothing) {
  pipeline.add_source(synthetic(20));
  EXPECT_EQ(finish_run(pipeline).frames.emitted, 20U);
  pipeline.close();
  pipeline.stop();
  EXPECT_EQ(pipeline.progress().done, 20U);
}

TEST_P(StoppingEither, WakesASourceThatWaits) {
  SourceScript script;
  script.block_at = 3;
  pipeline.add_source(scripted(script));
  pipeline.add_sink(recording(record));
  auto summary = std::async(std::launch::async, [&] { return finish_run(pipeline); });
  script.reads->await(3);
  pipeline.close();
  EXPECT_EQ(summary.get().frames.emitted, 3U);
}

TEST_P(StoppingEither, FromWithinASourceIsSound) {
  SourceScript script;
  script.before = [this](std::uint64_t id) { id == 7 ? pipeline.close() : void(); };
  pipeline.add_source(scripted(script));
  pipeline.add_sink(recording(record));
  RunSummary summary = finish_run(pipeline);
  EXPECT_EQ(summary.frames.emitted, 8U) << "the frame that was being read counts";
  expect_accounted(summary, *record);
}

TEST_P(StoppingEither, FromAnotherThreadAtAnyMomentIsSound) {
  for (int moment = 0; moment < 12; ++moment) {
    Pipeline run(simulation.detector, simulation.with(GetParam()));
    auto seen = std::make_shared<Record>();
    run.add_source(synthetic(60));
    run.add_source(synthetic(60, 2));
    run.add_sink(recording(seen));
    auto stopper = std::async(std::launch::async, [&] {
      while (run.progress().read < static_cast<std::uint64_t>(moment) * 8) std::this_thread::yield();
      moment % 2 ? run.stop() : run.close();
    });
    RunSummary summary = finish_run(run);
    stopper.wait();
    expect_accounted(summary, *seen);
    expect_in_order(*seen, 2);
  }
}

INSTANTIATE_TEST_SUITE_P(Apis, StoppingEither, ::testing::Values(Api::sync, Api::async));

TEST(StoppingWhileASinkIsStuck, WakesSourcesThatWaitForCredits) {
  Simulation simulation;
  PipelineOptions options = simulation.options;
  options.max_frames = 3;
  Pipeline pipeline(simulation.detector, options);
  auto record = std::make_shared<Record>();
  Gate gate;
  SourceScript source;
  SinkScript stuck;
  stuck.before = [&](std::uint64_t) { gate.pass(); };
  pipeline.add_source(scripted(source));
  pipeline.add_sink(recording(record, stuck));
  auto summary = std::async(std::launch::async, [&] { return finish_run(pipeline); });
  source.reads->await(3);
  pipeline.close();
  gate.open();
  EXPECT_EQ(summary.get().frames.emitted, 3U);
}

}  // namespace
}  // namespace inflight::test
