#include "schedule.hpp"

#include <gtest/gtest.h>

namespace inflight::torchscript {
namespace {

int threads(const Schedule& schedule) { return schedule.lanes * schedule.intra_op_threads; }

TEST(TorchSchedule, ThroughputIsOneThreadPerInference) {
  Schedule schedule = make_schedule({}, 8, true);
  EXPECT_EQ(schedule.lanes, 8);
  EXPECT_EQ(schedule.intra_op_threads, 1);
  EXPECT_EQ(schedule.optimal_requests, 9);
}

TEST(TorchSchedule, LatencyIsAllThreadsForOneInference) {
  Schedule schedule = make_schedule({.hint = PerformanceHint::latency}, 8, true);
  EXPECT_EQ(schedule.lanes, 1);
  EXPECT_EQ(schedule.intra_op_threads, 8);
  EXPECT_EQ(schedule.optimal_requests, 1);
}

TEST(TorchSchedule, NeverUsesMoreThreadsThanItMay) {
  for (int cores : {1, 2, 7})
    for (int streams : {0, 1, 2, 3, 9})
      for (int requests : {0, 1, 5})
        for (PerformanceHint hint : {PerformanceHint::latency, PerformanceHint::throughput}) {
          CompileOptions options{.hint = hint, .requests = requests, .execution_streams = streams};
          EXPECT_LE(threads(make_schedule(options, cores, true)), cores);
          options.threads = 4;
          EXPECT_LE(threads(make_schedule(options, cores, true)), 4);
        }
}

TEST(TorchSchedule, FewRequestsTakeMoreThreadsEach) {
  Schedule schedule = make_schedule({.requests = 2}, 8, true);
  EXPECT_EQ(schedule.lanes, 2);
  EXPECT_EQ(schedule.intra_op_threads, 4);
  EXPECT_EQ(schedule.optimal_requests, 2);
}

TEST(TorchSchedule, AnAcceleratorGetsTwoLanesToHideCopies) {
  EXPECT_EQ(make_schedule({}, 8, false).lanes, 2);
  EXPECT_EQ(make_schedule({}, 8, false).intra_op_threads, 1);
  EXPECT_EQ(make_schedule({.execution_streams = 3}, 1, false).lanes, 3);
}

}  // namespace
}  // namespace inflight::torchscript
