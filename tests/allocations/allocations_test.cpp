// No allocation per request after warm-up, counted over all threads.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "inflight/infer_queue.hpp"

long allocations_so_far();  // counting_new.cpp

namespace inflight {
namespace {

using Slot = InferQueue::Slot;

class Allocations : public testing::TestWithParam<std::tuple<StageOrder, Dispatch>> {
 protected:
  /// How many allocations `rounds` of `round` make once everything has grown to its size.
  static long count(const std::function<void()>& round) {
    constexpr int kWarmUp = 200, kRounds = 500;
    for (int i = 0; i < kWarmUp; ++i) round();
    long before = allocations_so_far();
    for (int i = 0; i < kRounds; ++i) round();
    return allocations_so_far() - before;
  }

  static InferQueue make() {
    InferQueueOptions options;
    options.requests = 3;
    options.order = std::get<0>(GetParam());
    options.dispatch = std::get<1>(GetParam());
    auto model = compile_model("model", "sim:latency=1us..20us,lanes=2,input=1x3x2x2");
    return InferQueue::create(std::move(*model), options).value();
  }

  InferQueue queue = make();
};

INSTANTIATE_TEST_SUITE_P(Queues, Allocations,
                         testing::Combine(testing::Values(StageOrder::in_order, StageOrder::any_order),
                                          testing::Values(Dispatch::own_thread, Dispatch::engine_thread)));

TEST(AllocationCounter, Counts) {
  long before = allocations_so_far();
  ::operator delete(::operator new(1));  // a new-expression might be left out
  EXPECT_EQ(allocations_so_far() - before, 1);
}

TEST_P(Allocations, AreNotMadeBySubmissionsWithDeadlines) {
  EXPECT_EQ(count([&] {
              SubmitOptions options;
              options.deadline = steady_clock().now() + std::chrono::hours(1);
              (void)queue.acquire().value().submit([](Completed) {}, options);
            }),
            0);
}

TEST_P(Allocations, AreNotMadeByWaitingForARequest) {
  std::atomic<int> served = 0;
  EXPECT_EQ(
      count([&] {
        for (int i = 0; i < 6; ++i) {  // twice what the pool has
          queue.acquire_async([&](Result<Slot> slot) { (void)std::move(*slot).submit([&](Completed) { ++served; }); });
        }
        while (served < 6) std::this_thread::yield();
        served = 0;
      }),
      0);
}

TEST_P(Allocations, AreNotMadeByACoroutineThatRunsOn) {
  std::atomic<long> made = -1;
  auto loop = [&]() -> Task<> {
    long before = 0;
    for (int i = 0; i < 500; ++i) {
      if (i == 100) before = allocations_so_far();
      auto slot = co_await queue.acquired();
      Completed done = co_await std::move(*slot).run();
    }
    made = allocations_so_far() - before;
  };
  sync_wait(loop());
  EXPECT_EQ(made, 0);
}

}  // namespace
}  // namespace inflight
