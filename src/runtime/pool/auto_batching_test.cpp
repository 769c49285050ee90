// BATCH by itself over the simulated engine, whose per_item says what a batch gains: 9 ms and 1 ms for each further
// item are worth it, 5 ms and 60 ms are not. Time runs freely: what is compared runs on threads of its own.
#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "sim_engine.hpp"
#include "testing/pool_kit.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kGains = "sim:latency=9ms,per_item=1ms,input=1x3x2x2,rows=1";
constexpr const char* kLoses = "sim:latency=5ms,per_item=60ms,input=1x3x2x2,rows=1";

class AutoBatching : public testing::Test {
 protected:
  AutoBatching() {
    options.clock = &clock;
    options.auto_batching = true;
    options.batching.max_size = 8;
    options.on_event = [this](const DeviceEvent& event) {
      events(event);
      if (event.kind == "batching" && !std::exchange(is_decided, true)) decided.set_value(event);
    };
  }
  ~AutoBatching() override {
    driver = clock.drive();  // a model that is destroyed waits for inferences of its own
    request.reset();
    model.reset();
  }

  void compile(const std::string& device) { model = compile_model("model", device, options).value(); }
  void let_time_go_on() { driver = clock.drive(); }
  /// Else time may jump over a second while a thread is about to start an inference, which then seems to take so long.
  void let_head_start_pass() { clock.advance(2s); }

  /// From here on time goes on by itself, and what is tried after a first result is tried.
  void infer_once() {
    let_time_go_on();
    std::promise<void> ended;
    if (!request) request = model->create_request().value();
    ASSERT_TRUE(request->start([&](const Outcome& outcome) {
      EXPECT_TRUE(outcome);
      ended.set_value();
    }));
    ended.get_future().get();
  }

  /// What is told after a first result when all is decided, about that device.
  DeviceEvent decision(const std::string& device) {
    infer_once();
    DeviceEvent event = decided.get_future().get();
    EXPECT_EQ(event.device, device) << event.text;
    return event;
  }

  VirtualClock clock;
  EventRecorder events;
  std::promise<DeviceEvent> decided;
  bool is_decided = false;
  CompileOptions options;
  std::shared_ptr<CompiledModel> model;
  std::unique_ptr<InferRequest> request;
  std::shared_ptr<void> driver;
};

TEST_F(AutoBatching, BatchesWhereThatMeasuresFasterAndTellsBothSpeeds) {
  compile(kGains);
  EXPECT_EQ(model->runtime().device, "sim:sim");
  let_head_start_pass();
  DeviceEvent event = decision("BATCH:" + std::string(kGains));
  EXPECT_GT(event.inferences_per_second.value(), 300) << "eight in 16 ms where one takes 9";
  EXPECT_THAT(event.text, HasSubstr(" inferences/s, " + std::string(kGains) + " 1"));
  EXPECT_EQ(model->runtime().device, "BATCH:sim:sim(8)");
  EXPECT_EQ(model->optimal_requests(), 16) << "queues follow it";
}

TEST_F(AutoBatching, FindsTheSizeByMeasuring) {
  options.batching.max_size = 0;
  compile(kGains);
  decision("BATCH:" + std::string(kGains));
  EXPECT_EQ(model->runtime().device, "BATCH:sim:sim(16)");
}

TEST_F(AutoBatching, TakesNoLargerBatchesThanThereAreRequests) {
  options.batching.max_size = 0;
  options.requests = 4;
  compile(kGains);
  decision("BATCH:" + std::string(kGains));
  EXPECT_EQ(model->runtime().device, "BATCH:sim:sim(4)");
}

TEST_F(AutoBatching, TriesNoFurtherThanTheFirstSizeThatGainsNothing) {
  options.batching.max_size = 0;
  compile(kLoses);
  DeviceEvent event = decision(kLoses);
  // The user's own inference may run in between, so the other number is not quite 200.
  EXPECT_THAT(event.text, AllOf(HasSubstr("batches of 2 measured 30.8 inferences/s, single requests "),
                                HasSubstr("; requests run one by one")));
}

TEST_F(AutoBatching, SaysWhyAModelCannotBeBatched) {
  compile("sim:input=2x8");
  EXPECT_THAT(events.names(), ElementsAre("batching sim:input=2x8"));
  EXPECT_THAT(events.last("batching").text,
              AllOf(HasSubstr("model cannot be batched: image is [2,8]"), HasSubstr("requests run one by one")));
  infer_once();
}

TEST_F(AutoBatching, SaysSoWhereItShowsOnlyInCompiling) {
  PoolCandidate stubborn{"sim", [](const CompileOptions& o) {
                           CompileOptions ignoring = o;
                           ignoring.batch = 0;
                           return make_sim_engine()->compile("stubborn", "latency=1ms,input=1x8", ignoring);
                         }};
  model = batch_if_faster(stubborn, stubborn.compile(options).value(), options);
  EXPECT_THAT(decision("sim").text, HasSubstr("stubborn cannot be batched: image is [1,8] for one request"));
}

/// Four lanes for single requests and one slow one for batches. (Sizes do not share lanes on the simulated engine, so
/// BATCH may run some requests singly beside a batch; with at most two batches at a time that gains it little.) Knows
/// which of the models it compiled are still held.
class SlowInBatches {
 public:
  PoolCandidate candidate() {
    return {"sim", [this](const CompileOptions& o) {
              const char* description = o.batch > 1 ? "latency=100ms,input=1x8" : "latency=5ms,lanes=4,input=1x8";
              auto compiled = make_sim_engine()->compile("model", description, o).value();
              std::lock_guard lock(mutex_);
              models_.push_back(compiled);
              return Result<std::shared_ptr<CompiledModel>>(compiled);
            }};
  }
  std::size_t compiled() { return (std::lock_guard(mutex_), models_.size()); }
  auto held() {
    std::lock_guard lock(mutex_);
    return std::ranges::count_if(models_, [](const auto& model) { return !model.expired(); });
  }

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<CompiledModel>> models_;
};

TEST_F(AutoBatching, StaysWhereBatchesMeasureSlowerAndThenHoldsOneModelOnly) {
  SlowInBatches device;
  PoolCandidate inner = device.candidate();
  model = batch_if_faster(inner, inner.compile(options).value(), options);
  let_head_start_pass();
  DeviceEvent event = decision("sim");
  EXPECT_GT(event.inferences_per_second.value(), 600) << "four in 5 ms";
  EXPECT_THAT(event.text, AllOf(HasSubstr("goes on: "), HasSubstr(" inferences/s, BATCH:sim ")));
  EXPECT_EQ(device.compiled(), 4U) << "sizes 1, 2, 4, 8; the first is the one that serves";
  while (device.held() > 1) std::this_thread::yield();
  EXPECT_EQ(model->runtime().device, "sim:sim");
  EXPECT_EQ(model->optimal_requests(), 8);
  infer_once();
}

TEST_F(AutoBatching, LosesNothingAndKeepsOrderAndResultsAcrossTheSwitch) {
  compile(kGains);
  let_time_go_on();
  auto queue = InferQueue::create(model, {0, StageOrder::in_order, Dispatch::own_thread, &clock}).value();
  std::vector<int> order;
  int batched = 0;
  auto submit = [&](int i) {
    auto slot = queue.acquire().value();
    fill(slot, i % 251);
    ASSERT_TRUE(std::move(slot).submit([&, i](Completed c) {
      ASSERT_TRUE(c.outcome) << c.outcome.error().message;
      order.push_back(i);
      batched += c.outcome->batch > 1;
      EXPECT_EQ(rows_of(c.slot.output(0).value()), rows_for(i % 251));
    }));
  };
  int sent = 0;
  while (events.count("batching BATCH:" + std::string(kGains)) == 0) submit(sent++);
  for (int i = 0; i < 500; ++i) submit(sent++);
  queue.wait_all();
  ASSERT_EQ(order.size(), static_cast<std::size_t>(sent));
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_GT(batched, 0);
}

TEST_F(AutoBatching, MayBeDestroyedAtAnyMomentOfTheTrial) {
  options.batching.max_size = 0;
  for (int i = 0; i < 50; ++i) {
    compile(kGains);
    infer_once();
    for (int n = 0; n < i; ++n) std::this_thread::yield();
    request.reset();
    model.reset();
    driver.reset();
  }
}

// ---- where nothing is tried ----

class WithoutAutoBatching : public AutoBatching {
 protected:
  void nothing_is_tried() {
    compile(kGains);
    infer_once();
    driver.reset();
    clock.advance(1h);
    EXPECT_THAT(events.names(), IsEmpty());
    EXPECT_EQ(model->runtime().device, "sim:sim");
  }
};

TEST_F(WithoutAutoBatching, NothingIsTriedOnWhatIsNoGpuUnlessAskedFor) {
  options.auto_batching.reset();
  nothing_is_tried();
}
TEST_F(WithoutAutoBatching, NothingIsTriedWhereItIsSwitchedOff) {
  options.properties["ALLOW_AUTO_BATCHING"] = "NO";
  nothing_is_tried();
}
TEST_F(WithoutAutoBatching, NothingIsTriedForLatency) {
  options.hint = PerformanceHint::latency;
  nothing_is_tried();
}
TEST_F(WithoutAutoBatching, NothingIsTriedForOneRequestAtATime) {
  options.requests = 1;
  nothing_is_tried();
}

TEST_F(AutoBatching, IsAskedForByOpenVinosProperty) {
  options.auto_batching.reset();
  options.properties["ALLOW_AUTO_BATCHING"] = "YES";
  compile(kGains);
  decision("BATCH:" + std::string(kGains));
}

}  // namespace
}  // namespace inflight
