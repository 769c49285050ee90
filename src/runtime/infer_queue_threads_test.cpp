// The queue between real threads: its own, those of the engine and those of its users.
#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "inflight/infer_queue.hpp"
#include "testing/sim_queue.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;
using Slot = InferQueue::Slot;

class OwnThread : public testing::Test {
 protected:
  InferQueue make(const std::string& description, int requests, StageOrder order = StageOrder::any_order) {
    InferQueueOptions options;
    options.requests = requests;
    options.order = order;
    options.clock = &clock;
    return InferQueue::create(simulate(description, clock), options).value();
  }
  VirtualClock clock;
};

TEST_F(OwnThread, RunsEveryCallbackAndWaiterOnOneThreadOfTheQueue) {
  auto queue = make("latency=1ms,lanes=2", 2);
  auto driver = clock.drive(2);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  auto note = [&] {
    std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
  };
  Slot taken = queue.acquire().value();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(queue.acquire().value().submit([&](Completed) { note(); }));
  queue.wait_all();
  Slot also_taken = queue.acquire().value();
  std::promise<void> answered;
  queue.acquire_async([&](Result<Slot>) {
    note();
    answered.set_value();
  });
  taken = Slot();
  answered.get_future().get();
  EXPECT_EQ(threads.size(), 1U);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST_F(OwnThread, DoesNotHoldTheEngineUpWhileACallbackTakesItsTime) {
  auto queue = make("latency=1ms", 2);
  auto driver = clock.drive();
  std::promise<void> release;
  ASSERT_TRUE(queue.acquire().value().submit([&](Completed) { release.get_future().get(); }));
  ASSERT_TRUE(queue.acquire().value().submit([](Completed) {}));
  // The second is inferred although the first's callback has not returned: its time passes.
  std::promise<void> later;
  clock.call_at(clock.now() + 1h, [&] { later.set_value(); });
  later.get_future().get();
  EXPECT_EQ(queue.stats().in_flight, 0);
  EXPECT_EQ(queue.stats().succeeded, 2U);
  release.set_value();
  queue.wait_all();
}

TEST_F(OwnThread, WaitsUntilEveryCallbackHasReturned) {
  auto driver = clock.drive();
  for (int i = 0; i < 200; ++i) {
    auto queue = make("latency=1ms,lanes=2", 3);
    int returned = 0;
    for (int n = 0; n < 3; ++n) ASSERT_TRUE(queue.acquire().value().submit([&](Completed) { ++returned; }));
    queue.wait_all();
    EXPECT_EQ(returned, 3);
  }
}

// The worker answered them and nobody told the destructor, which waited for ever.
TEST_F(OwnThread, IsDestroyedWhileOthersWaitAsynchronously) {
  for (int i = 0; i < 200; ++i) {
    std::atomic<int> answered = 0;
    Slot taken;
    {
      auto queue = make("", 1);
      taken = queue.acquire().value();
      for (int n = 0; n < 3; ++n) queue.acquire_async([&](Result<Slot> slot) { answered += slot ? 100 : 1; });
    }
    EXPECT_EQ(answered, 3);
  }
}

TEST_F(OwnThread, IsDestroyedWhileAWaiterIsBeingAnswered) {
  auto driver = clock.drive(2);
  for (int i = 0; i < 200; ++i) {
    bool finished = false;
    {
      auto queue = make("latency=1us", 1);
      std::promise<void> begun;
      ASSERT_TRUE(queue.acquire().value().submit([](Completed) {}));
      queue.acquire_async([&](Result<Slot>) {
        begun.set_value();
        for (int n = 0; n < 100; ++n) std::this_thread::yield();
        finished = true;
      });
      begun.get_future().get();
    }
    EXPECT_TRUE(finished);
  }
}

/// What one seed of the stress test does, drawn from it.
struct Storm {
  explicit Storm(unsigned s) : seed(s), random(s) {}

  bool chance(double p) { return std::bernoulli_distribution(p)(random); }
  Duration up_to(Duration most) {
    return Duration(std::uniform_int_distribution<Duration::rep>(0, most.count())(random));
  }

  unsigned seed;
  std::mt19937 random;
};

class InferQueueStress : public testing::TestWithParam<std::tuple<StageOrder, Dispatch>> {
 protected:
  static constexpr int kThreads = 3;
  static constexpr int kEach = 40;
  static constexpr int kSeeds = 25;

  struct Submission {
    std::atomic<int> ended = 0;
    std::atomic<bool> refused = false;
  };

  void run(unsigned seed);
  void submit_all(InferQueue& queue, Storm storm, int thread);
  Result<Slot> acquire(InferQueue& queue, Storm& storm);
  void check(const InferQueueStats& stats) const;

  VirtualClock clock;
  std::vector<Submission> submissions{kThreads * kEach};
  std::mutex order_mutex;            // taken around submit(), so that the order of submission is known
  std::vector<int> submitted_order;  // guarded by order_mutex
  std::vector<int> ended_order;      // in_order: callbacks are one at a time
};

Result<Slot> InferQueueStress::acquire(InferQueue& queue, Storm& storm) {
  if (storm.chance(0.5)) return queue.acquire();
  if (storm.chance(0.5)) {
    while (true)
      if (auto slot = queue.acquire_for(storm.up_to(1ms)); slot || slot.error().code == ErrorCode::closed) return slot;
  }
  std::promise<Result<Slot>> promise;
  queue.acquire_async([&](Result<Slot> slot) { promise.set_value(std::move(slot)); });
  return promise.get_future().get();
}

void InferQueueStress::submit_all(InferQueue& queue, Storm storm, int thread) {
  const bool in_order = std::get<0>(GetParam()) == StageOrder::in_order;
  for (int i = thread * kEach; i < (thread + 1) * kEach; ++i) {
    Result<Slot> slot = acquire(queue, storm);
    ASSERT_TRUE(slot);
    if (storm.chance(0.05)) slot = queue.acquire_for(storm.up_to(1ms));  // lets go of the first, perhaps
    if (!slot) slot = queue.acquire();
    ASSERT_TRUE(slot);
    fill(*slot, i);
    SubmitOptions options;
    if (storm.chance(0.3)) options.deadline = clock.now() + storm.up_to(3ms);
    auto done = [this, in_order, i](Completed) {
      ++submissions[static_cast<std::size_t>(i)].ended;
      if (in_order) ended_order.push_back(i);
      if (i % 17 == 0) throw i;
    };
    std::unique_lock lock(order_mutex, std::defer_lock);
    if (in_order) lock.lock();
    Result<Ticket> ticket = std::move(*slot).submit(done, options);
    if (!ticket) submissions[static_cast<std::size_t>(i)].refused = true;
    if (ticket && in_order) submitted_order.push_back(i);
    if (in_order) lock.unlock();
    if (ticket && storm.chance(0.3)) queue.cancel(*ticket);
  }
}

void InferQueueStress::run(unsigned seed) {
  Storm storm(seed);
  InferQueueOptions options;
  options.requests = 1 + static_cast<int>(seed % 5);
  options.order = std::get<0>(GetParam());
  options.dispatch = std::get<1>(GetParam());
  options.clock = &clock;
  std::vector<int> refused;
  for (int i = 0; i < kThreads * kEach; ++i)
    if (storm.chance(0.05)) refused.push_back(i);
  auto model = simulate("latency=0ms..2ms,lanes=2,fail_rate=0.2,seed=" + std::to_string(seed), clock);
  auto queue = InferQueue::create(std::make_shared<RefusingModel>(model, refused), options).value();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back(
          [this, &queue, t, s = Storm(1000 * seed + static_cast<unsigned>(t))] { submit_all(queue, s, t); });
  }
  if (seed % 2 == 0) queue.stop();
  queue.wait_all();
  check(queue.stats());
}

void InferQueueStress::check(const InferQueueStats& stats) const {
  std::uint64_t refused = 0;
  for (const Submission& s : submissions) {
    EXPECT_EQ(s.ended, s.refused ? 0 : 1);
    refused += s.refused ? 1 : 0;
  }
  EXPECT_EQ(stats.submitted, submissions.size() - refused);
  EXPECT_EQ(stats.succeeded + stats.failed + stats.cancelled + stats.expired, stats.submitted);
  EXPECT_EQ(stats.in_flight, 0);
  EXPECT_LE(stats.max_in_flight, stats.requests);
  EXPECT_EQ(ended_order, submitted_order);
}

TEST_P(InferQueueStress, CompletesEverySubmissionExactlyOnce) {
  for (unsigned seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    submissions = std::vector<Submission>(kThreads * kEach);
    submitted_order.clear();
    ended_order.clear();
    auto driver = clock.drive(2);
    run(seed);
  }
}

INSTANTIATE_TEST_SUITE_P(Queues, InferQueueStress,
                         testing::Combine(testing::Values(StageOrder::in_order, StageOrder::any_order),
                                          testing::Values(Dispatch::own_thread, Dispatch::engine_thread)));

// Stopping races with everything: whatever was accepted ends once, and everyone who waits goes home.
TEST_P(InferQueueStress, EndsEveryoneWhenItIsStoppedInTheMiddle) {
  auto driver = clock.drive(2);
  for (unsigned seed = 1; seed <= kSeeds; ++seed) {
    InferQueueOptions options;
    options.requests = 2;
    options.order = std::get<0>(GetParam());
    options.dispatch = std::get<1>(GetParam());
    options.clock = &clock;
    std::atomic<int> accepted = 0, ended = 0;
    {
      auto queue = InferQueue::create(simulate("latency=0ms..2ms,lanes=2", clock), options).value();
      std::vector<std::jthread> threads;
      for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, s = Storm(seed)]() mutable {
          while (Result<Slot> slot = acquire(queue, s))
            accepted += std::move(*slot).submit([&](Completed) { ++ended; }) ? 1 : 0;
        });
      }
      while (accepted < 20) std::this_thread::yield();
      queue.stop();
    }
    EXPECT_EQ(accepted, ended) << "seed " << seed;
  }
}

}  // namespace
}  // namespace inflight
