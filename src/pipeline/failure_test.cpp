// Invariant 6: a frame that fails is a result that says so; sources and sinks that fail end the run in good order.
#include "pipeline_test_kit.hpp"

namespace inflight::test {
namespace {

using ::testing::HasSubstr;

/// Fails or throws at one of its frames.
struct Trouble {
  std::optional<int> fail_at, throw_at;
  std::atomic<int> calls = 0;
  Result<void> operator()() {
    int call = calls++;
    if (call == throw_at) throw std::runtime_error("scripted to throw");
    if (call == fail_at) return fail(ErrorCode::invalid_argument, "scripted to fail");
    return {};
  }
};

class TroubledPreprocessor final : public Preprocessor {
 public:
  TroubledPreprocessor(std::shared_ptr<Preprocessor> inner, std::shared_ptr<Trouble> trouble)
      : inner_(std::move(inner)), trouble_(std::move(trouble)) {}
  Result<SourceTransform> run(const Picture& picture, TensorView input) override {
    if (Result<void> ok = (*trouble_)(); !ok) return fail(ok.error());
    return inner_->run(picture, input);
  }

 private:
  std::shared_ptr<Preprocessor> inner_;
  std::shared_ptr<Trouble> trouble_;
};

class TroubledPostprocessor final : public Postprocessor {
 public:
  TroubledPostprocessor(std::shared_ptr<Postprocessor> inner, std::shared_ptr<Trouble> trouble)
      : inner_(std::move(inner)), trouble_(std::move(trouble)) {}
  Result<void> run(std::span<const TensorView> outputs, const SourceTransform& transform,
                   std::vector<Detection>& detections) const override {
    if (Result<void> ok = inner_->run(outputs, transform, detections); !ok) return ok;
    return (*trouble_)();
  }

 private:
  std::shared_ptr<Postprocessor> inner_;
  std::shared_ptr<Trouble> trouble_;
};

class Failure : public ::testing::TestWithParam<Api> {
 protected:
  static constexpr std::uint64_t kFrames = 60;

  Pipeline& build() { return pipeline.emplace(simulation.detector, simulation.with(GetParam(), 3)); }

  /// Runs `kFrames` with one recording sink; the pipeline's other parts are as the test left them.
  RunSummary run() {
    if (!pipeline) build();
    pipeline->add_source(synthetic(kFrames));
    return run_as_it_is();
  }
  RunSummary run_as_it_is() {
    pipeline->add_sink(recording(record));
    RunSummary summary = finish_run(*pipeline);
    expect_accounted(summary, *record);
    expect_in_order(*record);
    return summary;
  }

  Simulation simulation;
  std::optional<Pipeline> pipeline;
  std::shared_ptr<Record> record = std::make_shared<Record>();
};

// ---- engines and processors ----

TEST_P(Failure, OfAnInferenceIsAResultWithItsReason) {
  Simulation failing("sim:latency=1ms..2ms,lanes=2,fail=4;9");
  simulation.detector = failing.detector;
  RunSummary summary = run();
  EXPECT_EQ(summary.frames.failed, (std::map<std::string, std::uint64_t>{{"engine_failed", 2}}));
  EXPECT_EQ(summary.error, "") << "a frame that fails does not fail the run";
  EXPECT_THAT(record->all[4].reason, HasSubstr("engine_failed: the simulated inference failed"));
  EXPECT_TRUE(record->all[4].detections.empty());
  EXPECT_EQ(record->all[5].reason, "");
}

TEST_P(Failure, OfADeviceToStartFailsItsFrames) {
  WatchedModel::Script refusing;
  refusing.refuse_from = 11;
  simulation.watch(refusing);
  RunSummary summary = run();
  EXPECT_EQ(summary.frames.emitted, 10U);
  EXPECT_EQ(summary.frames.failed["engine_failed"], kFrames - 10);
  EXPECT_EQ(record->all.back().reason, "engine_failed: scripted: the device refuses");
}

TEST_P(Failure, OfADeviceToGiveRequestsIsTheErrorOfTheRun) {
  WatchedModel::Script gone;
  gone.no_requests = true;
  simulation.watch(gone);
  build().add_source(synthetic(3));
  Result<RunSummary> summary = pipeline->run();
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code, ErrorCode::device_unusable);
}

TEST_P(Failure, OfARunToBeginFinishesItsSinksAllTheSame) {
  WatchedModel::Script gone;
  gone.no_requests = true;
  simulation.watch(gone);
  SinkScript full;
  full.fail_finish = true;
  auto own = std::make_shared<Record>(), failing = std::make_shared<Record>();
  build().add_source(synthetic(3), one(recording(own)));
  pipeline->add_sink(recording(failing, full));
  pipeline->add_sink(recording(record));
  Result<RunSummary> summary = pipeline->run();
  ASSERT_FALSE(summary);
  for (const auto& sink : {own, failing, record}) EXPECT_EQ(sink->finished, 1);
  EXPECT_EQ(summary.error().message, "scripted: the device is gone; scripted: the file cannot be closed");
}

TEST_P(Failure, OfThePreprocessorFailsItsFrame) {
  auto trouble = std::make_shared<Trouble>();
  trouble->fail_at = 5;
  trouble->throw_at = 7;
  simulation.detector.preprocessor = std::make_shared<TroubledPreprocessor>(simulation.detector.preprocessor, trouble);
  EXPECT_EQ(run().frames.emitted, kFrames - 2);
  EXPECT_EQ(record->all[5].reason, "invalid_argument: scripted to fail");
  EXPECT_EQ(record->all[7].reason, "internal: the preprocessor threw: scripted to throw");
}

TEST_P(Failure, OfThePostprocessorFailsItsFrame) {
  auto trouble = std::make_shared<Trouble>();
  trouble->fail_at = 5;
  trouble->throw_at = 7;
  simulation.detector.postprocessor =
      std::make_shared<TroubledPostprocessor>(simulation.detector.postprocessor, trouble);
  EXPECT_EQ(run().frames.emitted, kFrames - 2);
  for (const Seen& seen : record->all)  // not always 5 and 7: results are read as they come from the engine
    EXPECT_TRUE(seen.status == FrameStatus::emitted || seen.detections.empty()) << seen;
}

TEST_P(Failure, OfAFrameWithoutPixelsIsItsOwn) {
  SourceScript script;
  script.frames = 5;
  script.size = [](std::uint64_t id) { return id == 2 ? Size{0, 0} : Size{64, 48}; };
  build().add_source(scripted(script));
  EXPECT_EQ(run_as_it_is().frames.emitted, 4U);
  EXPECT_EQ(record->all[2].status, FrameStatus::failed);
}

// ---- sources ----

TEST_P(Failure, OfASourceKeepsWhatWasRead) {
  SourceScript script;
  script.error_at = 25;
  build().add_source(scripted(script));
  RunSummary summary = run_as_it_is();
  EXPECT_EQ(summary.frames.emitted, 25U);
  EXPECT_EQ(summary.error, "scripted: damaged here");
  EXPECT_EQ(events_of(summary, "source_failed"), 1U);
}

TEST_P(Failure, OfASourceToReadAFrameIsThatFramesOwn) {
  SourceScript script;
  script.lose_at = 25;
  build().add_source(scripted(script));
  RunSummary summary = run_as_it_is();
  EXPECT_EQ(summary.frames.emitted, 99U);
  EXPECT_EQ(summary.frames.failed, (std::map<std::string, std::uint64_t>{{"unreadable_frame", 1}}));
  EXPECT_EQ(summary.error, "") << "the source went on";
  EXPECT_EQ(events_of(summary, "frame_unreadable"), 1U);
  EXPECT_EQ(record->all[25].status, FrameStatus::failed);
  EXPECT_EQ(record->all[25].reason, "unreadable_frame: scripted: a damaged frame");
  EXPECT_EQ(record->all[25].timestamp, milliseconds(33 * 25));
  EXPECT_EQ(script.ledger->held, 0U);
}

TEST_P(Failure, OfASourceAtOnceGivesAnEmptyRun) {
  SourceScript script;
  script.error_at = 0;
  build().add_source(scripted(script));
  RunSummary summary = run_as_it_is();
  EXPECT_EQ(summary.frames.read, 0U);
  EXPECT_EQ(summary.error, "scripted: damaged here");
  EXPECT_EQ(summary.fps, 0);
}

TEST_P(Failure, OfASourceLeavesTheOthersAlone) {
  SourceScript script;
  script.error_at = 5;
  build().add_source(scripted(script));
  pipeline->add_source(synthetic(40));
  EXPECT_EQ(run_as_it_is().frames.emitted, 45U);
}

TEST_P(Failure, OfASourceMayBeAnException) {
  SourceScript script;
  script.throw_at = 25;
  build().add_source(scripted(script));
  RunSummary summary = run_as_it_is();
  EXPECT_EQ(summary.frames.emitted, 25U);
  EXPECT_EQ(summary.error, "the source threw: scripted to throw");
}

// ---- sinks ----

TEST_P(Failure, OfASinkIsReportedOnceAndTheOthersAreFinished) {
  SinkScript script;
  script.fail_at = 10;
  script.fail_finish = true;
  auto failing = std::make_shared<Record>(), after = std::make_shared<Record>();
  build().add_sink(recording(failing, script));
  pipeline->add_sink(recording(after));
  RunSummary summary = run();
  EXPECT_EQ(summary.error, "scripted: the disk is full");
  EXPECT_EQ(events_of(summary, "sink_failed"), 1U);
  EXPECT_EQ(failing->all.size(), 10U) << "it is given nothing more";
  EXPECT_EQ(failing->finished, 1);
  EXPECT_EQ(after->all, record->all);
  EXPECT_EQ(after->finished, 1);
}

TEST_P(Failure, OfASinkEndsTheReading) {
  SinkScript script;
  script.fail_at = 0;
  SourceScript endless;
  endless.frames = ~std::uint64_t{0};
  build().add_sink(recording(std::make_shared<Record>(), script));
  pipeline->add_source(scripted(endless));
  run_as_it_is();  // or it would never return
}

TEST_P(Failure, OfTwoSinksOnOneFrameIsReportedForEach) {
  SinkScript script;
  script.fail_at = 10;
  script.fail_finish = true;
  build();
  for (int i = 0; i < 2; ++i) pipeline->add_sink(recording(std::make_shared<Record>(), script));
  EXPECT_EQ(events_of(run(), "sink_failed"), 2U);
}

TEST_P(Failure, ThatCameFirstIsTheOneTheRunNames) {
  SourceScript script;
  script.error_at = 5;
  SinkScript sink;
  sink.fail_finish = true;  // long after the source has ended
  build().add_source(scripted(script));
  pipeline->add_sink(recording(record, sink));
  RunSummary summary = finish_run(*pipeline);
  EXPECT_THAT(summary.error, HasSubstr("scripted: damaged here"));
  EXPECT_THAT(summary.error, ::testing::Not(HasSubstr("cannot be closed")));
  EXPECT_EQ(events_of(summary, "sink_failed"), 1U) << "the other is told too";
}

TEST_P(Failure, OfASinkToFinishFailsTheRun) {
  SinkScript script;
  script.fail_finish = true;
  build().add_sink(recording(std::make_shared<Record>(), script));
  RunSummary summary = run();
  EXPECT_EQ(summary.frames.emitted, kFrames);
  EXPECT_EQ(summary.error, "scripted: the file cannot be closed");
  EXPECT_EQ(events_of(summary, "sink_failed"), 1U);
}

TEST_P(Failure, OfASinkMayBeAnException) {
  SinkScript script;
  script.throw_at = 10;
  build().add_sink(recording(std::make_shared<Record>(), script));
  RunSummary summary = run();
  EXPECT_EQ(summary.error, "the sink threw: scripted to throw");
  EXPECT_EQ(events_of(summary, "sink_failed"), 1U);
}

TEST_P(Failure, OfAResultFunctionMayBeAnyException) {
  build().on_result([](const FrameResult& result) {
    if (result.frame.id == 10) throw 42;
  });
  pipeline->on_result([](const FrameResult& result) {
    if (result.frame.id == 10) throw std::runtime_error("mine");
  });
  RunSummary summary = run();
  EXPECT_EQ(events_of(summary, "sink_failed"), 2U);
  EXPECT_THAT(summary.error, HasSubstr("threw"));
}

// ---- what cannot run ----

void expect_invalid(Pipeline& pipeline, const std::string& part_of_message) {
  Result<RunSummary> summary = pipeline.run();
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(summary.error().message, HasSubstr(part_of_message));
}

TEST_P(Failure, OfASecondRunIsAnError) {
  run();
  expect_invalid(*pipeline, "runs once");
}

TEST_P(Failure, OfARunWithoutASourceLeavesThePipelineReady) {
  build();
  expect_invalid(*pipeline, "no source");
  EXPECT_EQ(run().frames.emitted, kFrames);
}

TEST_P(Failure, OfAnEmptyDetectorIsAnError) {
  for (int part = 0; part < 3; ++part) {
    Detector detector = simulation.detector;
    part == 0 ? detector.model.reset() : part == 1 ? detector.preprocessor.reset() : detector.postprocessor.reset();
    Pipeline hollow(detector, simulation.with(GetParam()));
    hollow.add_source(synthetic(3));
    expect_invalid(hollow, "needs a model, a preprocessor and a postprocessor");
  }
}

TEST_P(Failure, OfANullSourceOrSinkIsAnError) {
  build().add_source(nullptr);
  expect_invalid(*pipeline, "null");
  build().add_source(synthetic(3), one(nullptr));
  expect_invalid(*pipeline, "null");
  build().add_source(synthetic(3));
  pipeline->add_sink(nullptr);
  expect_invalid(*pipeline, "null");
}

TEST_P(Failure, OfANegativeNumberOfRequestsIsAnError) {
  pipeline.emplace(simulation.detector, simulation.with(GetParam(), -1));
  pipeline->add_source(synthetic(3));
  expect_invalid(*pipeline, "requests");
}

INSTANTIATE_TEST_SUITE_P(Apis, Failure, ::testing::Values(Api::sync, Api::async));

}  // namespace
}  // namespace inflight::test
