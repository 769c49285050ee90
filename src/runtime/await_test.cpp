#include "inflight/await.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "testing/sim_queue.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;

Task<int> number(int n) { co_return n; }
Task<> nothing() { co_return; }
Task<int> throwing() {
  throw std::runtime_error("oops");
  co_return 0;
}
Task<int> sum(int n) {
  int total = 0;
  for (int i = 1; i <= n; ++i) total += co_await number(i);
  co_return total;
}

TEST(Task, YieldsItsValue) {
  EXPECT_EQ(sync_wait(number(7)), 7);
  EXPECT_EQ(sync_wait(sum(100)), 5050);
  sync_wait(nothing());
}

TEST(Task, YieldsAValueThatOnlyMoves) {
  auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); };
  EXPECT_EQ(*sync_wait(make()), 3);
}

TEST(Task, StartsWhenItIsAwaitedAndNotBefore) {
  bool started = false;
  auto start = [&]() -> Task<> {
    started = true;
    co_return;
  };
  Task<> task = start();
  EXPECT_FALSE(started);
  sync_wait(std::move(task));
  EXPECT_TRUE(started);
}

TEST(Task, NeverAwaitedIsDestroyedWithWhatItHolds) {
  auto held = std::make_shared<int>(0);
  auto keep = [](std::shared_ptr<int>) -> Task<> { co_return; };
  {
    Task<> task = keep(held);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Task, RethrowsToWhoeverAwaitsIt) {
  EXPECT_THROW(sync_wait(throwing()), std::runtime_error);
  auto outer = []() -> Task<int> {
    try {
      co_return co_await throwing();
    } catch (const std::runtime_error&) {
      co_return -1;
    }
  };
  EXPECT_EQ(sync_wait(outer()), -1);
  auto passes_on = []() -> Task<> { co_await throwing(); };
  EXPECT_THROW(sync_wait(passes_on()), std::runtime_error);
}

TEST(Task, MovesByAssignment) {
  Task<int> task = number(1);
  task = number(2);
  EXPECT_EQ(sync_wait(std::move(task)), 2);
}

class Await : public testing::TestWithParam<Dispatch> {
 protected:
  InferQueue make(std::shared_ptr<CompiledModel> model, int requests) {
    InferQueueOptions options;
    options.requests = requests;
    options.dispatch = GetParam();
    options.clock = &clock;
    return InferQueue::create(std::move(model), options).value();
  }
  VirtualClock clock;
  std::shared_ptr<void> driver = clock.drive(2);
};

INSTANTIATE_TEST_SUITE_P(Dispatch, Await, testing::Values(Dispatch::own_thread, Dispatch::engine_thread));

Task<std::vector<float>> infer_with(InferQueue& queue, int value) {
  auto slot = co_await queue.acquired();
  fill(*slot, value);
  Completed done = co_await std::move(*slot).run();
  co_return rows_of(done.slot.output(0).value());
}

TEST_P(Await, RunsOneAfterTheOther) {
  auto queue = make(simulate("latency=1ms", clock), 1);
  std::vector<float> first = sync_wait(infer_with(queue, 1));
  for (int i = 0; i < 300; ++i) EXPECT_EQ(sync_wait(infer_with(queue, 1)), first);
  EXPECT_NE(sync_wait(infer_with(queue, 2)), first);
}

TEST_P(Await, LetsManyCoroutinesShareFewRequests) {
  auto queue = make(simulate("latency=0ms..1ms,lanes=2", clock), 2);
  std::vector<float> expected = sync_wait(infer_with(queue, 5));
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) EXPECT_EQ(sync_wait(infer_with(queue, 5)), expected);
    });
  }
}

TEST_P(Await, CarriesErrorsOfTheEngineOfTheStartAndOfTheQueue) {
  auto queue = make(std::make_shared<RefusingModel>(simulate("latency=1ms,fail=0", clock), std::vector{1}), 1);
  auto outcome_of_run = [](InferQueue& q, SubmitOptions options) -> Task<std::string> {
    auto slot = co_await q.acquired();
    if (!slot) co_return to_string(slot.error().code);
    Completed done = co_await std::move(*slot).run(options);
    co_return name_of(done.outcome);
  };
  EXPECT_EQ(sync_wait(outcome_of_run(queue, {})), "engine_failed") << "the first inference";
  EXPECT_EQ(sync_wait(outcome_of_run(queue, {})), "engine_failed") << "the second start";
  EXPECT_EQ(sync_wait(outcome_of_run(queue, {})), "ok");
  SubmitOptions late;
  late.deadline = clock.now();
  EXPECT_EQ(sync_wait(outcome_of_run(queue, late)), "deadline_exceeded");
  queue.close();
  EXPECT_EQ(sync_wait(outcome_of_run(queue, {})), "closed");
}

TEST_P(Await, EndsCoroutinesThatWaitWhenTheQueueGoes) {
  std::optional<InferQueue> queue = make(simulate("", clock), 1);
  InferQueue::Slot taken = queue->acquire().value();
  std::promise<void> begun;
  auto wait = [&]() -> Task<ErrorCode> {
    begun.set_value();
    auto slot = co_await queue->acquired();
    co_return slot ? ErrorCode::internal : slot.error().code;
  };
  ErrorCode code = ErrorCode::internal;
  std::jthread waiter([&] { code = sync_wait(wait()); });
  begun.get_future().get();
  queue->close();  // whether or not it waits by now
  waiter.join();
  EXPECT_EQ(code, ErrorCode::closed);
}

TEST(Infer, BlocksOrAnswersByFutureOrResumes) {
  VirtualClock clock;
  auto driver = clock.drive();
  auto model = simulate("latency=1ms,fail=3", clock);
  auto request = model->create_request().value();
  EXPECT_TRUE(infer(*request));
  EXPECT_TRUE(infer_future(*request).get());
  auto by_coroutine = [&]() -> Task<Outcome> { co_return co_await infer_async(*request); };
  EXPECT_EQ(sync_wait(by_coroutine())->infer_time, 1ms);
  EXPECT_EQ(name_of(infer(*request)), "engine_failed");
}

TEST(Infer, ReportsAStartThatFailsInEveryForm) {
  VirtualClock clock;
  auto driver = clock.drive();
  RefusingModel model(simulate("", clock), {0, 1, 2});
  auto request = model.create_request().value();
  EXPECT_EQ(name_of(infer(*request)), "engine_failed");
  EXPECT_EQ(name_of(infer_future(*request).get()), "engine_failed");
  auto by_coroutine = [&]() -> Task<Outcome> { co_return co_await infer_async(*request); };
  EXPECT_EQ(name_of(sync_wait(by_coroutine())), "engine_failed");
}

}  // namespace
}  // namespace inflight
