// Runs whose numbers are known, for the tests of what is written about them.
#pragma once

#include "inflight/report.hpp"

namespace inflight::report {

/// A calibrated run in which something happened.
inline RunSummary example_run() {
  RunSummary run;
  run.api = "async";
  run.frames = {.read = 1394, .emitted = 1390, .dropped = {{"stopped", 3}}, .failed = {{"engine_failed", 1}}};
  run.wall_s = 2.357123456;
  run.cpu_s = 4.61;
  run.peak_rss_mb = 312.4;
  run.fps = 589.7;
  run.latency = {.p50 = 8.41, .p90 = 9.1, .p95 = 9.52, .p99 = 11.04, .max = 20.3};
  run.stages = {{.name = "decode", .core_ms = 0.451, .p50_ms = 0.47, .p99_ms = 0.9, .utilisation = 0.27},
                {.name = "preprocess", .core_ms = 0.09, .p50_ms = 0.1, .p99_ms = 0.2, .utilisation = 0.05},
                {.name = "infer", .core_ms = 2.7, .p50_ms = 6.1, .p99_ms = 8.2, .utilisation = 0.97}};
  run.engine = {.engine = "ov",
                .device = "ov:CPU",
                .precision = "bf16",
                .requests = 5,
                .execution_streams = 2,
                .ceiling_fps = 725.25};
  run.limit_fps = 603;
  run.efficiency = 0.978;
  run.bottleneck = "infer: its execution streams were busy 97 % of the run";
  run.events = {{.at = std::chrono::milliseconds(1250), .kind = "frame_failed", .text = "frame 12: device lost"}};
  return run;
}

/// As `example_run`, without calibration and without incidents, at another speed.
inline RunSummary plain_run(double fps) {
  RunSummary run = example_run();
  run.fps = fps;
  run.frames = {.read = 1394, .emitted = 1394, .dropped = {}, .failed = {}};
  run.events.clear();
  for (StageSummary& stage : run.stages) stage.core_ms.reset();
  run.engine.ceiling_fps.reset();
  run.limit_fps.reset();
  run.efficiency.reset();
  return run;
}

inline RunSummary failed_run(std::string error) {
  RunSummary run = plain_run(0);
  run.error = std::move(error);
  return run;
}

}  // namespace inflight::report
