// What a recorder is told of a run.
#include <map>
#include <set>

#include "pipeline_test_kit.hpp"

namespace inflight::test {
namespace {

class Recorded : public ::testing::TestWithParam<Api> {
 protected:
  static constexpr int kFrames = 40;

  Timeline record(Simulation& simulation, std::unique_ptr<Source> source = synthetic(kFrames)) {
    TimelineRecorder recorder;
    PipelineOptions options = simulation.with(GetParam());
    options.recorder = &recorder;
    Pipeline pipeline(simulation.detector, options);
    pipeline.add_source(std::move(source));
    pipeline.on_result([](const FrameResult&) {});
    summary = finish_run(pipeline);
    return recorder.take();
  }

  RunSummary summary;
};

/// Frames of each stage, in the order recorded.
std::map<std::string, std::vector<std::uint64_t>> frames_by_stage(const Timeline& timeline) {
  std::map<std::string, std::vector<std::uint64_t>> frames;
  for (const TimelineSpan& span : timeline.spans) frames[timeline.stages[span.stage]].push_back(span.frame);
  return frames;
}

TEST_P(Recorded, EveryFrameHasItsSteps) {
  Simulation simulation;
  const Timeline timeline = record(simulation);
  auto frames = frames_by_stage(timeline);
  for (const char* stage : {"decode", "preprocess", "postprocess", "sink"}) {
    std::ranges::sort(frames[stage]);
    EXPECT_EQ(frames[stage], first(kFrames)) << stage;
  }
  for (const TimelineSpan& span : timeline.spans) EXPECT_LE(span.begin, span.end);
}

TEST_P(Recorded, EveryInferenceIsARequest) {
  Simulation simulation;
  const Timeline timeline = record(simulation);
  ASSERT_EQ(timeline.requests.size(), static_cast<std::size_t>(kFrames));
  std::set<std::uint64_t> numbers;
  for (const TimelineRequest& request : timeline.requests) {
    numbers.insert(request.number);
    EXPECT_GE(request.completed - request.submitted, milliseconds(1)) << "the device takes at least as long";
    EXPECT_EQ(request.intended, request.submitted);
    EXPECT_LT(static_cast<int>(request.lane), summary.engine.requests);
    EXPECT_EQ(timeline.devices[request.device], "sim:sim");
    EXPECT_FALSE(request.failed);
  }
  EXPECT_EQ(numbers.size(), static_cast<std::size_t>(kFrames));
}

TEST_P(Recorded, RequestsThatFailSaySo) {
  Simulation simulation("sim:latency=1ms,fail=3;7");
  const Timeline timeline = record(simulation);
  EXPECT_EQ(std::ranges::count(timeline.requests, true, &TimelineRequest::failed), 2);
  EXPECT_EQ(timeline.requests.size(), static_cast<std::size_t>(kFrames));
}

TEST_P(Recorded, WhatWasNotInferredIsNoRequest) {
  Simulation simulation;
  SourceScript script;
  script.frames = kFrames;
  script.lose_at = 5;
  const Timeline timeline = record(simulation, scripted(std::move(script)));
  EXPECT_EQ(timeline.requests.size(), static_cast<std::size_t>(kFrames - 1));
}

TEST_P(Recorded, HasTheEventsOfTheSummary) {
  Simulation simulation;
  SourceScript script;
  script.frames = kFrames;
  script.lose_at = 5;
  const Timeline timeline = record(simulation, scripted(std::move(script)));
  ASSERT_EQ(timeline.events.size(), summary.events.size());
  ASSERT_EQ(timeline.events.size(), 1U);
  EXPECT_EQ(timeline.events[0].kind, "frame_unreadable");
  EXPECT_EQ(timeline.events[0].at, summary.events[0].at);
}

TEST_P(Recorded, TellsBatches) {
  Simulation simulation("BATCH:sim:latency=4ms,input=1x3x64x64(4)");
  const Timeline timeline = record(simulation);
  const int most = std::ranges::max(timeline.requests, {}, &TimelineRequest::batch).batch;
  EXPECT_EQ(most, GetParam() == Api::async ? 4 : 1);
}

INSTANTIATE_TEST_SUITE_P(Run, Recorded, ::testing::Values(Api::sync, Api::async),
                         [](const auto& tested) { return tested.param == Api::sync ? "Sync" : "Async"; });

}  // namespace
}  // namespace inflight::test
