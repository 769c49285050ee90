// Invariant 4: memory from decoder to sink is bounded in bytes by credits.
#include "pipeline_test_kit.hpp"

namespace inflight::test {
namespace {

constexpr std::size_t kFrameBytes = 64 * 48 * 3 / 2;

/// A run whose sink is stuck until the source has been read as often as it can be.
class Bounds : public ::testing::Test {
 protected:
  /// `expected_reads`: how many frames come in before everything stands still.
  RunSummary run(const PipelineOptions& options, std::uint64_t expected_reads, int sources = 1) {
    Pipeline pipeline(simulation.detector, options);
    Gate gate;
    SinkScript stuck;
    stuck.before = [&](std::uint64_t) { gate.pass(); };
    for (int i = 0; i < sources; ++i) pipeline.add_source(scripted(script));
    pipeline.add_sink(recording(record, stuck));
    auto summary = std::async(std::launch::async, [&] { return finish_run(pipeline); });
    script.reads->await(expected_reads);
    gate.await_arrivals(1);
    gate.open();
    return summary.get();
  }

  Simulation simulation;
  SourceScript script;  // its ledger and its reads are shared by all sources made of it
  std::shared_ptr<Record> record = std::make_shared<Record>();
};

// Where a sink is stuck, all that is read is held: had a source been read beyond the bound, the ledger would show it.

TEST_F(Bounds, StopReadingWhereTheBytesAreUsedUp) {
  PipelineOptions options = simulation.options;
  options.max_frame_bytes = 5 * kFrameBytes + kFrameBytes / 2;
  expect_accounted(run(options, 5), *record);
  EXPECT_EQ(script.ledger->most_held, 5 * kFrameBytes);
  EXPECT_EQ(script.ledger->held, 0U);
}

TEST_F(Bounds, StopReadingWhereTheFramesAreUsedUp) {
  PipelineOptions options = simulation.options;
  options.max_frames = 7;
  expect_accounted(run(options, 7), *record);
  EXPECT_EQ(script.ledger->most_frames, 7);
}

TEST_F(Bounds, StopReadingAtAFewFramesBesidesTheRequestsByDefault) {
  PipelineOptions options = simulation.options;
  options.requests = 4;
  run(options, 5);
  EXPECT_GT(script.ledger->most_frames, 4);
  EXPECT_LE(script.ledger->most_frames, 4 + 16);
}

TEST_F(Bounds, LetAFrameInThatIsLargerThanAllOfThem) {
  PipelineOptions options = simulation.options;
  options.max_frame_bytes = 10;
  expect_accounted(run(options, 1), *record);
  EXPECT_EQ(script.ledger->most_frames, 1);
}

TEST_F(Bounds, AreThoseOfAllSourcesTogether) {
  PipelineOptions options = simulation.options;
  options.max_frame_bytes = 9 * kFrameBytes;
  run(options, 9, 3);
  EXPECT_EQ(script.ledger->most_held, 9 * kFrameBytes);
}

TEST_F(Bounds, InFramesAreThoseOfAllSourcesTogether) {
  PipelineOptions options = simulation.options;
  options.max_frames = 6;
  run(options, 6, 3);
  EXPECT_EQ(script.ledger->most_frames, 6);
}

TEST_F(Bounds, LeaveEachSourceOneFrame) {
  PipelineOptions options = simulation.options;
  options.max_frames = 1;
  options.max_frame_bytes = 1;
  run(options, 4, 4);
  EXPECT_EQ(script.ledger->most_frames, 4);
}

TEST_F(Bounds, AreOverrunByOneFrameAtMostWhereSizesChange) {
  script.size = [](std::uint64_t id) { return id % 3 == 2 ? Size{320, 240} : Size{64, 48}; };
  constexpr std::size_t kLargeBytes = 320 * 240 * 3 / 2;
  PipelineOptions options = simulation.options;
  options.max_frame_bytes = 2 * kLargeBytes;
  expect_accounted(run(options, 3), *record);
  EXPECT_LE(script.ledger->most_held, 3 * kLargeBytes);
}

TEST_F(Bounds, HoldWhileSinksAreQuick) {
  PipelineOptions options = simulation.options;
  options.max_frame_bytes = 3 * kFrameBytes;
  Pipeline pipeline(simulation.detector, options);
  pipeline.add_source(scripted(script));
  EXPECT_EQ(finish_run(pipeline).frames.emitted, 100U);
  EXPECT_LE(script.ledger->most_held, 3 * kFrameBytes);
  EXPECT_EQ(script.ledger->held, 0U);
}

TEST_F(Bounds, CountWhatSinksKeepOfPictures) {
  PipelineOptions options = simulation.options;
  options.max_frame_bytes = 5 * kFrameBytes;
  SinkScript encoder;
  encoder.keeps = 3 * kFrameBytes;
  encoder.before = [this](std::uint64_t write) {
    if (write != 10) return;  // by then no frame is left of those that came before it kept anything
    std::lock_guard lock(script.ledger->mutex);
    script.ledger->most_held = script.ledger->held;
  };
  Pipeline pipeline(simulation.detector, options);
  pipeline.add_source(scripted(script));
  pipeline.add_sink(recording(record, encoder));
  EXPECT_EQ(finish_run(pipeline).frames.emitted, 100U);
  EXPECT_LE(script.ledger->most_held, 2 * kFrameBytes);
}

TEST_F(Bounds, OfSynchronousRunsAreOneFrame) {
  Pipeline pipeline(simulation.detector, simulation.with(Api::sync));
  pipeline.add_source(scripted(script));
  finish_run(pipeline);
  EXPECT_EQ(script.ledger->most_frames, 1);
  EXPECT_EQ(script.ledger->held, 0U);
}

TEST_F(Bounds, AreOnPixelsThatAreAllGivenBackWhenFramesFailOrAreDropped) {
  Simulation failing("sim:latency=1ms..3ms,lanes=2,fail_rate=0.5");
  Pipeline pipeline(failing.detector, failing.options);
  pipeline.add_source(scripted(script));
  pipeline.on_result([&](const FrameResult& result) { result.frame.id == 40 ? pipeline.stop() : void(); });
  finish_run(pipeline);
  EXPECT_EQ(script.ledger->held, 0U);
  EXPECT_EQ(script.ledger->frames, 0);
}

}  // namespace
}  // namespace inflight::test
