// Invariant 2: results of one source come out in frame order; sources do not hold each other back.
#include "job.hpp"
#include "pipeline_test_kit.hpp"
#include "reorder.hpp"

namespace inflight::test {
namespace {

TEST(Order, IsThatOfTheFramesHoweverLatenciesVary) {
  Simulation simulation("sim:latency=0ms..50ms,lanes=8,seed=3");
  Pipeline pipeline(simulation.detector, simulation.with(Api::async, 16));
  auto record = std::make_shared<Record>();
  pipeline.add_source(synthetic(300));
  pipeline.add_sink(recording(record));
  finish_run(pipeline);
  EXPECT_EQ(ids(record->all), first(300));
}

TEST(Order, KeepsThePlacesOfFramesThatFail) {
  Simulation simulation("sim:latency=1ms..9ms,lanes=4,fail=0;7;8;99");
  Pipeline pipeline(simulation.detector, simulation.with(Api::async));
  auto record = std::make_shared<Record>();
  pipeline.add_source(synthetic(100));
  pipeline.add_sink(recording(record));
  finish_run(pipeline);
  EXPECT_EQ(ids(record->all), first(100));
  for (std::uint64_t id : {0, 7, 8, 99}) EXPECT_EQ(record->all[id].status, FrameStatus::failed) << id;
  EXPECT_EQ(record->count(FrameStatus::failed), 4U);
}

TEST(Order, HoldsWithinEachOfSeveralSources) {
  Simulation simulation("sim:latency=0ms..20ms,lanes=5,fail_rate=0.1,seed=11");
  Pipeline pipeline(simulation.detector, simulation.with(Api::async));
  auto record = std::make_shared<Record>();
  for (int source = 0; source < 6; ++source) pipeline.add_source(synthetic(30 + 10 * source, source));
  pipeline.add_sink(recording(record));
  finish_run(pipeline);
  for (SourceId source = 0; source < 6; ++source) EXPECT_EQ(ids(record->of(source)), first(30 + 10 * source));
}

TEST(Order, OfASourceThatIsBlockedHoldsNoOtherBack) {
  Simulation simulation;
  Pipeline pipeline(simulation.detector, simulation.with(Api::async));
  auto record = std::make_shared<Record>();
  Counter from_other;
  SourceScript blocked;
  blocked.block_at = 3;
  pipeline.add_source(scripted(blocked));
  pipeline.add_source(synthetic(150));
  pipeline.add_sink(recording(record));
  pipeline.on_result([&](const FrameResult& result) {
    if (result.frame.source == 1) from_other.add();
  });
  auto summary = std::async(std::launch::async, [&] { return finish_run(pipeline); });
  from_other.await(150);  // all of the other came through while the first still waits
  pipeline.close();
  EXPECT_EQ(summary.get().frames.emitted, 153U);
  expect_in_order(*record, 2);
}

TEST(Order, OfASourceWhoseSinkIsStuckHoldsNoOtherBack) {
  Simulation simulation;
  Pipeline pipeline(simulation.detector, simulation.with(Api::async));
  auto stuck = std::make_shared<Record>(), other = std::make_shared<Record>();
  Gate gate;
  Counter from_other;
  SinkScript waits, counts;
  waits.before = [&](std::uint64_t) { gate.pass(); };
  counts.before = [&](std::uint64_t) { from_other.add(); };
  pipeline.add_source(synthetic(100), one(recording(stuck, waits)));
  pipeline.add_source(synthetic(150, 2), one(recording(other, counts)));
  auto summary = std::async(std::launch::async, [&] { return finish_run(pipeline); });
  from_other.await(150);
  gate.open();
  EXPECT_EQ(summary.get().frames.emitted, 250U);
  EXPECT_EQ(ids(stuck->all), first(100));
  EXPECT_EQ(ids(other->all), first(150));
}

TEST(Order, OfSynchronousRunsIsOneSourceAfterTheOther) {
  Simulation simulation;
  Pipeline pipeline(simulation.detector, simulation.with(Api::sync));
  auto record = std::make_shared<Record>();
  pipeline.add_source(synthetic(5));
  pipeline.add_source(synthetic(5, 2));
  pipeline.add_sink(recording(record));
  finish_run(pipeline);
  EXPECT_EQ(ids(record->all), (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 0, 1, 2, 3, 4}));
}

TEST(Reorder, GivesJobsOutWhenTheirTurnHasComeAndNoSooner) {
  Job jobs[3];
  Reorder reorder(3);
  reorder.put(jobs[2], 2);
  EXPECT_EQ(reorder.next(), nullptr);
  reorder.put(jobs[0], 0);
  EXPECT_EQ(reorder.next(), &jobs[0]);
  EXPECT_EQ(reorder.next(), nullptr);
  reorder.put(jobs[0], 3);  // the slot of 0 is free again
  reorder.put(jobs[1], 1);
  EXPECT_EQ(reorder.next(), &jobs[1]);
  EXPECT_EQ(reorder.next(), &jobs[2]);
  EXPECT_EQ(reorder.next(), &jobs[0]);
  EXPECT_EQ(reorder.next(), nullptr);
}

}  // namespace
}  // namespace inflight::test
