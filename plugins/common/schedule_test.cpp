#include "schedule.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace inflight {
namespace {

class AnySchedule : public testing::TestWithParam<IntraOpPool> {
 protected:
  static Schedule make(const CompileOptions& options, int cores, bool on_cpu) {
    return make_schedule(options, cores, on_cpu, GetParam());
  }
};

INSTANTIATE_TEST_SUITE_P(Pools, AnySchedule, testing::Values(IntraOpPool::shared, IntraOpPool::per_lane));

TEST_P(AnySchedule, ThroughputIsOneThreadPerInference) {
  Schedule schedule = make({}, 8, true);
  EXPECT_EQ(schedule.lanes, 8);
  EXPECT_EQ(schedule.intra_op_threads, 1);
  EXPECT_EQ(schedule.optimal_requests, 9);
}

TEST_P(AnySchedule, LatencyIsAllThreadsForOneInference) {
  Schedule schedule = make({.hint = PerformanceHint::latency}, 8, true);
  EXPECT_EQ(schedule.lanes, 1);
  EXPECT_EQ(schedule.intra_op_threads, 8);
  EXPECT_EQ(schedule.optimal_requests, 1);
}

TEST(Schedule, NeverUsesMoreThreadsThanItMay) {
  auto shared = [](const Schedule& s) { return s.lanes + s.intra_op_threads - 1; };
  auto per_lane = [](const Schedule& s) { return s.lanes * s.intra_op_threads; };
  for (int cores : {1, 2, 7})
    for (int streams : {0, 1, 2, 3, 9})
      for (int requests : {0, 1, 5})
        for (PerformanceHint hint : {PerformanceHint::latency, PerformanceHint::throughput}) {
          CompileOptions options{.hint = hint, .requests = requests, .execution_streams = streams};
          EXPECT_EQ(shared(make_schedule(options, cores, true, IntraOpPool::shared)), cores);
          EXPECT_LE(per_lane(make_schedule(options, cores, true, IntraOpPool::per_lane)), cores);
          options.threads = 4;
          EXPECT_EQ(shared(make_schedule(options, cores, true, IntraOpPool::shared)), 4);
          EXPECT_LE(per_lane(make_schedule(options, cores, true, IntraOpPool::per_lane)), 4);
        }
}

TEST(Schedule, FewRequestsTakeMoreThreadsEach) {
  for (auto [pool, threads] : {std::pair(IntraOpPool::shared, 7), std::pair(IntraOpPool::per_lane, 4)}) {
    Schedule schedule = make_schedule({.requests = 2}, 8, true, pool);
    EXPECT_EQ(schedule.lanes, 2);
    EXPECT_EQ(schedule.intra_op_threads, threads);
    EXPECT_EQ(schedule.optimal_requests, 2);
  }
}

TEST_P(AnySchedule, AnAcceleratorGetsTwoLanesToHideCopies) {
  EXPECT_EQ(make({}, 8, false).lanes, 2);
  EXPECT_EQ(make({}, 8, false).intra_op_threads, 1);
  EXPECT_EQ(make({.execution_streams = 3}, 1, false).lanes, 3);
}

}  // namespace
}  // namespace inflight
