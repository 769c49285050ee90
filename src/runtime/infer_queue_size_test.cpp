// A queue whose size was left to the model follows what the model calls optimal while it runs.
#include <algorithm>
#include <atomic>
#include <thread>

#include "testing/sim_queue.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;
using Slot = InferQueue::Slot;

/// A model whose optimal number of requests changes, as that of AUTO does when another device takes over.
class ChangingModel final : public CompiledModel {
 public:
  explicit ChangingModel(Clock& clock) : model_(simulate("latency=1ms", clock)) {}
  const ModelInfo& info() const noexcept override { return model_->info(); }
  RuntimeInfo runtime() const override { return model_->runtime(); }
  int optimal_requests() const noexcept override { return optimal; }
  Result<std::unique_ptr<InferRequest>> create_request() override {
    if (created == most) return fail(ErrorCode::engine_failed, "out of memory");
    ++created;
    return model_->create_request();
  }

  std::atomic<int> optimal = 2;
  int created = 0;
  int most = 100;

 private:
  const std::shared_ptr<CompiledModel> model_;
};

class InferQueueSize : public testing::TestWithParam<Dispatch> {
 protected:
  InferQueue make(int requests = 0, int times_optimal = 1) {
    InferQueueOptions options;
    options.requests = requests;
    options.times_optimal = times_optimal;
    options.dispatch = GetParam();
    options.clock = &clock;
    return InferQueue::create(model, options).value();
  }
  /// All that can be taken without waiting.
  static std::vector<Slot> take_all(InferQueue& queue) {
    std::vector<Slot> slots;
    while (auto slot = queue.try_acquire()) slots.push_back(std::move(*slot));
    return slots;
  }

  VirtualClock clock;
  std::shared_ptr<ChangingModel> model = std::make_shared<ChangingModel>(clock);
};

INSTANTIATE_TEST_SUITE_P(On, InferQueueSize, testing::Values(Dispatch::own_thread, Dispatch::engine_thread));

TEST_P(InferQueueSize, GrowsWithTheModel) {
  InferQueue queue = make();
  EXPECT_EQ(take_all(queue).size(), 2U);
  model->optimal = 5;
  EXPECT_EQ(take_all(queue).size(), 5U);
  EXPECT_EQ(queue.stats().requests, 5);
  EXPECT_EQ(model->created, 5);
}

TEST_P(InferQueueSize, GrowsWhileRequestsAreInFlightAndKeepsTheirOrder) {
  InferQueueOptions options;
  options.order = StageOrder::in_order;
  options.clock = &clock;
  options.dispatch = GetParam();
  InferQueue queue = InferQueue::create(model, options).value();
  std::vector<int> order;  // of one thread at a time, the queue's or this one
  std::atomic<std::size_t> ended = 0;
  int submitted = 0;
  auto submit = [&](Slot slot) {
    ASSERT_TRUE(std::move(slot).submit([&order, &ended, number = submitted](const Completed&) {
      order.push_back(number);
      ++ended;
    }));
    ++submitted;
  };
  for (int round = 0; round < 20; ++round) {
    model->optimal = 2 + round;
    while (auto slot = queue.try_acquire()) submit(std::move(*slot));
    std::size_t before = ended;
    while (ended == before && clock.advance_to_next())
      if (GetParam() == Dispatch::own_thread) std::this_thread::yield();
  }
  clock.run_until_idle();
  queue.wait_all();
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(order.size(), static_cast<std::size_t>(submitted));
}

TEST_P(InferQueueSize, ShrinksAsRequestsComeBack) {
  model->optimal = 4;
  InferQueue queue = make();
  std::vector<Slot> slots = take_all(queue);
  model->optimal = 2;
  slots.pop_back();
  slots.pop_back();
  EXPECT_FALSE(queue.try_acquire()) << "two are in use";
  EXPECT_EQ(queue.stats().requests, 2);
  slots.pop_back();
  EXPECT_TRUE(queue.try_acquire());
}

TEST_P(InferQueueSize, ServesThoseWhoWaitedWhenItGrows) {
  InferQueue queue = make();
  std::vector<Slot> slots = take_all(queue);
  std::atomic<int> served = 0;
  for (int i = 0; i < 2; ++i) queue.acquire_async([&](const Result<Slot>& slot) { served += slot.has_value(); });
  EXPECT_EQ(served, 0);
  model->optimal = 4;
  std::optional<Slot> mine = queue.acquire().value();
  while (served < 1) std::this_thread::yield();
  slots.clear();
  mine.reset();
  while (served < 2) std::this_thread::yield();
}

TEST_P(InferQueueSize, IsAMultipleOfTheOptimumWhereAskedFor) {
  InferQueue queue = make(0, 3);
  EXPECT_EQ(queue.stats().requests, 6);
  model->optimal = 3;
  EXPECT_EQ(take_all(queue).size(), 9U);
}

TEST_P(InferQueueSize, StaysWhereItWasGiven) {
  InferQueue queue = make(3);
  model->optimal = 8;
  EXPECT_EQ(take_all(queue).size(), 3U);
}

TEST_P(InferQueueSize, GoesOnWithWhatItHasWhereTheModelGivesNoMore) {
  model->most = 3;
  InferQueue queue = make();
  model->optimal = 8;
  EXPECT_EQ(take_all(queue).size(), 3U);
  EXPECT_EQ(queue.stats().requests, 3);
}

}  // namespace
}  // namespace inflight
