// Invariant 1: every frame that a source produced ends in exactly one of emitted, dropped, failed.
#include "pipeline_test_kit.hpp"

namespace inflight::test {
namespace {

using ::testing::Combine;
using ::testing::Values;

class Accounting : public ::testing::TestWithParam<std::tuple<Api, std::string>> {
 protected:
  Simulation simulation{"sim:latency=1ms..4ms,lanes=3,input=1x3x64x64," + std::get<1>(GetParam())};
  Pipeline pipeline{simulation.detector, simulation.with(std::get<0>(GetParam()))};
  std::shared_ptr<Record> record = std::make_shared<Record>();
};

TEST_P(Accounting, AddsUpWhateverTheEngineDoes) {
  pipeline.add_source(synthetic(120));
  pipeline.add_source(synthetic(45, 2));
  pipeline.add_sink(recording(record));
  RunSummary summary = finish_run(pipeline);
  EXPECT_EQ(summary.frames.read, 165U);
  expect_accounted(summary, *record);
  expect_in_order(*record, 2);
}

TEST_P(Accounting, AddsUpWhenStoppedFromASink) {
  SinkScript script;
  script.before = [this](std::uint64_t write) { write == 20 ? pipeline.stop() : void(); };
  pipeline.add_source(synthetic(200));
  pipeline.add_source(synthetic(200, 2));
  pipeline.add_sink(recording(record, script));
  RunSummary summary = finish_run(pipeline);
  EXPECT_LT(summary.frames.read, 400U);
  expect_accounted(summary, *record);
  expect_in_order(*record, 2);
}

TEST_P(Accounting, AddsUpWhenClosedFromASink) {
  SinkScript script;
  script.before = [this](std::uint64_t write) { write == 20 ? pipeline.close() : void(); };
  pipeline.add_source(synthetic(200));
  pipeline.add_sink(recording(record, script));
  RunSummary summary = finish_run(pipeline);
  EXPECT_LT(summary.frames.read, 200U);
  EXPECT_EQ(summary.frames.total_dropped(), 0U);
  expect_accounted(summary, *record);
}

TEST_P(Accounting, AddsUpForTheSinkThatWorksWhenAnotherFails) {
  SinkScript script;
  script.fail_at = 20;
  auto failing = std::make_shared<Record>();
  pipeline.add_source(synthetic(200));
  pipeline.add_sink(recording(failing, script));
  pipeline.add_sink(recording(record));
  RunSummary summary = finish_run(pipeline);
  expect_accounted(summary, *record);
  EXPECT_EQ(failing->all.size(), 20U);
  EXPECT_EQ(failing->finished, 1);
}

TEST_P(Accounting, AddsUpWhenASourceFails) {
  SourceScript script;
  script.error_at = 50;
  pipeline.add_source(scripted(script));
  pipeline.add_source(synthetic(30, 3));
  pipeline.add_sink(recording(record));
  RunSummary summary = finish_run(pipeline);
  EXPECT_EQ(summary.frames.read, 80U);
  expect_accounted(summary, *record);
}

TEST_P(Accounting, GivesEveryFrameToItsOwnAndToTheSharedSinks) {
  auto own = std::make_shared<Record>();
  pipeline.add_source(synthetic(40), one(recording(own)));
  pipeline.add_source(synthetic(40, 2));
  pipeline.add_sink(recording(record));
  RunSummary summary = finish_run(pipeline);
  expect_accounted(summary, *record);
  EXPECT_EQ(own->all, record->of(0));
  EXPECT_EQ(own->finished, 1);
}

INSTANTIATE_TEST_SUITE_P(Scripts, Accounting,
                         Combine(Values(Api::sync, Api::async),
                                 Values("seed=1", "seed=2,fail_rate=0.05", "seed=3,fail_rate=0.5", "seed=4,fail_rate=1",
                                        "seed=5,fail=0;1;2;40", "seed=6,die_at=30", "seed=7,die_at=10,revive_at=60")));

TEST(AccountingOverSeeds, AddsUpForEveryDrawOfLatenciesAndFailures) {
  for (int seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    Simulation simulation("sim:latency=0ms..9ms,lanes=4,fail_rate=0.1,seed=" + std::to_string(seed));
    Pipeline pipeline(simulation.detector, simulation.with(Api::async, 1 + seed % 7));
    auto record = std::make_shared<Record>();
    SinkScript script;
    script.before = [&](std::uint64_t write) { write == 5U * static_cast<unsigned>(seed) ? pipeline.stop() : void(); };
    for (int source = 0; source < 3; ++source) pipeline.add_source(synthetic(25 + source, seed + source));
    pipeline.add_sink(recording(record, script));
    RunSummary summary = finish_run(pipeline);
    expect_accounted(summary, *record);
    expect_in_order(*record, 3);
  }
}

}  // namespace
}  // namespace inflight::test
