#include "inflight/infer_queue.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <latch>
#include <thread>

#include "testing/sim_queue.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using Names = std::vector<std::string>;

/// Callbacks run on the clock's thread, which is this one: nothing here depends on a scheduler.
class InferQueueTest : public testing::Test {
 protected:
  InferQueue make(const std::string& description, InferQueueOptions options) {
    options.clock = &clock;
    options.dispatch = Dispatch::engine_thread;
    return InferQueue::create(simulate(description, clock), options).value();
  }
  InferQueue make(const std::string& description, int requests = 1) {
    InferQueueOptions options;
    options.requests = requests;
    return make(description, options);
  }
  InferQueue make_in_order(const std::string& description, int requests) {
    InferQueueOptions options;
    options.requests = requests;
    options.order = StageOrder::in_order;
    return make(description, options);
  }

  /// Submits, and notes how it ended as "<name>:<outcome>".
  Ticket submit(InferQueue& queue, const std::string& name, std::optional<TimePoint> deadline = {}) {
    SubmitOptions options;
    options.deadline = deadline;
    return queue.try_acquire().value().submit(noting(name), options).value();
  }
  using Slot = InferQueue::Slot;
  InferQueue::Completion noting(const std::string& name) {
    return [this, name = std::string(name)](Completed c) { ended.push_back(name + ":" + name_of(c.outcome)); };
  }

  VirtualClock clock;
  Names ended;
};

// ---- taking requests ----

TEST_F(InferQueueTest, HasAsManyRequestsAsTheModelFindsBestUnlessTold) {
  EXPECT_EQ(make("lanes=3", 0).stats().requests, 6);
  EXPECT_EQ(make("lanes=3", 2).stats().requests, 2);
}

TEST_F(InferQueueTest, RefusesToBeMadeOfNothing) {
  EXPECT_EQ(InferQueue::create(nullptr).error().code, ErrorCode::invalid_argument);
  InferQueueOptions options;
  options.requests = -1;
  EXPECT_EQ(InferQueue::create(simulate("", clock), options).error().code, ErrorCode::invalid_argument);
}

TEST_F(InferQueueTest, SaysThatItWouldBlockWhenEveryRequestIsTaken) {
  auto queue = make("latency=1ms", 2);
  Slot a = queue.try_acquire().value(), b = queue.try_acquire().value();
  EXPECT_EQ(queue.try_acquire().error().code, ErrorCode::would_block);
  EXPECT_EQ(queue.acquire_for(0ns).error().code, ErrorCode::would_block) << "at once: time stands still here";
  EXPECT_EQ(queue.acquire_for(-1s).error().code, ErrorCode::would_block);
  a = Slot();
  EXPECT_TRUE(queue.try_acquire());
}

TEST_F(InferQueueTest, ReturnsASlotThatIsLetGoOrMovedOver) {
  auto queue = make("", 2);
  {
    Slot a = queue.acquire().value();
    Slot b = queue.acquire().value();
    a = std::move(b);
    EXPECT_FALSE(b);  // NOLINT(bugprone-use-after-move): what it is after a move is the point
    EXPECT_TRUE(a);
    EXPECT_TRUE(queue.try_acquire());
  }
  Slot a = queue.try_acquire().value(), b = queue.try_acquire().value();
  EXPECT_FALSE(queue.try_acquire());
}

TEST_F(InferQueueTest, BlocksUntilARequestIsFree) {
  auto queue = make("latency=5ms");
  submit(queue, "a");
  auto driver = clock.drive();
  Slot slot = queue.acquire().value();
  EXPECT_THAT(ended, ElementsAre("a:ok"));
}

TEST_F(InferQueueTest, WaitsForTheTimeItIsGivenAndNoLonger) {
  auto queue = make("");
  Slot taken = queue.acquire().value();
  TimePoint start = clock.now();
  auto driver = clock.drive(2);
  EXPECT_EQ(queue.acquire_for(10ms).error().code, ErrorCode::would_block);
  EXPECT_EQ(clock.now() - start, 10ms);
  EXPECT_EQ(queue.stats().queue_time, 10ms);
}

TEST_F(InferQueueTest, TakesTheLongestTimeThereIsForEver) {
  auto queue = make("latency=5ms");
  clock.advance(1ms);
  submit(queue, "a");
  auto driver = clock.drive();
  EXPECT_TRUE(queue.acquire_for(Duration::max()));
}

TEST_F(InferQueueTest, GivesRequestsToThoseWhoWaitInTheOrderTheyCame) {
  auto queue = make("latency=1ms");
  Slot taken = queue.acquire().value();
  std::vector<int> served;
  for (int i = 0; i < 4; ++i) {
    queue.acquire_async([&served, i](Result<Slot> slot) {
      EXPECT_TRUE(slot);
      served.push_back(i);
    });
  }
  EXPECT_EQ(queue.try_acquire().error().code, ErrorCode::would_block);
  taken = Slot();
  EXPECT_THAT(served, ElementsAre(0, 1, 2, 3));
}

TEST_F(InferQueueTest, GivesOneWhoWaitsAsynchronouslyTheRequestAtOnceIfThereIsOne) {
  auto queue = make("");
  bool called = false;
  queue.acquire_async([&](Result<Slot> slot) { called = slot.has_value(); });
  EXPECT_TRUE(called);
}

TEST_F(InferQueueTest, SurvivesAWaiterThatThrows) {
  auto queue = make("");
  Slot taken = queue.acquire().value();
  queue.acquire_async([](Result<Slot>) { throw std::runtime_error("oops"); });
  taken = Slot();
  EXPECT_EQ(queue.stats().callback_errors, 1U);
  EXPECT_TRUE(queue.try_acquire());
}

// ---- submissions ----

TEST_F(InferQueueTest, CompletesASubmissionOnceWithItsOwnResult) {
  auto queue = make("latency=1ms,lanes=3", 3);
  std::vector<std::vector<float>> results(6);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 3; ++i) {
      Slot slot = queue.acquire().value();
      fill(slot, i);
      auto keep = [&results, at = static_cast<std::size_t>(3 * round + i)](Completed c) {
        EXPECT_TRUE(results[at].empty());
        results[at] = rows_of(c.slot.output(0).value());
      };
      ASSERT_TRUE(std::move(slot).submit(keep));
    }
    clock.run_until_idle();
  }
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(results[i], results[3 + i]);
  EXPECT_NE(results[0], results[1]);
}

TEST_F(InferQueueTest, LeavesTheSlotEmptyAfterASubmission) {
  auto queue = make("");
  Slot slot = queue.acquire().value();
  ASSERT_TRUE(std::move(slot).submit(noting("a")));
  EXPECT_FALSE(slot);  // NOLINT(bugprone-use-after-move): what it is after a move is the point
  clock.run_until_idle();
}

TEST_F(InferQueueTest, ReturnsAFailedRequestToThePool) {
  auto queue = make("latency=1ms,fail=0;2");
  for (const char* name : {"a", "b", "c", "d"}) {
    submit(queue, name);
    clock.run_until_idle();
  }
  EXPECT_THAT(ended, ElementsAre("a:engine_failed", "b:ok", "c:engine_failed", "d:ok"));
  EXPECT_EQ(queue.stats().failed, 2U);
  EXPECT_EQ(queue.stats().succeeded, 2U);
}

TEST_F(InferQueueTest, KeepsTheRequestFromThePoolWhileItsResultIsHeld) {
  auto queue = make("");
  std::optional<Completed> held;
  ASSERT_TRUE(queue.acquire().value().submit([&](Completed c) { held = std::move(c); }));
  clock.run_until_idle();
  EXPECT_FALSE(queue.try_acquire());
  held.reset();
  EXPECT_TRUE(queue.try_acquire());
}

TEST_F(InferQueueTest, AnswersAFutureToo) {
  auto queue = make("latency=1ms,fail=1");
  std::future<Completed> first = queue.acquire().value().submit();
  clock.run_until_idle();
  EXPECT_TRUE(first.get().outcome);
  std::future<Completed> second = queue.acquire().value().submit();
  clock.run_until_idle();
  EXPECT_EQ(name_of(second.get().outcome), "engine_failed");
}

TEST_F(InferQueueTest, ReturnsTheRequestOfAFutureThatNobodyKept) {
  auto queue = make("");
  {
    auto ignored = queue.acquire().value().submit();
  }
  clock.run_until_idle();
  EXPECT_TRUE(queue.try_acquire());
}

TEST_F(InferQueueTest, AddsUpItsStatistics) {
  auto queue = make("latency=2ms,lanes=4,fail=1", 4);
  submit(queue, "ok");
  submit(queue, "failed");
  submit(queue, "expired", clock.now() + 1ms);
  Ticket cancelled = submit(queue, "cancelled");
  EXPECT_EQ(queue.stats().in_flight, 4);
  queue.cancel(cancelled);
  clock.run_until_idle();
  InferQueueStats stats = queue.stats();
  EXPECT_EQ(stats.submitted, 4U);
  EXPECT_EQ(stats.succeeded + stats.failed + stats.cancelled + stats.expired, stats.submitted);
  EXPECT_EQ(stats.succeeded, 1U);
  EXPECT_EQ(stats.failed, 1U);
  EXPECT_EQ(stats.cancelled, 1U);
  EXPECT_EQ(stats.expired, 1U);
  EXPECT_EQ(stats.in_flight, 0);
  EXPECT_EQ(stats.max_in_flight, 4);
  EXPECT_EQ(stats.infer_time, 2ms);
}

// ---- a start that fails ----

class RefusedStart : public InferQueueTest {
 protected:
  InferQueue make(std::vector<int> refused, StageOrder order, int requests) {
    InferQueueOptions options;
    options.requests = requests;
    options.order = order;
    options.clock = &clock;
    options.dispatch = Dispatch::engine_thread;
    auto model = std::make_shared<RefusingModel>(simulate("latency=1ms,lanes=9", clock), std::move(refused));
    return InferQueue::create(model, options).value();
  }
};

TEST_F(RefusedStart, ComesBackAsAnErrorWithoutACallback) {
  auto queue = make({0}, StageOrder::any_order, 1);
  auto held = std::make_shared<int>(0);
  SubmitOptions with_deadline;
  with_deadline.deadline = clock.now() + 1ms;
  auto ticket = queue.acquire().value().submit([held](Completed) { FAIL(); }, with_deadline);
  EXPECT_EQ(ticket.error().code, ErrorCode::engine_failed);
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(queue.stats().submitted, 0U);
  submit(queue, "again");
  clock.run_until_idle();
  EXPECT_THAT(ended, ElementsAre("again:ok"));
}

TEST_F(RefusedStart, ArrivesThroughTheFutureToo) {
  auto queue = make({0}, StageOrder::any_order, 1);
  EXPECT_EQ(name_of(queue.acquire().value().submit().get().outcome), "engine_failed");
}

// It used to stay out of the pool until everything submitted before it had ended.
TEST_F(RefusedStart, IsBackInThePoolAtOnceEvenInOrder) {
  auto queue = make({1}, StageOrder::in_order, 2);
  submit(queue, "a");
  EXPECT_FALSE(queue.try_acquire().value().submit(noting("refused")));
  submit(queue, "b");
  clock.run_until_idle();
  EXPECT_THAT(ended, ElementsAre("a:ok", "b:ok"));
}

TEST_F(RefusedStart, HoldsUpNothingWhereverItStoodInTheOrder) {
  auto queue = make({0, 2, 4}, StageOrder::in_order, 4);
  for (const char* name : {"x", "a", "x", "b", "x", "c", "d"}) {
    auto ticket = queue.try_acquire().value().submit(noting(name));
    EXPECT_EQ(ticket.has_value(), name[0] != 'x');
  }
  queue.cancel({});
  clock.run_until_idle();
  EXPECT_THAT(ended, ElementsAre("a:ok", "b:ok", "c:ok", "d:ok"));
}

TEST_F(RefusedStart, ServesWhoeverWaitedForTheRequest) {
  auto queue = make({0}, StageOrder::any_order, 1);
  Slot slot = queue.acquire().value();
  bool served = false;
  queue.acquire_async([&](Result<Slot> s) { served = s.has_value(); });
  EXPECT_FALSE(std::move(slot).submit(noting("refused")));
  EXPECT_TRUE(served);
}

// ---- order ----

TEST_F(InferQueueTest, DeliversAsTheyEndUnlessToldOtherwise) {
  auto queue = make("latency=10ms,lanes=2", 2);
  Ticket a = submit(queue, "a");
  submit(queue, "b");
  queue.cancel(a);
  EXPECT_THAT(ended, ElementsAre("a:cancelled"));
  clock.run_until_idle();
  EXPECT_THAT(ended, ElementsAre("a:cancelled", "b:ok"));
}

TEST_F(InferQueueTest, DeliversInTheOrderOfSubmissionWhateverTheEngineDoes) {
  auto queue = make_in_order("latency=1ms..20ms,lanes=8,fail_rate=0.2", 8);
  std::vector<int> order;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 8; ++i)
      ASSERT_TRUE(queue.try_acquire().value().submit([&order, n = 8 * round + i](Completed) { order.push_back(n); }));
    clock.run_until_idle();
  }
  EXPECT_EQ(order.size(), 160U);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST_F(InferQueueTest, HoldsBackACancelledOrExpiredOneUntilItsTurn) {
  auto queue = make_in_order("latency=10ms,lanes=3", 3);
  submit(queue, "a");
  submit(queue, "b", clock.now() + 1ms);
  Ticket c = submit(queue, "c");
  EXPECT_TRUE(queue.cancel(c));
  EXPECT_FALSE(queue.cancel(c)) << "once is enough";
  clock.advance(5ms);
  EXPECT_TRUE(ended.empty());
  clock.run_until_idle();
  EXPECT_THAT(ended, ElementsAre("a:ok", "b:deadline_exceeded", "c:cancelled"));
}

TEST_F(InferQueueTest, DeliversWhatACallbackReleasedOnlyAfterThatCallback) {
  auto queue = make_in_order("latency=10ms,lanes=2", 2);
  Ticket second;
  ASSERT_TRUE(queue.acquire().value().submit([&](Completed) {
    EXPECT_TRUE(queue.cancel(second));
    ended.push_back("first has returned");
  }));
  second = submit(queue, "second");
  clock.advance_to_next();
  EXPECT_THAT(ended, ElementsAre("first has returned", "second:cancelled"));
  clock.run_until_idle();
}

// ---- deadlines ----

TEST_F(InferQueueTest, GivesUpWhatIsNotDoneByItsDeadline) {
  auto queue = make("latency=10ms");
  submit(queue, "a", clock.now() + 4ms);
  clock.advance(4ms);
  EXPECT_THAT(ended, ElementsAre("a:deadline_exceeded"));
  clock.run_until_idle();
  EXPECT_EQ(ended.size(), 1U);
  EXPECT_TRUE(queue.try_acquire()) << "the engine has let it go";
}

TEST_F(InferQueueTest, GivesUpWhatIsSubmittedAfterItsDeadline) {
  auto queue = make("latency=10ms");
  clock.advance(5ms);
  submit(queue, "a", clock.now() - 1ms);
  clock.advance(0ms);
  EXPECT_THAT(ended, ElementsAre("a:deadline_exceeded"));
  clock.run_until_idle();
}

// A clock has one thread, and its timers may come late.
TEST_F(InferQueueTest, DiscardsAResultThatComesAfterItsDeadlineEvenBeforeTheTimer) {
  class LateClock final : public Clock {
   public:
    explicit LateClock(VirtualClock& c) : clock_(c) {}
    TimePoint now() const noexcept override { return clock_.now(); }
    TimerId call_at(TimePoint when, Callback<void()> action) override {
      return clock_.call_at(when + 1s, std::move(action));
    }
    bool cancel(TimerId timer) noexcept override { return clock_.cancel(timer); }

   private:
    VirtualClock& clock_;
  } late_clock(clock);
  InferQueueOptions options;
  options.dispatch = Dispatch::engine_thread;
  options.clock = &late_clock;
  auto queue = InferQueue::create(simulate("latency=10ms", clock), options).value();
  submit(queue, "late", clock.now() + 9ms);
  clock.advance(10ms);
  EXPECT_THAT(ended, ElementsAre("late:deadline_exceeded"));
  submit(queue, "in time", clock.now() + 10ms);
  clock.run_until_idle();
  EXPECT_EQ(ended.back(), "in time:ok");
  EXPECT_EQ(queue.stats().expired, 1U);
}

TEST_F(InferQueueTest, CompletesOnceWhenTheDeadlineIsTheMomentOfCompletion) {
  auto queue = make("latency=10ms");
  submit(queue, "a", clock.now() + 10ms);
  clock.run_until_idle();
  EXPECT_EQ(ended.size(), 1U);
}

TEST_F(InferQueueTest, ForgetsTheDeadlineOfWhatWasDoneInTime) {
  auto queue = make("latency=1ms");
  submit(queue, "a", clock.now() + 5ms);
  clock.advance(1ms);
  submit(queue, "b");  // the same request
  clock.run_until_idle();
  EXPECT_THAT(ended, ElementsAre("a:ok", "b:ok"));
  EXPECT_EQ(clock.now() - TimePoint{}, 2ms) << "no timer is left behind";
}

TEST_F(InferQueueTest, HandsOutNoRequestThatTheEngineStillWorksOn) {
  auto queue = make("latency=10ms");
  Ticket a = submit(queue, "a");
  queue.cancel(a);
  EXPECT_THAT(ended, ElementsAre("a:cancelled"));
  EXPECT_FALSE(queue.try_acquire()) << "the engine answers on its own thread, later";
  clock.run_until_idle();
  EXPECT_TRUE(queue.try_acquire());
}

// ---- cancelling ----

TEST_F(InferQueueTest, CancelsWhatRunsAndWhatWaitsInTheEngine) {
  auto queue = make("latency=10ms", 2);
  Ticket running = submit(queue, "running");
  Ticket waiting = submit(queue, "waiting");
  EXPECT_TRUE(queue.cancel(waiting));
  EXPECT_TRUE(queue.cancel(running));
  clock.run_until_idle();
  EXPECT_THAT(ended, ElementsAre("waiting:cancelled", "running:cancelled"));
  EXPECT_EQ(queue.stats().cancelled, 2U);
}

TEST_F(InferQueueTest, ACancelFreesTheEngineForTheNextAtOnce) {
  auto queue = make("latency=10ms", 2);  // two requests, one lane
  Ticket running = submit(queue, "running");
  submit(queue, "next");
  EXPECT_TRUE(queue.cancel(running));
  clock.run_until_idle();
  EXPECT_THAT(ended, ElementsAre("running:cancelled", "next:ok"));
  EXPECT_EQ(clock.now() - TimePoint{}, 10ms) << "the engine went on with what nobody wanted";
}

TEST_F(InferQueueTest, ADeadlineFreesTheEngineForTheNextAtOnce) {
  auto queue = make("latency=10ms", 2);
  submit(queue, "late", clock.now() + 4ms);
  submit(queue, "next");
  clock.run_until_idle();
  EXPECT_THAT(ended, ElementsAre("late:deadline_exceeded", "next:ok"));
  EXPECT_EQ(clock.now() - TimePoint{}, 14ms);
}

TEST_F(InferQueueTest, CancelsNothingThatHasEnded) {
  auto queue = make("latency=1ms");
  Ticket a = submit(queue, "a");
  clock.run_until_idle();
  Ticket b = submit(queue, "b");  // in the same request
  EXPECT_FALSE(queue.cancel(a));
  EXPECT_FALSE(queue.cancel({}));
  EXPECT_FALSE(queue.cancel({99, 1})) << "a ticket of another queue";
  clock.run_until_idle();
  EXPECT_FALSE(queue.cancel(b));
  EXPECT_THAT(ended, ElementsAre("a:ok", "b:ok"));
}

TEST_F(InferQueueTest, CannotCancelASubmissionFromItsOwnCallback) {
  auto queue = make("");
  Ticket ticket;
  bool cancelled = true;
  ticket = queue.acquire().value().submit([&](Completed) { cancelled = queue.cancel(ticket); }).value();
  clock.run_until_idle();
  EXPECT_FALSE(cancelled);
}

// ---- callbacks that come back ----

TEST_F(InferQueueTest, LetsACallbackSubmitItsOwnRequestAgain) {
  auto queue = make("latency=1ms");
  int left = 10;
  std::function<void(Completed)> again = [&](Completed c) {
    if (--left == 0) return;
    EXPECT_TRUE(std::move(c.slot).submit([&](Completed next) { again(std::move(next)); }));
  };
  ASSERT_TRUE(queue.acquire().value().submit([&](Completed c) { again(std::move(c)); }));
  clock.run_until_idle();
  EXPECT_EQ(left, 0);
  EXPECT_EQ(clock.now() - TimePoint{}, 10ms);
}

TEST_F(InferQueueTest, LetsACallbackReleaseAndAcquire) {
  auto queue = make("latency=1ms");
  ASSERT_TRUE(queue.acquire().value().submit([&](Completed c) {
    EXPECT_FALSE(queue.try_acquire());
    c.slot = Slot();
    submit(queue, "inner");
  }));
  clock.run_until_idle();
  EXPECT_THAT(ended, ElementsAre("inner:ok"));
}

TEST_F(InferQueueTest, LetsACallbackCloseAndStop) {
  auto queue = make("latency=1ms..2ms,lanes=2", 2);
  ASSERT_TRUE(queue.acquire().value().submit([&](Completed) {
    queue.close();
    queue.stop();
  }));
  submit(queue, "other");
  clock.run_until_idle();
  EXPECT_EQ(ended.size(), 1U);
  EXPECT_EQ(queue.try_acquire().error().code, ErrorCode::closed);
}

TEST_F(InferQueueTest, SurvivesACallbackThatThrows) {
  auto queue = make_in_order("latency=1ms", 1);
  ASSERT_TRUE(queue.acquire().value().submit([](Completed) { throw std::runtime_error("oops"); }));
  clock.run_until_idle();
  EXPECT_EQ(queue.stats().callback_errors, 1U);
  submit(queue, "next");
  clock.run_until_idle();
  EXPECT_THAT(ended, ElementsAre("next:ok"));
}

TEST_F(InferQueueTest, AnswersThoseWhoWaitFromWithinACallback) {
  auto queue = make("latency=1ms");
  submit(queue, "a");
  queue.acquire_async([&](Result<Slot> slot) { ASSERT_TRUE(std::move(*slot).submit(noting("b"))); });
  clock.run_until_idle();
  EXPECT_THAT(ended, ElementsAre("a:ok", "b:ok"));
}

// ---- ending ----

TEST_F(InferQueueTest, TakesNothingMoreOnceClosedButCompletesWhatRuns) {
  auto queue = make("latency=1ms", 2);
  submit(queue, "a");
  Slot slot = queue.acquire().value();
  queue.close();
  EXPECT_EQ(queue.acquire().error().code, ErrorCode::closed);
  EXPECT_EQ(queue.try_acquire().error().code, ErrorCode::closed);
  EXPECT_EQ(queue.acquire_for(1h).error().code, ErrorCode::closed);
  EXPECT_EQ(std::move(slot).submit(noting("b")).error().code, ErrorCode::closed);
  std::string answer;
  queue.acquire_async([&](Result<Slot> s) { answer = to_string(s.error().code); });
  EXPECT_EQ(answer, "closed");
  clock.run_until_idle();
  queue.wait_all();
  EXPECT_THAT(ended, ElementsAre("a:ok"));
}

TEST_F(InferQueueTest, StoppingGivesUpWhatRuns) {
  auto queue = make_in_order("latency=1ms", 3);
  for (const char* name : {"a", "b", "c"}) submit(queue, name);
  queue.stop();
  EXPECT_THAT(ended, ElementsAre("a:cancelled", "b:cancelled", "c:cancelled"));
  clock.run_until_idle();
  queue.wait_all();
  EXPECT_EQ(queue.stats().in_flight, 0);
}

TEST_F(InferQueueTest, ClosingAnswersThoseWhoWait) {
  auto queue = make("");
  Slot taken = queue.acquire().value();
  std::string asynchronous;
  queue.acquire_async([&](Result<Slot> slot) { asynchronous = to_string(slot.error().code); });
  Names blocked(3);
  {
    std::vector<std::jthread> threads;
    auto code = [](const Result<Slot>& slot) { return slot ? "slot" : to_string(slot.error().code); };
    threads.emplace_back([&] { blocked[0] = code(queue.acquire()); });
    threads.emplace_back([&] { blocked[1] = code(queue.acquire_for(1h)); });
    threads.emplace_back([&] { blocked[2] = code(queue.acquire_for(Duration::max())); });
    queue.close();
  }
  EXPECT_EQ(asynchronous, "closed");
  EXPECT_THAT(blocked, ElementsAre("closed", "closed", "closed"));
}

// What a given-up submission reads must stay until the engine has let it go: wait_all() says when that is.
TEST_F(InferQueueTest, WaitsForTheEngineToLetGoOfWhatWasGivenUp) {
  auto queue = make("latency=10ms");
  Ticket a = submit(queue, "a");
  queue.cancel(a);
  EXPECT_EQ(queue.stats().in_flight, 1);
  auto driver = clock.drive();
  queue.wait_all();
  EXPECT_EQ(queue.stats().in_flight, 0);
}

TEST_F(InferQueueTest, IsDestroyedWithRequestsInFlight) {
  auto driver = clock.drive(2);
  for (int i = 0; i < 100; ++i) {
    std::atomic<int> answered = 0;
    {
      auto queue = make("latency=1ms..3ms,lanes=2", 4);
      for (int n = 0; n < 4; ++n) ASSERT_TRUE(queue.acquire().value().submit([&](Completed) { ++answered; }));
    }
    EXPECT_EQ(answered, 4);
  }
}

TEST_F(InferQueueTest, MayBeOutlivedByItsSlots) {
  std::optional<Completed> done;
  Slot slot;
  {
    auto queue = make("latency=1ms", 2);
    slot = queue.acquire().value();
    ASSERT_TRUE(queue.acquire().value().submit([&](Completed c) { done = std::move(c); }));
    clock.run_until_idle();
  }
  EXPECT_TRUE(done->slot.output(0));
  EXPECT_EQ((*done->outcome).device, "sim:sim");
  fill(slot, 1);
  EXPECT_EQ(std::move(slot).submit(noting("late")).error().code, ErrorCode::closed);
}

TEST_F(InferQueueTest, MovesAndStopsTheOneItReplaces) {
  auto first = make("latency=3600s", 1);
  submit(first, "a");
  auto driver = clock.drive();
  first = make("latency=1ms", 2);
  EXPECT_EQ(ended.size(), 1U) << "given up, or done if the clock was faster";
  InferQueue second = std::move(first);
  EXPECT_EQ(second.stats().requests, 2);
  EXPECT_TRUE(second.acquire());
}

}  // namespace
}  // namespace inflight
