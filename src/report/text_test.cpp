#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "example_runs.hpp"

namespace inflight::report {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SummaryText, IsAnAlignedBlock) {
  EXPECT_EQ(to_text(example_run()),
            R"(frames      1394 read = 1390 emitted + 3 dropped (3 stopped) + 1 failed (1 engine_failed)
speed       589.7 FPS (async), 2.36 s, CPU 4.61 s, peak memory 312 MB
latency     p50 8.41   p90 9.10   p95 9.52   p99 11.0   max 20.3 ms end to end
engine      ov:CPU in bf16, 5 requests, 2 execution streams
limit       whole pipeline 603 FPS, reached 98 %, engine alone 725 FPS
stage       core-ms  p50 ms  p99 ms  busy
decode         0.45    0.47    0.90  27 %
preprocess     0.09    0.10    0.20   5 %
infer          2.70    6.10    8.20  97 %
bottleneck  infer: its execution streams were busy 97 % of the run
events         1.250 s  frame_failed: frame 12: device lost
)");
}

TEST(SummaryText, LeavesOutWhatWasNotCalibrated) {
  const std::string text = to_text(plain_run(400));
  EXPECT_THAT(text, Not(HasSubstr("limit")));
  EXPECT_THAT(text, HasSubstr("decode            –    0.47"));
}

TEST(SummaryText, SaysHowManyFramesWereOnTheirWayAndWhy) {
  RunSummary run = plain_run(400);
  run.credits = {7, 7, 7, "as asked for"};
  EXPECT_THAT(to_text(run), HasSubstr("credits     at most 7 frames on their way: as asked for\n"));
  run.credits = {7, 20, 9, "2 times more"};
  EXPECT_THAT(to_text(run),
              HasSubstr("credits     at most 7 frames on their way, later 20, 9 at the end: 2 times more\n"));
}

TEST(SummaryText, ShowsWhenFramesDoNotAddUp) {
  RunSummary run = plain_run(400);
  run.frames.read += 1;
  EXPECT_THAT(to_text(run), HasSubstr("1395 read ≠ 1394 emitted + 0 dropped + 0 failed"));
}

TEST(SummaryText, EndsWithTheReasonOfAFailedRun) {
  EXPECT_THAT(to_text(failed_run("a.mp4: not a video")), testing::EndsWith("error       a.mp4: not a video\n"));
}

TEST(SummaryText, SpeaksOfOneRequestInTheSingular) {
  RunSummary run = plain_run(300);
  run.engine.requests = 1;
  EXPECT_THAT(to_text(run), HasSubstr("1 request, 2 execution streams"));
}

}  // namespace
}  // namespace inflight::report
