// What a run tells of virtual devices: which served each frame, what they did, and that the run follows them.
#include <thread>

#include "pipeline_test_kit.hpp"

namespace inflight::test {
namespace {

using testing::Contains;
using testing::Field;

class Devices : public ::testing::TestWithParam<Api> {
 protected:
  /// Time goes on step by step, by this thread, and only while something is in flight: otherwise what is being
  /// compiled would be ready before the first frame has come.
  RunSummary run(Simulation& simulation, const WatchedModel::Script& watch, Pipeline& pipeline) {
    std::atomic<std::uint64_t> results = 0;
    pipeline.on_result([&](const FrameResult&) { ++results; });
    auto running = std::async(std::launch::async, [&] { return finish_run(pipeline); });
    while (running.wait_for(Duration{0}) != std::future_status::ready) {
      if (watch.starts->count() > results)
        simulation.clock.advance(milliseconds(1));
      else
        std::this_thread::yield();
    }
    return running.get();
  }
};

TEST_P(Devices, AreToldOfEachFrameAndOfEachSwitch) {
  Simulation simulation(
      "AUTO:(sim:latency=8ms,name=small,input=1x3x64x64),(sim:latency=2ms,lanes=4,load=20s,name=wide,input="
      "1x3x64x64)",
      Simulation::Time::stands);
  WatchedModel::Script watch;
  simulation.watch(watch);
  Pipeline pipeline(simulation.detector, simulation.with(GetParam()));
  auto record = std::make_shared<Record>();
  pipeline.add_source(synthetic(100'000));
  pipeline.add_sink(recording(record));
  int by_wide = 0;
  pipeline.on_result([&](const FrameResult& result) {
    if (result.device == "sim:wide" && ++by_wide == 100) pipeline.close();
  });
  RunSummary summary = run(simulation, watch, pipeline);
  expect_accounted(summary, *record);
  expect_in_order(*record);
  EXPECT_EQ(record->all.front().device, "sim:small");
  EXPECT_EQ(record->all.back().device, "sim:wide");
  EXPECT_EQ(summary.engine.device, "sim:wide");
  EXPECT_EQ(events_of(summary, "switched"), 1U);
  EXPECT_THAT(summary.events,
              Contains(AllOf(Field(&Event::kind, "switched"),
                             Field(&Event::inferences_per_second, testing::Optional(testing::Gt(0.0))))));
  EXPECT_TRUE(std::ranges::is_sorted(summary.events, {}, &Event::at));
  EXPECT_EQ(summary.engine.requests, GetParam() == Api::async ? 16 : 1) << "twice what the new device takes";
}

TEST_P(Devices, TellEachRunWhatHappenedSinceTheOneBefore) {
  Simulation simulation("AUTO:(sim:latency=1ms,input=1x3x64x64)", Simulation::Time::stands);
  std::vector<std::size_t> ready;
  for (int i = 0; i < 2; ++i) {
    WatchedModel::Script watch;
    simulation.watch(watch);
    Pipeline pipeline(simulation.detector, simulation.with(GetParam()));
    pipeline.add_source(synthetic(3));
    ready.push_back(events_of(run(simulation, watch, pipeline), "ready"));
  }
  EXPECT_THAT(ready, testing::ElementsAre(1, 0));
}

INSTANTIATE_TEST_SUITE_P(Apis, Devices, ::testing::Values(Api::sync, Api::async));

}  // namespace
}  // namespace inflight::test
