// BATCH over the simulated engine, on a virtual clock: every run is the same run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <numeric>
#include <random>

#include "inflight/await.hpp"
#include "inflight/infer_queue.hpp"
#include "sim_engine.hpp"
#include "virtual_device.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;

constexpr const char* kInput = ",input=1x8,rows=1";

CompileOptions options_for(VirtualClock& clock, int max_size, Duration max_delay) {
  CompileOptions options;
  options.clock = &clock;
  options.batching = {max_size, max_delay};
  return options;
}

PoolCandidate sim(const std::string& description) {
  return {"sim:" + description, [description](const CompileOptions& options) {
            return make_sim_engine()->compile("model", description + kInput, options);
          }};
}

std::shared_ptr<CompiledModel> batched(VirtualClock& clock, const std::string& description, int max_size = 4,
                                       Duration max_delay = 5ms) {
  return make_batch(sim(description), options_for(clock, max_size, max_delay)).value();
}

/// A request that remembers how it ended.
struct Caller {
  explicit Caller(CompiledModel& model) : request(model.create_request().value()) {}
  void start() {
    ended = 0;
    ASSERT_TRUE(request->start([this](Outcome o) {
      outcome = std::move(o);
      ++ended;
    }));
  }
  std::unique_ptr<InferRequest> request;
  Outcome outcome;
  int ended = 0;
};

std::vector<std::unique_ptr<Caller>> callers(CompiledModel& model, int count) {
  std::vector<std::unique_ptr<Caller>> all;
  for (int i = 0; i < count; ++i) all.push_back(std::make_unique<Caller>(model));
  return all;
}

void fill(InferRequest& request, std::uint8_t value) {
  auto input = request.input(0).value().as<std::uint8_t>();
  std::fill(input.begin(), input.end(), value);
}

TEST(Batch, RunsRequestsOfAllCallersTogether) {
  VirtualClock clock;
  auto model = batched(clock, "latency=10ms,per_item=1ms");
  auto all = callers(*model, 4);
  for (auto& caller : all) caller->start();
  clock.run_until_idle();
  // The first goes at once, since nobody was expected; the others gather while it runs.
  EXPECT_EQ(all[0]->outcome->batch, 1);
  for (int i = 1; i < 4; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)]->outcome->batch, 3);
}

TEST(Batch, GivesEveryCallerItsOwnResult) {
  VirtualClock clock;
  auto model = batched(clock, "latency=10ms");
  auto single = sim("latency=10ms").compile(options_for(clock, 1, 0ms)).value();
  auto all = callers(*model, 7);
  for (std::size_t i = 0; i < all.size(); ++i) fill(*all[i]->request, static_cast<std::uint8_t>(i + 1));
  for (auto& caller : all) caller->start();
  clock.run_until_idle();
  Caller alone(*single);
  for (std::size_t i = 0; i < all.size(); ++i) {
    fill(*alone.request, static_cast<std::uint8_t>(i + 1));
    alone.start();
    clock.run_until_idle();
    auto expected = alone.request->output(0)->as<float>();
    auto got = all[i]->request->output(0)->as<float>();
    EXPECT_TRUE(std::ranges::equal(expected, got)) << i;
  }
}

TEST(Batch, LeavesRareRequestsTheLatencyTheyHaveUnbatched) {
  VirtualClock clock;
  auto model = batched(clock, "latency=4ms", 4, 10ms);
  auto all = callers(*model, 8);
  for (int i = 0; i < 200; ++i) {
    Caller& caller = *all[static_cast<std::size_t>(i) % all.size()];
    caller.start();
    clock.advance(20ms);
    ASSERT_EQ(caller.ended, 1);
    EXPECT_EQ(caller.outcome->infer_time, 4ms) << i;
  }
}

TEST(Batch, FillsBatchesWhereRequestsComeFast) {
  VirtualClock clock;
  auto model = batched(clock, "latency=1ms,per_item=1ms,lanes=1", 4, 10ms);
  auto queue = InferQueue::create(model, {24, StageOrder::any_order, Dispatch::engine_thread, &clock}).value();
  std::vector<int> sizes;
  for (int i = 0; i < 400; ++i) {
    if (auto slot = queue.try_acquire()) {
      ASSERT_TRUE(std::move(*slot).submit([&](Completed c) { sizes.push_back(c.outcome->batch); }));
    }
    clock.advance(1ms);
  }
  clock.run_until_idle();
  double mean = std::accumulate(sizes.begin() + 50, sizes.end(), 0.0) / static_cast<double>(sizes.size() - 50);
  EXPECT_GT(mean, 2.5);
}

TEST(Batch, NeverKeepsTheOldestLongerThanTheDelay) {
  VirtualClock clock;
  auto model = batched(clock, "latency=0,lanes=8", 8, 5ms);
  auto all = callers(*model, 64);
  std::mt19937 random(7);
  std::uniform_int_distribution<int> gap_us(0, 3000);
  for (int i = 0; i < 2000; ++i) {
    Caller& caller = *all[static_cast<std::size_t>(i) % all.size()];
    caller.start();
    clock.advance(std::chrono::microseconds(gap_us(random)));
  }
  clock.run_until_idle();
  for (auto& caller : all) {
    ASSERT_EQ(caller->ended, 1);
    EXPECT_LE(caller->outcome->infer_time, 5ms);
  }
}

TEST(Batch, DoesNotWaitOnceTheSourceHasEnded) {
  VirtualClock clock;
  auto model = batched(clock, "latency=2ms,lanes=4", 8, 100ms);
  auto all = callers(*model, 32);
  for (std::size_t i = 0; i < 19; ++i) {  // accustomed to requests that come fast
    all[i]->start();
    clock.advance(100us);
  }
  TimePoint end = clock.now();
  model->flush();
  clock.run_until_idle();
  for (std::size_t i = 0; i < 19; ++i) EXPECT_EQ(all[i]->ended, 1);
  EXPECT_LT(clock.now() - end, 100ms);
}

/// A queue over BATCH with 11 requests in flight, of which the last few wait for company that takes a day to come.
class BatchInAQueue : public testing::Test {
 protected:
  static constexpr int kSubmitted = 11;

  void SetUp() override {
    for (int i = 0; i < kSubmitted; ++i) submit();
    clock.advance(1s);
    ASSERT_LT(ended, kSubmitted) << "nobody waits for company: this tests nothing";
  }
  void TearDown() override { clock.run_until_idle(); }  // or a failure would not end
  void submit() {
    ASSERT_TRUE(queue.acquire().value().submit([this](Completed) { ++ended; }));
  }

  VirtualClock clock;
  std::atomic<int> ended = 0;
  std::shared_ptr<CompiledModel> model = batched(clock, "latency=2ms", 8, 24h);
  InferQueue queue = InferQueue::create(model, {16, StageOrder::any_order, Dispatch::engine_thread, &clock}).value();
};

TEST_F(BatchInAQueue, DoesNotWaitOnceTheQueueIsClosed) {
  queue.close();
  clock.advance(1s);
  EXPECT_EQ(ended, kSubmitted);
}

TEST_F(BatchInAQueue, DoesNotWaitOnceSomebodyWaitsForAll) {
  auto waiting = std::async(std::launch::async, [this] { queue.wait_all(); });
  // In small steps, which take this thread seconds: time enough for the other one to get to its waiting.
  TimePoint limit = clock.now() + 23h;
  while (ended < kSubmitted && clock.now() < limit) clock.advance(1ms);
  EXPECT_LT(clock.now(), limit);
  clock.run_until_idle();  // or a failure would not end
}

/// Another queue's request starts while this one's is on its way; so may a close().
class InterruptedModel final : public CompiledModel {
 public:
  explicit InterruptedModel(std::shared_ptr<CompiledModel> inner) : inner_(std::move(inner)) {}
  const ModelInfo& info() const noexcept override { return inner_->info(); }
  RuntimeInfo runtime() const override { return inner_->runtime(); }
  int optimal_requests() const noexcept override { return inner_->optimal_requests(); }
  void flush() noexcept override { inner_->flush(); }
  Result<std::unique_ptr<InferRequest>> create_request() override {
    return std::make_unique<Request>(*this, inner_->create_request().value());
  }

  std::function<void()> before_start = [] {};

 private:
  class Request final : public InferRequest {
   public:
    Request(InterruptedModel& model, std::unique_ptr<InferRequest> inner) : model_(model), inner_(std::move(inner)) {}
    Result<TensorView> input(std::size_t port) override { return inner_->input(port); }
    Result<void> set_input(std::size_t port, TensorView data) override { return inner_->set_input(port, data); }
    Result<TensorView> output(std::size_t port) override { return inner_->output(port); }
    void cancel() noexcept override { inner_->cancel(); }
    Result<void> start(Done done) override {
      model_.before_start();
      return inner_->start(std::move(done));
    }

   private:
    InterruptedModel& model_;
    std::unique_ptr<InferRequest> inner_;
  };

  std::shared_ptr<CompiledModel> inner_;
};

TEST(Batch, DoesNotWaitForARequestThatWasBeingStartedWhenTheQueueWasClosed) {
  VirtualClock clock;
  std::atomic<int> ended = 0;
  auto model = std::make_shared<InterruptedModel>(batched(clock, "latency=2ms", 8, 24h));
  auto queue = InferQueue::create(model, {16, StageOrder::any_order, Dispatch::engine_thread, &clock}).value();
  auto submit = [&] { ASSERT_TRUE(queue.acquire().value().submit([&](Completed) { ++ended; })); };
  for (int i = 0; i < 10; ++i) submit();
  model->before_start = [&] { queue.close(); };
  submit();
  clock.advance(1s);
  EXPECT_EQ(ended, 11);
  clock.run_until_idle();  // or a failure would not end
}

/// A compiled model that one request keeps busy, and which counts what is started on it.
class CountingModel final : public CompiledModel {
 public:
  CountingModel(std::shared_ptr<CompiledModel> inner, int& starts) : inner_(std::move(inner)), starts_(starts) {}
  const ModelInfo& info() const noexcept override { return inner_->info(); }
  RuntimeInfo runtime() const override { return inner_->runtime(); }
  int optimal_requests() const noexcept override { return 1; }
  Result<std::unique_ptr<InferRequest>> create_request() override {
    return std::make_unique<Request>(starts_, inner_->create_request().value());
  }

 private:
  class Request final : public InferRequest {
   public:
    Request(int& starts, std::unique_ptr<InferRequest> inner) : starts_(starts), inner_(std::move(inner)) {}
    Result<TensorView> input(std::size_t port) override { return inner_->input(port); }
    Result<void> set_input(std::size_t port, TensorView data) override { return inner_->set_input(port, data); }
    Result<TensorView> output(std::size_t port) override { return inner_->output(port); }
    void cancel() noexcept override { inner_->cancel(); }
    Result<void> start(Done done) override {
      ++starts_;
      return inner_->start(std::move(done));
    }

   private:
    int& starts_;
    std::unique_ptr<InferRequest> inner_;
  };

  std::shared_ptr<CompiledModel> inner_;
  int& starts_;
};

TEST(Batch, HandsFullBatchesOverBeforeTheDeviceHasRoomForThem) {
  VirtualClock clock;
  int starts = 0;
  PoolCandidate counted = sim("latency=10ms");
  counted.compile = [&,
                     inner = counted.compile](const CompileOptions& options) -> Result<std::shared_ptr<CompiledModel>> {
    return std::make_shared<CountingModel>(inner(options).value(), starts);
  };
  auto model = make_batch(counted, options_for(clock, 4, 5ms)).value();
  auto all = callers(*model, 11);
  for (int i = 0; i < 5; ++i) all[static_cast<std::size_t>(i)]->start();
  EXPECT_EQ(starts, 2) << "the first at once; while it runs, the four after it are a full batch";
  for (int i = 5; i < 11; ++i) all[static_cast<std::size_t>(i)]->start();
  EXPECT_EQ(starts, 2) << "one ahead is enough";
  clock.run_until_idle();
  for (auto& caller : all) EXPECT_EQ(caller->ended, 1);
}

TEST(Batch, LetsABadRequestFailAlone) {
  VirtualClock clock;
  // Every size of the ladder is a model of its own, so inference 0 fails in each: the request that goes first by
  // itself fails; the batch of the other three fails as a whole, and none of its members when run alone.
  auto model = batched(clock, "latency=1ms,fail=0", 4, 5ms);
  auto all = callers(*model, 4);
  for (auto& caller : all) caller->start();
  clock.run_until_idle();
  int failed = 0;
  for (auto& caller : all) {
    ASSERT_EQ(caller->ended, 1);
    failed += caller->outcome ? 0 : 1;
  }
  EXPECT_EQ(failed, 1);
}

TEST(Batch, CancelsAWaitingRequestWithoutTheOthers) {
  VirtualClock clock;
  auto model = batched(clock, "latency=10ms", 4, 5ms);
  auto all = callers(*model, 4);
  for (auto& caller : all) caller->start();
  all[2]->request->cancel();
  EXPECT_EQ(all[2]->ended, 0) << "answered on the caller's thread";
  clock.run_until_idle();
  for (auto& caller : all) EXPECT_EQ(caller->ended, 1);
  EXPECT_EQ(all[2]->outcome.error().code, ErrorCode::cancelled);
  EXPECT_TRUE(all[1]->outcome && all[3]->outcome);
}

TEST(Batch, SaysWhyAModelCannotBeBatched) {
  VirtualClock clock;
  PoolCandidate stubborn{"sim:", [](const CompileOptions& options) {
                           CompileOptions ignoring = options;
                           ignoring.batch = 0;
                           return make_sim_engine()->compile("stubborn", "latency=1ms,input=1x8", ignoring);
                         }};
  auto model = make_batch(stubborn, options_for(clock, 4, 5ms));
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::model_unusable);
  EXPECT_THAT(model.error().message,
              testing::AllOf(testing::HasSubstr("stubborn cannot be batched"), testing::HasSubstr("without BATCH")));
}

TEST(Batch, ChoosesTheSizeThatMeasuresBest) {
  VirtualClock clock;
  auto driver = clock.drive();
  std::vector<DeviceEvent> events;
  CompileOptions options = options_for(clock, 0, 5ms);
  options.on_event = [&](const DeviceEvent& event) { events.push_back(event); };
  // A fixed cost of 8 ms that a batch shares, and 1 ms for each: the more the better.
  auto gaining = make_batch(sim("latency=9ms,per_item=1ms"), options).value();
  EXPECT_EQ(gaining->runtime().device, "BATCH:sim:sim(16)");
  // No cost to share: batches bring nothing.
  auto indifferent = make_batch(sim("latency=5ms,per_item=5ms"), options).value();
  EXPECT_EQ(indifferent->runtime().device, "BATCH:sim:sim(1)");
  EXPECT_THAT(events.back().text, testing::HasSubstr("every request runs by itself"));
}

TEST(Batch, IsChosenInSpiteOfAnInferenceThatFailsWhileSizesAreMeasured) {
  VirtualClock clock;
  auto driver = clock.drive();
  auto model = make_batch(sim("latency=9ms,per_item=1ms,fail=0"), options_for(clock, 0, 5ms)).value();
  EXPECT_EQ(model->runtime().device, "BATCH:sim:sim(16)");
}

TEST(Batch, LeavesItToTheRunToTellOfADeviceThatAlwaysFails) {
  VirtualClock clock;
  auto driver = clock.drive();
  std::vector<DeviceEvent> events;
  CompileOptions options = options_for(clock, 0, 5ms);
  options.on_event = [&](const DeviceEvent& event) { events.push_back(event); };
  auto model = make_batch(sim("latency=1ms,fail_rate=1"), options);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->runtime().device, "BATCH:sim:sim(1)");
  EXPECT_THAT(events.back().text, testing::HasSubstr("could not be measured (the simulated inference failed)"));
  auto request = (*model)->create_request().value();
  EXPECT_EQ(infer(*request).error().code, ErrorCode::engine_failed);
}

TEST(Batch, CompletesEveryRequestOnceUnderRandomFailuresAndCancels) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    VirtualClock clock;
    auto driver = clock.drive(2);
    auto model = batched(clock, "latency=1ms..3ms,lanes=2,fail_rate=0.1,seed=" + std::to_string(seed), 4, 2ms);
    auto queue = InferQueue::create(model, {12, StageOrder::in_order, Dispatch::engine_thread, &clock}).value();
    std::atomic<int> ended = 0;
    std::mt19937 random(seed);
    for (int i = 0; i < 300; ++i) {
      auto ticket = queue.acquire().value().submit([&](Completed) { ++ended; });
      ASSERT_TRUE(ticket);
      if (random() % 10 == 0) queue.cancel(*ticket);
    }
    queue.wait_all();
    EXPECT_EQ(ended, 300) << "seed " << seed;
  }
}

}  // namespace
}  // namespace inflight
