// A pipeline over a device that gathers requests into batches: the last ones have nobody to wait for.
#include "pipeline_test_kit.hpp"

namespace inflight::test {
namespace {

using std::chrono::hours;

class Batching : public ::testing::TestWithParam<Api> {};

TEST_P(Batching, DoesNotWaitForCompanyOnceEverySourceHasEnded) {
  BatchPolicy patient;
  patient.max_delay = hours(24 * 365);
  // Time goes on a little at a time, by this thread: a clock that flies would jump a year ahead whenever the run
  // takes a breath. The limit is many seconds of such steps away.
  Simulation simulation("BATCH:sim:latency=1ms,lanes=1(8)", Simulation::Time::stands, patient);
  Pipeline pipeline(simulation.detector, simulation.with(GetParam()));
  auto record = std::make_shared<Record>();
  pipeline.add_source(synthetic(13));
  pipeline.add_source(synthetic(14, 2));
  pipeline.add_sink(recording(record));
  auto running = std::async(std::launch::async, [&] { return finish_run(pipeline); });
  TimePoint limit = simulation.clock.now() + hours(100);
  while (running.wait_for(Duration{0}) != std::future_status::ready && simulation.clock.now() < limit)
    simulation.clock.advance(milliseconds(1));
  EXPECT_LT(simulation.clock.now(), limit);
  simulation.fly();  // or a failure would not end
  RunSummary summary = running.get();
  EXPECT_EQ(summary.frames.emitted, 27U);
  expect_accounted(summary, *record);
  expect_in_order(*record, 2);
}

INSTANTIATE_TEST_SUITE_P(Apis, Batching, ::testing::Values(Api::sync, Api::async));

}  // namespace
}  // namespace inflight::test
