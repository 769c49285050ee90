#include "json.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "example_runs.hpp"

namespace inflight::report {
namespace {

TEST(SummaryJson, HasTheDocumentedShapeAndOrder) {
  const Json expected = Json::parse(R"({
    "api": "async",
    "frames": {"read": 1394, "emitted": 1390, "dropped": {"stopped": 3}, "failed": {"engine_failed": 1}},
    "wall_s": 2.3571,
    "cpu_s": 4.61,
    "peak_rss_mb": 312.4,
    "fps": 589.7,
    "credit_frames": 20,
    "credits": {"start": 6, "most": 20, "end": 9, "why": "2 times more"},
    "latency_ms": {"p50": 8.41, "p90": 9.1, "p95": 9.52, "p99": 11.04, "max": 20.3},
    "stages": {
      "decode": {"core_ms": 0.451, "p50_ms": 0.47, "p99_ms": 0.9, "utilisation": 0.27},
      "preprocess": {"core_ms": 0.09, "p50_ms": 0.1, "p99_ms": 0.2, "utilisation": 0.05},
      "infer": {"core_ms": 2.7, "p50_ms": 6.1, "p99_ms": 8.2, "utilisation": 0.97}
    },
    "engine": {"engine": "ov", "device": "ov:CPU", "precision": "bf16", "requests": 5, "execution_streams": 2,
               "ceiling_fps": 725.25},
    "models": [{"name": "people", "engine": {"engine": "ov", "device": "ov:CPU", "precision": "bf16", "requests": 5,
                "execution_streams": 2, "ceiling_fps": null}, "inferences": 1390, "infer_s": 8.5, "p50_ms": 6.1,
                "p99_ms": 8.2}],
    "sources": [{"id": 0, "name": "gate", "priority": 2,
                 "frames": {"read": 9, "emitted": 8, "dropped": {"overflow": 1}, "failed": {}}, "fps": 25.0,
                 "latency_ms": {"p50": 8.0, "p90": 9.0, "p95": 9.5, "p99": 11.0, "max": 20.0},
                 "age_ms": {"p50": 18.0, "p90": 19.0, "p95": 19.5, "p99": 21.0, "max": 30.0},
                 "events": {"source_lost": 1}, "assumed_matrix": "bt601"}],
    "limit_fps": 603.0,
    "efficiency": 0.978,
    "bottleneck": "infer: its execution streams were busy 97 % of the run",
    "events": [{"at_s": 1.25, "kind": "frame_failed", "text": "frame 12: device lost"}],
    "error": null
  })");
  RunSummary run = example_run();
  run.credit_frames = 20;
  run.credits = {6, 20, 9, "2 times more"};
  run.models = {{"people", run.engine, 1390, 8.5, 6.1, 8.2}};
  run.models[0].engine.ceiling_fps.reset();
  FrameCounts frames;
  frames.read = 9;
  frames.emitted = 8;
  frames.dropped["overflow"] = 1;
  run.sources = {
      {0, "gate", 2, frames, 25, {8, 9, 9.5, 11, 20}, {18, 19, 19.5, 21, 30}, {{"source_lost", 1}}, "bt601"}};
  EXPECT_EQ(to_json(run), dump(expected));
}

TEST(SummaryText, SaysWhatWasAssumedOfColours) {
  RunSummary run = plain_run(400);
  run.sources.resize(1);
  EXPECT_EQ(to_text(run).find("colours"), std::string::npos);
  run.sources[0].assumed_matrix = "bt601";
  EXPECT_NE(to_text(run).find("taken for bt601: the pictures do not say"), std::string::npos) << to_text(run);
}

TEST(SummaryJson, WritesNullForWhatWasNotCalibrated) {
  const Json json = Json::parse(to_json(plain_run(400)));
  EXPECT_TRUE(json["limit_fps"].is_null());
  EXPECT_TRUE(json["efficiency"].is_null());
  EXPECT_TRUE(json["engine"]["ceiling_fps"].is_null());
  EXPECT_TRUE(json["stages"]["decode"]["core_ms"].is_null());
  EXPECT_EQ(json["stages"]["decode"]["p50_ms"], 0.47);
}

TEST(SummaryJson, WritesEmptyCollectionsAsSuchForARunThatDidNothing) {
  const Json json = Json::parse(to_json(RunSummary{}));
  EXPECT_EQ(json["frames"]["dropped"], Json::object());
  EXPECT_EQ(json["frames"]["failed"], Json::object());
  EXPECT_EQ(json["stages"], Json::object());
  EXPECT_EQ(json["events"], Json::array());
  EXPECT_TRUE(json["bottleneck"].is_null());
}

TEST(SummaryJson, SaysWhyARunFailed) {
  const Json json = Json::parse(to_json(failed_run("a.mp4: not a video")));
  EXPECT_EQ(json["error"], "a.mp4: not a video");
}

TEST(SummaryJson, SaysOfWhichDeviceAnEventTellsAndHowFastItIs) {
  RunSummary summary;
  summary.events.push_back({std::chrono::milliseconds(-20), "switched", "measures faster", "ov:CPU", 62.5});
  const Json json = Json::parse(to_json(summary));
  EXPECT_EQ(json["events"][0], Json::parse(R"({"at_s": -0.02, "kind": "switched", "text": "measures faster",
                                               "device": "ov:CPU", "inferences_per_second": 62.5})"));
}

TEST(SummaryJson, ReplacesBytesThatAreNotUtf8) {
  const Json json = Json::parse(to_json(failed_run("caf\xE9.mp4: not a video")));
  EXPECT_EQ(json["error"], "caf\uFFFD.mp4: not a video");
}

TEST(JsonNumber, KeepsFourDecimals) {
  EXPECT_EQ(number(1.0 / 3).dump(), "0.3333");
  EXPECT_EQ(number(123456.78912).dump(), "123456.7891");
  EXPECT_EQ(number(-0.00001).dump(), "0.0");
}

TEST(JsonNumber, IsNullWhereThereIsNoNumber) {
  EXPECT_TRUE(number(std::numeric_limits<double>::infinity()).is_null());
  EXPECT_TRUE(number(std::numeric_limits<double>::quiet_NaN()).is_null());
  EXPECT_TRUE(number(std::optional<double>{}).is_null());
}

}  // namespace
}  // namespace inflight::report
