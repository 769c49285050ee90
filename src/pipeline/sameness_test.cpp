// Invariant 3: asynchronous and multi-source runs give bit-identical results to the synchronous run.
#include "pipeline_test_kit.hpp"

namespace inflight::test {
namespace {

struct Way {
  Api api = Api::async;
  int requests = 0;
  std::string lanes = "3";
  std::size_t max_frame_bytes = PipelineOptions{}.max_frame_bytes;
};

/// Results of source 0 of `sources`, each of which has frames of its own.
std::vector<std::vector<Seen>> results(const Way& way, const std::string& script, int sources = 1) {
  Simulation simulation("sim:latency=0ms..9ms,input=1x3x64x64,lanes=" + way.lanes + script);
  PipelineOptions options = simulation.with(way.api, way.requests);
  options.max_frame_bytes = way.max_frame_bytes;
  Pipeline pipeline(simulation.detector, options);
  auto record = std::make_shared<Record>();
  for (int source = 0; source < sources; ++source) pipeline.add_source(synthetic(80, 5 + source));
  pipeline.add_sink(recording(record));
  finish_run(pipeline);
  std::vector<std::vector<Seen>> all;
  for (int source = 0; source < sources; ++source) all.push_back(record->of(static_cast<SourceId>(source)));
  return all;
}

const std::vector<Way> kWays{
    {Api::async},         {Api::async, 1},       {Api::async, 2},         {Api::async, 17},
    {Api::async, 0, "1"}, {Api::async, 9, "16"}, {Api::async, 4, "3", 1}, {Api::async, 40, "40", 20'000}};

TEST(Sameness, HoldsBetweenSynchronousAndEveryAsynchronousRun) {
  auto expected = results({Api::sync, 0, "1"}, "");
  ASSERT_EQ(expected[0].size(), 80U);
  ASSERT_TRUE(std::ranges::any_of(expected[0], [](const Seen& seen) { return !seen.detections.empty(); }));
  EXPECT_NE(expected[0][0].detections, expected[0][1].detections);
  for (const Way& way : kWays)
    EXPECT_EQ(results(way, ""), expected) << way.requests << " requests, lanes " << way.lanes;
}

TEST(Sameness, HoldsForTheDrawsOfLatency) {
  auto expected = results({Api::sync}, "");
  for (int seed = 2; seed < 12; ++seed) EXPECT_EQ(results({}, ",seed=" + std::to_string(seed)), expected) << seed;
}

TEST(Sameness, CoversHowFramesFailed) {
  std::string script = ",fail=0;3;4;5;79";
  auto expected = results({Api::sync, 0, "1"}, script);
  EXPECT_THAT(expected[0][3].reason, ::testing::HasSubstr("engine_failed: "));
  EXPECT_EQ(expected[0][3].device, "") << "nothing served it";
  EXPECT_TRUE(expected[0][3].detections.empty());
  for (const Way& way : kWays) EXPECT_EQ(results(way, script), expected) << way.requests << " requests";
}

TEST(Sameness, HoldsForEachOfSeveralSources) {
  auto expected = results({Api::sync, 0, "1"}, "", 4);
  EXPECT_NE(expected[0][0].detections, expected[1][0].detections);
  for (const Way& way : kWays) EXPECT_EQ(results(way, "", 4), expected) << way.requests << " requests";
}

TEST(Sameness, OfASourceDoesNotDependOnItsCompany) {
  auto alone = results({}, ""), beside_others = results({}, "", 5);
  EXPECT_EQ(alone[0], beside_others[0]);
}

TEST(Sameness, HoldsWhereTheSizeOfPicturesChanges) {
  SourceScript script;
  script.frames = 60;
  script.size = [](std::uint64_t id) { return Size{16 + 10 * static_cast<int>(id % 7), 30 + static_cast<int>(id)}; };
  std::vector<Seen> seen[2];
  for (Api api : {Api::sync, Api::async}) {
    Simulation simulation;
    Pipeline pipeline(simulation.detector, simulation.with(api));
    auto record = std::make_shared<Record>();
    pipeline.add_source(scripted(script));
    pipeline.add_sink(recording(record));
    finish_run(pipeline);
    seen[static_cast<int>(api)] = record->all;
  }
  EXPECT_EQ(seen[0].size(), 60U);
  EXPECT_EQ(seen[0], seen[1]);
}

}  // namespace
}  // namespace inflight::test
