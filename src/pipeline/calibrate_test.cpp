// Each stage measured alone, and its place in a run's summary.
#include "pipeline_test_kit.hpp"

namespace inflight::test {
namespace {

/// In steady time: what is measured is real.
Detector quick_detector(const std::string& device = "sim:latency=1ms,lanes=2") {
  auto detector = make_detector("model", device);
  if (!detector) ADD_FAILURE() << detector.error().message;
  return detector ? std::move(*detector) : Detector{};
}

TEST(Calibrate, MeasuresEveryStageAndTheCeiling) {
  auto record = std::make_shared<Record>();
  auto sink = recording(record);
  auto measured = calibrate(quick_detector(), *synthetic(30), sink.get(), {}, 20);
  ASSERT_TRUE(measured) << measured.error().message;
  std::vector<std::string> names;
  double core_ms = 0;
  for (const StageSummary& stage : measured->stages) {
    names.push_back(stage.name);
    ASSERT_TRUE(stage.core_ms) << stage.name;
    EXPECT_GE(*stage.core_ms, 0) << stage.name;
    core_ms += *stage.core_ms;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"decode", "preprocess", "infer", "postprocess", "sink"}));
  EXPECT_GT(measured->ceiling_fps, 0);
  EXPECT_LE(measured->ceiling_fps, 2000 * 1.01) << "two lanes of 1 ms";
  EXPECT_GE(measured->cores, 1);
  EXPECT_NEAR(measured->limit_fps, 1e3 * measured->cores / core_ms, 1e-3 * measured->limit_fps);
  EXPECT_EQ(ids(record->all), first(20));
  EXPECT_EQ(record->finished, 1);
}

TEST(Calibrate, FinishesASinkThatFailsAndSaysSo) {
  SinkScript script;
  script.fail_at = 2;
  auto record = std::make_shared<Record>();
  auto sink = recording(record, script);
  auto measured = calibrate(quick_detector(), *synthetic(5), sink.get(), {}, 5);
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().message, "scripted: the disk is full");
  EXPECT_EQ(record->finished, 1);
}

TEST(Calibrate, PassesOverAFrameThatCannotBeRead) {
  SourceScript script;
  script.frames = 5;
  script.lose_at = 0;
  auto record = std::make_shared<Record>();
  auto sink = recording(record);
  auto measured = calibrate(quick_detector(), *scripted(script), sink.get(), {}, 10);
  ASSERT_TRUE(measured) << measured.error().message;
  EXPECT_EQ(ids(record->all), (std::vector<std::uint64_t>{1, 2, 3, 4}));
}

TEST(Calibrate, NeedsADetector) {
  auto measured = calibrate({}, *synthetic(5), nullptr, {}, 5);
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().code, ErrorCode::invalid_argument);
}

TEST(Calibrate, NeedsFrames) {
  for (int frames : {0, -1}) {
    auto measured = calibrate(quick_detector(), *synthetic(5), nullptr, {}, frames);
    ASSERT_FALSE(measured) << frames;
    EXPECT_EQ(measured.error().code, ErrorCode::unreadable_input);
  }
}

TEST(Calibrate, HandsOnWhyTheSourceOrTheEngineFailed) {
  SourceScript script;
  script.error_at = 0;
  auto unread = calibrate(quick_detector(), *scripted(script), nullptr, {}, 5);
  ASSERT_FALSE(unread);
  EXPECT_EQ(unread.error().message, "scripted: damaged here");
  auto failed = calibrate(quick_detector("sim:fail=2"), *synthetic(5), nullptr, {}, 5);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::engine_failed);
}

TEST(Calibration, IsPutBesideWhatWasMeasured) {
  Calibration calibration;
  calibration.stages = {{"decode", 1.5, 0, 0, 0}, {"infer", 4.0, 0, 0, 0}};
  calibration.ceiling_fps = 700;
  calibration.limit_fps = 400;
  RunSummary summary;
  summary.fps = 300;
  summary.stages = {{"decode", std::nullopt, 2, 3, 0.5}, {"sink", std::nullopt, 1, 1, 0.1}};
  apply(calibration, summary);
  EXPECT_EQ(summary.stages[0].core_ms, 1.5);
  EXPECT_EQ(summary.stages[0].p50_ms, 2) << "what the run measured stays";
  EXPECT_EQ(summary.stages[1].core_ms, std::nullopt);
  EXPECT_EQ(summary.engine.ceiling_fps, 700);
  EXPECT_EQ(summary.limit_fps, 400);
  EXPECT_EQ(summary.efficiency, 0.75);
}

}  // namespace
}  // namespace inflight::test
