// The define belongs to this file only: whoever includes asio.hpp decides where it comes from.
#define ASIO_STANDALONE
#if defined(__clang__)  // which this Asio knows only with the coroutines of a draft
#define ASIO_HAS_CO_AWAIT 1
#define ASIO_HAS_STD_COROUTINE 1
#endif
#ifdef __SANITIZE_THREAD__
#define ASIO_DISABLE_FENCED_BLOCK  // ThreadSanitizer cannot follow fences
#endif
#include "inflight/asio.hpp"

#include <gtest/gtest.h>

#include <asio.hpp>
#include <thread>

#include "testing/sim_queue.hpp"

namespace inflight {
namespace {

using Slot = InferQueue::Slot;

class Asio : public testing::Test {
 protected:
  InferQueue make(const std::string& description, int requests) {
    InferQueueOptions options;
    options.requests = requests;
    options.clock = &clock;
    return InferQueue::create(simulate(description, clock), options).value();
  }
  VirtualClock clock;
  std::shared_ptr<void> driver = clock.drive();
  asio::io_context context;
  const std::thread::id main_thread = std::this_thread::get_id();
};

TEST_F(Asio, AwaitsOnTheExecutorOfTheCoroutine) {
  auto queue = make("latency=1ms,fail=1", 1);
  std::vector<std::string> ended;
  auto detect = [&](int times) -> asio::awaitable<void> {
    for (int i = 0; i < times; ++i) {
      Result<Slot> slot = co_await async_acquire(queue, asio::use_awaitable);
      EXPECT_EQ(std::this_thread::get_id(), main_thread);
      Completed done = co_await async_submit(std::move(*slot), {}, asio::use_awaitable);
      EXPECT_EQ(std::this_thread::get_id(), main_thread);
      ended.push_back(name_of(done.outcome));
    }
  };
  asio::co_spawn(context, detect(2), asio::detached);
  asio::co_spawn(context, detect(2), asio::detached);
  context.run();
  EXPECT_EQ(ended.size(), 4U);
  EXPECT_EQ(std::ranges::count(ended, "engine_failed"), 1);
}

TEST_F(Asio, AnswersFuturesAndCallbacks) {
  auto queue = make("latency=1ms", 1);
  std::jthread runner([&, work = asio::make_work_guard(context)]() mutable {
    work.reset();
    context.run();
  });
  auto acquired = async_acquire(queue, asio::use_future);
  Result<Slot> slot = acquired.get();
  ASSERT_TRUE(slot);
  EXPECT_TRUE(async_submit(std::move(*slot), {}, asio::use_future).get().outcome);
  std::promise<Completed> promise;
  async_submit(queue.acquire().value(), {}, [&](Completed done) { promise.set_value(std::move(done)); });
  EXPECT_TRUE(promise.get_future().get().outcome);
}

TEST_F(Asio, KeepsTheContextAtWorkWhileAnAnswerIsDue) {
  auto queue = make("", 1);
  Slot taken = queue.acquire().value();
  bool answered = false;
  async_acquire(queue, asio::bind_executor(context, [&](Result<Slot> slot) { answered = slot.has_value(); }));
  std::jthread other([&] { taken = Slot(); });
  context.run();  // would return at once if the wait did not count as work
  EXPECT_TRUE(answered);
}

TEST_F(Asio, CarriesAStartThatFailsInTheOutcome) {
  auto queue = make("", 1);
  Slot slot = queue.acquire().value();
  queue.close();
  std::string outcome;
  async_submit(std::move(slot), {}, asio::bind_executor(context, [&](Completed c) { outcome = name_of(c.outcome); }));
  EXPECT_EQ(outcome, "") << "never within the call";
  context.run();
  EXPECT_EQ(outcome, "closed");
}

}  // namespace
}  // namespace inflight
