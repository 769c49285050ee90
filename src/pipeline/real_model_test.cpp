// A real model over a real video: what the simulated engine promises holds there too.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "pipeline_test_kit.hpp"
#include "tests/source_dir.hpp"

namespace inflight::test {
namespace {

const std::string kVideo = source_file("assets/one-by-one-person-detection.mp4");
const std::string kModel = source_file("assets/person-detection-0200.xml");
constexpr std::uint64_t kFrames = 60;

std::string why_not_openvino() {
  for (const EngineStatus& status : engines()) {
    if (status.name == "ov") return status.engine ? "" : "OpenVINO is not usable: " + status.problem;
  }
  return "no OpenVINO plugin is on $INFLIGHT_PLUGIN_PATH";
}

class RealModel : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::string why = why_not_openvino(); !why.empty()) GTEST_SKIP() << why;
    auto made = make_detector(kModel, "ov:CPU");
    ASSERT_TRUE(made) << made.error().message;
    detector = std::move(*made);
  }
  void TearDown() override { std::filesystem::remove(json); }

  static std::unique_ptr<Source> video() {
    SourceOptions options;
    options.start = 40;  // someone comes in at frame 63
    options.limit = kFrames;
    return open_source(kVideo, options).value();
  }

  struct Run {
    RunSummary summary;
    std::vector<Seen> seen;
    std::string lines;
  };
  Run run(Api api, int requests = 0) {
    PipelineOptions options;
    options.api = api;
    options.requests = requests;
    Pipeline pipeline(detector, options);
    auto record = std::make_shared<Record>();
    pipeline.add_source(video());
    pipeline.add_sink(recording(record));
    pipeline.add_sink(open_json_sink(json).value());
    Run run;
    run.summary = finish_run(pipeline);
    run.seen = record->all;
    std::ifstream in(json);
    run.lines.assign(std::istreambuf_iterator<char>(in), {});
    return run;
  }

  Detector detector;
  std::filesystem::path json =
      std::filesystem::temp_directory_path() / ("inflight-pipeline-test-" + std::to_string(getpid()) + ".jsonl");
};

TEST_F(RealModel, GivesTheSameAsynchronouslyBitForBit) {
  Run sync = run(Api::sync);
  EXPECT_EQ(sync.summary.frames.emitted, kFrames);
  EXPECT_EQ(std::ranges::count(sync.lines, '\n'), static_cast<std::ptrdiff_t>(kFrames));
  EXPECT_TRUE(std::ranges::any_of(sync.seen, [](const Seen& seen) { return !seen.detections.empty(); }));
  for (int requests : {0, 1, 5}) {
    Run async = run(Api::async, requests);
    EXPECT_EQ(async.seen, sync.seen) << requests << " requests";
    EXPECT_EQ(async.lines, sync.lines) << requests << " requests";
  }
}

TEST_F(RealModel, GivesEachOfTwoSourcesWhatItWouldAlone) {
  Run alone = run(Api::sync);
  Pipeline pipeline(detector);
  auto record = std::make_shared<Record>();
  pipeline.add_source(video());
  pipeline.add_source(video());
  pipeline.add_sink(recording(record));
  RunSummary summary = finish_run(pipeline);
  expect_accounted(summary, *record);
  EXPECT_EQ(record->of(0), alone.seen);
  std::vector<Seen> second = record->of(1);
  for (Seen& seen : second) seen.source = 0;
  EXPECT_EQ(second, alone.seen);
}

TEST_F(RealModel, IsCalibrated) {
  auto measured = calibrate(detector, *video(), nullptr, {}, 30);
  ASSERT_TRUE(measured) << measured.error().message;
  EXPECT_GT(measured->ceiling_fps, 0);
  for (const StageSummary& stage : measured->stages) {
    EXPECT_GE(stage.core_ms.value_or(-1), 0) << stage.name;
  }
  RunSummary summary = run(Api::async).summary;
  apply(*measured, summary);
  EXPECT_GT(summary.efficiency.value_or(0), 0);
  for (const StageSummary& stage : summary.stages) {
    EXPECT_TRUE(stage.core_ms) << stage.name;
    EXPECT_GE(stage.utilisation, 0) << stage.name;
    EXPECT_LE(stage.utilisation, 1) << stage.name;
  }
}

}  // namespace
}  // namespace inflight::test
