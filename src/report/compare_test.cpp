#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "comparison.hpp"
#include "example_runs.hpp"
#include "json.hpp"

namespace inflight::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

ComparedRun run_of(std::string name, const std::vector<double>& fps) {
  ComparedRun run{.name = std::move(name), .rounds = {}};
  for (const double speed : fps) run.rounds.push_back(plain_run(speed));
  return run;
}

TEST(Comparison, TakesTheMedianOfTheRounds) {
  const auto columns = columns_of({run_of("odd", {300, 100, 210}), run_of("even", {400, 100, 300, 200})});
  EXPECT_EQ(columns[0].fps->median, 210);
  EXPECT_EQ(columns[0].fps->min, 100);
  EXPECT_EQ(columns[0].fps->max, 300);
  EXPECT_EQ(columns[1].fps->median, 250);
}

TEST(Comparison, RelatesEveryRunToTheFirst) {
  const auto columns = columns_of({run_of("sync", {200}), run_of("async", {500})});
  EXPECT_EQ(columns[0].ratio, 1.0);
  EXPECT_EQ(columns[1].ratio, 2.5);
}

// The machine was half as fast in the second round; that changes no ratio.
TEST(Comparison, TakesRatiosWithinRounds) {
  const auto columns = columns_of({run_of("sync", {200, 100, 200}), run_of("async", {400, 200, 420})});
  EXPECT_EQ(columns[1].ratio, 2.0);
  EXPECT_EQ(columns[1].ratios->min, 2.0);
  EXPECT_EQ(columns[1].ratios->max, 2.1);
  EXPECT_THAT(compare_text({run_of("sync", {200, 100}), run_of("async", {400, 300})}),
              HasSubstr("async is the fastest, 2.50× sync (2.00–3.00)"));
}

TEST(Comparison, GivesNoRatioToAFirstRunThatFailed) {
  const auto columns = columns_of({{.name = "sync", .rounds = {failed_run("no device")}}, run_of("async", {500})});
  EXPECT_FALSE(columns[0].fps);
  EXPECT_FALSE(columns[1].ratio);
}

TEST(Comparison, LeavesFailedRoundsOutOfTheMediansAndSaysSo) {
  ComparedRun run = run_of("async", {500, 510, 490});
  run.rounds.push_back(failed_run("device lost"));
  run.rounds.push_back(failed_run("device lost"));
  const auto columns = columns_of({run});
  EXPECT_EQ(columns[0].fps->median, 500);
  EXPECT_EQ(columns[0].rounds, 5U);
  EXPECT_EQ(columns[0].failed_rounds, 2U);
  EXPECT_THAT(columns[0].errors, ElementsAre("device lost"));
}

TEST(Comparison, TakesMediansOnlyOverRoundsThatWereCalibrated) {
  const auto columns = columns_of({{.name = "async", .rounds = {plain_run(1), example_run(), plain_run(2)}}});
  EXPECT_EQ(columns[0].limit_fps, 603);
  EXPECT_EQ(columns[0].engine.ceiling_fps, 725.25);
  EXPECT_EQ(core_ms_of(columns[0], "decode"), 0.451);
}

TEST(Comparison, QuotesTheBottleneckOfTheMostTypicalRound) {
  ComparedRun run = run_of("async", {100, 200, 330});
  for (RunSummary& round : run.rounds) round.bottleneck = std::to_string(static_cast<int>(round.fps));
  EXPECT_EQ(columns_of({run})[0].bottleneck, "200");
}

TEST(Comparison, KeepsTheOrderOfStagesAcrossRuns) {
  RunSummary sync = example_run();
  RunSummary async = example_run();
  async.stages.insert(async.stages.begin(), StageSummary{});
  async.stages.front().name = "wait";
  const auto columns = columns_of({{.name = "sync", .rounds = {sync}}, {.name = "async", .rounds = {async}}});
  EXPECT_THAT(stage_names(columns), ElementsAre("decode", "preprocess", "infer", "wait"));
}

TEST(Comparison, CountsLostFramesOverAllRounds) {
  EXPECT_EQ(columns_of({{.name = "a", .rounds = {example_run(), example_run()}}})[0].lost_frames, 8U);
}

TEST(CompareText, IsOneTableWithBarsAndBottlenecks) {
  RunSummary sync = plain_run(294.9);
  sync.bottleneck = "one step after the other";
  EXPECT_EQ(compare_text({{.name = "sync", .rounds = {sync, sync}}, {.name = "async", .rounds = {example_run()}}}),
            R"(                           sync   async
FPS                       294.9   589.7
  min–max           294.9–294.9
  ratio                   1.00×   2.00×
end-to-end p50 ms          8.41    8.41
           p90 ms          9.10    9.10
           p95 ms          9.52    9.52
           p99 ms          11.0    11.0
decode core-ms                –    0.45
preprocess core-ms            –    0.09
infer core-ms                 –    2.70
engine alone FPS              –     725
limit FPS                     –     603
efficiency                    –    0.98
device                   ov:CPU  ov:CPU
precision                  bf16    bf16
requests                      5       5
rounds                        2       1
lost frames                           4

FPS
sync   ████████████████████ 294.9
async  ████████████████████████████████████████ 589.7

bottleneck
sync   one step after the other
async  infer: its execution streams were busy 97 % of the run

verdict: async is the fastest, 2.00× sync; its bottleneck is infer; to change that: a faster device, precision or model; inflight tune finds what this one can do
)");
}

TEST(CompareText, LeavesOutRowsThatSayNothing) {
  const std::string text = compare_text({run_of("sync", {200}), run_of("async", {500})});
  EXPECT_THAT(text, Not(HasSubstr("core-ms")));
  EXPECT_THAT(text, Not(HasSubstr("limit")));
  EXPECT_THAT(text, Not(HasSubstr("lost")));
}

TEST(CompareText, ShowsErrorsOfFailedRounds) {
  const std::string text = compare_text({{.name = "sync", .rounds = {failed_run("no device")}}});
  EXPECT_THAT(text, HasSubstr("1, 1 failed"));
  EXPECT_THAT(text, HasSubstr("errors\nsync  no device\n"));
}

TEST(CompareText, IsEmptyWithoutRuns) { EXPECT_EQ(compare_text({}), ""); }

TEST(ComparePage, HasAColumnForEveryRun) {
  const Page page = compare_page({run_of("sync", {200, 220}), {.name = "async", .rounds = {failed_run("no device")}}});
  const auto& chart = std::get<Chart>(page.sections[0]);
  EXPECT_THAT(chart.categories, ElementsAre("sync", "async"));
  EXPECT_THAT(chart.series[0].y, ElementsAre(210, 0));
  EXPECT_THAT(std::get<Table>(page.sections[2]).rows[1].back(), "no device");
}

TEST(CompareJson, HoldsMediansAndEveryRound) {
  const Json json = Json::parse(compare_json({run_of("sync", {200, 220, 180}), run_of("async", {500})}));
  ASSERT_EQ(json["runs"].size(), 2U);
  EXPECT_EQ(json["runs"][0]["name"], "sync");
  EXPECT_EQ(json["runs"][0]["fps"], Json::parse(R"({"median": 200.0, "min": 180.0, "max": 220.0})"));
  EXPECT_EQ(json["runs"][1]["ratio"], 2.5);
  EXPECT_EQ(json["runs"][1]["latency_ms"]["p99"], 11.04);
  EXPECT_EQ(json["runs"][0]["rounds"].size(), 3U);
  EXPECT_EQ(json["runs"][0]["rounds"][1], to_object(plain_run(220)));
}

TEST(CompareJson, WritesNullForARunThatNeverSucceeded) {
  const Json json = Json::parse(compare_json({{.name = "sync", .rounds = {failed_run("no device")}}}));
  EXPECT_TRUE(json["runs"][0]["fps"].is_null());
  EXPECT_TRUE(json["runs"][0]["latency_ms"].is_null());
  EXPECT_EQ(json["runs"][0]["failed_rounds"], 1);
}

}  // namespace
}  // namespace inflight::report
