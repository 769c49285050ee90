#include <gmock/gmock.h>

#include "testing/pool_kit.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

class AutoTest : public PoolTest {
 protected:
  ~AutoTest() override {
    if (model) finish();
  }
  void make(std::vector<PoolCandidate> candidates) { make(std::move(candidates), with_events()); }
  void make(std::vector<PoolCandidate> candidates, const CompileOptions& options) {
    model = make_auto(std::move(candidates), options).value();
  }
  /// Two devices that are up, of which `a` serves: its probes are not under way yet.
  void make_both(const std::string& a, const std::string& b, PerformanceHint hint = PerformanceHint::throughput) {
    CompileOptions options = with_events();
    options.hint = hint;
    make({device("a", a), late_device("b", b)}, options);
    bring_up("b");
  }
  void bring_up(const std::string& name) {
    spies[name].let_go();
    events.wait_for("ready " + name);
  }
  /// Until the device's own inferences have begun; from then on all happens on this thread.
  void bring_up_and_probe(const std::string& name) {
    int before = spies[name].starts();
    bring_up(name);
    spies[name].wait_for_starts(before + 1);
  }
  void finish() {
    let_time_go_on();
    requests.clear();
    model.reset();
    driver.reset();
  }
  InferRequest& request() {
    if (requests.empty()) requests.push_back(model->create_request().value());
    return *requests.front();
  }
  std::string served_by(InferRequest& r) {
    Outcome outcome = infer(r);
    return outcome ? std::string(outcome->device) : outcome.error().message;
  }

  std::shared_ptr<CompiledModel> model;
  std::vector<std::unique_ptr<InferRequest>> requests;
};

// ---- coming up ----

TEST_F(AutoTest, ServesWithTheFirstDeviceThatIsReady) {
  make({late_device("a", "name=a"), device("b", "name=b,lanes=3")});
  EXPECT_EQ(model->runtime().device, "sim:b");
  EXPECT_EQ(model->optimal_requests(), 6);
  EXPECT_EQ(served_by(request()), "sim:b");
  spies["a"].let_go();
}

TEST_F(AutoTest, TellsWhatHappensInOrder) {
  make({device("a", "latency=20ms"), late_device("b", "latency=4ms")});
  EXPECT_THAT(events.names(), ElementsAre("compiling a", "ready a", "serving a"))
      << "told before the model is handed out; b waits, but is not held back by a";
}

TEST_F(AutoTest, NamesTheReasonOfEveryDeviceIfNoneCanServe) {
  auto failed = make_auto({device("a", "name=x,load_fails=1"), device("b", "name=y,load_fails=1")}, with_events());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::device_unusable);
  EXPECT_THAT(failed.error().message, HasSubstr("a: sim:"));
  EXPECT_THAT(failed.error().message, HasSubstr("b: sim:"));
  EXPECT_EQ(events.count("failed a") + events.count("failed b"), 2);
}

TEST_F(AutoTest, SaysThatTheModelIsAtFaultIfAllDevicesSaySo) {
  auto broken = [](const CompileOptions&) -> Result<std::shared_ptr<CompiledModel>> {
    return fail(ErrorCode::model_unusable, "no graph in it");
  };
  EXPECT_EQ(make_auto({{"a", broken}, {"b", broken}}, with_events()).error().code, ErrorCode::model_unusable);
}

TEST_F(AutoTest, NeedsDevices) { EXPECT_EQ(make_auto({}, with_events()).error().code, ErrorCode::invalid_argument); }

TEST_F(AutoTest, LeavesADeviceOutThatCannotBeCompiled) {
  make({device("a", "load_fails=1"), device("b", "name=b")});
  EXPECT_EQ(served_by(request()), "sim:b");
}

TEST_F(AutoTest, LeavesADeviceOutThatHasOtherPorts) {
  make({device("a", "latency=20ms"), late_device("b", "latency=1ms,input=1x3x8x8")});
  spies["b"].let_go();
  events.wait_for("failed b");
  EXPECT_THAT(events.last("failed").text, HasSubstr("input 0 is u8[1,3,8,8], not u8[1,3,2,2]"));
}

TEST_F(AutoTest, LetsDevicesThatShareTheCpuCompileOneAfterTheOther) {
  make({device("ort:CPU", "latency=20ms"), device("ov:CPU", "latency=4ms"), device("GPU", "load=1h")});
  spies["GPU"].wait_for_compile();  // it has cores of its own
  clock.advance(900ms);
  EXPECT_EQ(spies["ov:CPU"].compiles(), 0);
  ASSERT_TRUE(infer(request()));
  spies["ov:CPU"].wait_for_compile();
  EXPECT_EQ(spies["ov:CPU"].compiled_at(), TimePoint(920ms)) << "when the first result was there";
}

TEST_F(AutoTest, CompilesForTheCpuAfterASecondAtTheLatest) {
  make({device("ort:CPU", "latency=20ms"), device("ov:CPU", "latency=4ms")});
  clock.advance(999ms);
  EXPECT_EQ(spies["ov:CPU"].compiles(), 0);
  clock.advance(1ms);
  spies["ov:CPU"].wait_for_compile();
}

TEST_F(AutoTest, CompilesForTheCpuAtOnceWhereTheFirstFails) {
  make({device("ort:CPU", "load_fails=1"), device("ov:CPU", "name=ov")});
  EXPECT_EQ(served_by(request()), "sim:ov");
}

// ---- switching ----

TEST_F(AutoTest, SwitchesToTheFasterDeviceAndTellsBothSpeeds) {
  make({device("a", "name=a,latency=20ms"), late_device("b", "name=b,latency=4ms,lanes=2")});
  EXPECT_EQ(served_by(request()), "sim:a");
  bring_up_and_probe("b");
  clock.advance(1s);
  EXPECT_EQ(served_by(request()), "sim:b");
  EXPECT_EQ(model->runtime().device, "sim:b");
  EXPECT_EQ(model->optimal_requests(), 4);
  EXPECT_THAT(events.names(),
              ElementsAre("compiling a", "ready a", "serving a", "compiling b", "ready b", "switched b"));
  DeviceEvent event = events.last("switched");
  EXPECT_THAT(event.text, HasSubstr("500.0 inferences/s, a 50.0"));
  EXPECT_NEAR(event.inferences_per_second.value(), 500, 1);
}

TEST_F(AutoTest, StaysWithTheFasterDeviceAndGivesTheOtherNoFrame) {
  make({device("a", "name=a,latency=4ms"), late_device("b", "name=b,latency=20ms")});
  EXPECT_EQ(served_by(request()), "sim:a");
  bring_up_and_probe("b");
  for (int i = 0; i < 200; ++i) EXPECT_EQ(served_by(request()), "sim:a");
  EXPECT_EQ(events.count("switched b"), 0);
  EXPECT_NEAR(events.last("serving").inferences_per_second.value(), 250, 1);
}

TEST_F(AutoTest, IsNotMovedByNoise) {
  make({device("a", "name=a,latency=100us"), late_device("b", "name=b,latency=97us")});
  EXPECT_EQ(served_by(request()), "sim:a");
  bring_up_and_probe("b");
  clock.advance(1s);
  EXPECT_EQ(served_by(request()), "sim:a");
}

TEST_F(AutoTest, MeasuresWithInferencesOfItsOwnOnly) {
  make({device("a", "name=a,latency=20ms"), late_device("b", "name=b,latency=4ms,first=500ms")});
  EXPECT_EQ(served_by(request()), "sim:a");
  bring_up_and_probe("b");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(served_by(request()), "sim:a") << "while b is still warming up";
  clock.advance(2s);
  EXPECT_NEAR(events.last("switched").inferences_per_second.value(), 250, 1) << "without the first inference";
  EXPECT_EQ(spies["b"].starts(), 2 + 2 * 5) << "little work for it";
}

class AutoHint : public AutoTest, public testing::WithParamInterface<std::pair<PerformanceHint, const char*>> {};

TEST_P(AutoHint, DecidesWhatFasterMeans) {
  CompileOptions options = with_events();
  options.hint = GetParam().first;
  make({device("wide", "name=wide,latency=20ms,lanes=8"), late_device("quick", "name=quick,latency=5ms")}, options);
  EXPECT_EQ(served_by(request()), "sim:wide");
  bring_up_and_probe("quick");
  clock.advance(2s);
  EXPECT_EQ(served_by(request()), GetParam().second);
}
INSTANTIATE_TEST_SUITE_P(All, AutoHint,
                         testing::Values(std::pair{PerformanceHint::latency, "sim:quick"},
                                         std::pair{PerformanceHint::throughput, "sim:wide"}));

TEST_F(AutoTest, MeasuresABusyDeviceByItsWork) {
  // b is worse than a, but would look better if probes on a had to stand in line behind the requests of users.
  make({device("a", "name=a,latency=10ms"), late_device("b", "name=b,latency=13ms")});
  auto queue = InferQueue::create(model, {4, StageOrder::any_order, Dispatch::engine_thread, &clock}).value();
  int more = 400;
  std::function<void(InferQueue::Slot)> submit = [&](InferQueue::Slot slot) {
    if (more-- <= 0) return;
    ASSERT_TRUE(std::move(slot).submit([&](Completed c) { submit(std::move(c.slot)); }));
  };
  for (int i = 0; i < 4; ++i) submit(queue.try_acquire().value());
  clock.advance(100ms);
  bring_up_and_probe("b");
  clock.advance(1s);
  EXPECT_EQ(events.count("switched b"), 0);
  EXPECT_NEAR(events.last("serving").inferences_per_second.value(), 100, 1);
  clock.advance(10s);
  queue.wait_all();
}

/// One entry per frame of the scenario.
struct Frames {
  std::vector<int> order;
  std::vector<Duration> latencies;
  std::map<std::string, int> by_device;
};

class DiscreteGpu : public AutoTest {
 protected:
  void submit(InferQueue& queue, int number, Frames& frames) {
    auto slot = queue.try_acquire();
    ASSERT_TRUE(slot) << "frame " << number << " found no free request";
    fill(*slot, number % 251);
    TimePoint at = clock.now();
    ASSERT_TRUE(std::move(*slot).submit([this, &frames, number, at](Completed c) {
      ASSERT_TRUE(c.outcome) << c.outcome.error().message;
      frames.order.push_back(number);
      frames.latencies.push_back(clock.now() - at);
      ++frames.by_device[std::string(c.outcome->device)];
      EXPECT_EQ(rows_of(*c.slot.output(0)), rows_for(number % 251));
    }));
  }
};

TEST_F(DiscreteGpu, TakesOverInTheMiddleAndNothingIsLostRepeatedOrLate) {
  constexpr int kFrames = 2000;
  make({late_device("gpu", "name=gpu,latency=4ms"), device("cpu", "name=cpu,latency=20ms")});
  auto queue = InferQueue::create(model, {4, StageOrder::in_order, Dispatch::engine_thread, &clock}).value();
  Frames frames;
  for (int i = 0; i < kFrames; ++i) {
    if (i == kFrames / 2) bring_up_and_probe("gpu");
    submit(queue, i, frames);
    clock.advance(30ms);
  }
  queue.wait_all();
  ASSERT_EQ(frames.order.size(), kFrames);
  for (int i = 0; i < kFrames; ++i) ASSERT_EQ(frames.order[i], i);
  EXPECT_GE(frames.by_device["sim:cpu"], kFrames / 2);
  EXPECT_GT(frames.by_device["sim:gpu"], kFrames / 2 - 20) << "the switch takes less than 20 frames";
  EXPECT_LE(*std::ranges::max_element(frames.latencies), 40ms) << "one inference beyond its own";
  EXPECT_EQ(frames.latencies.back(), 4ms);
}

TEST_F(DiscreteGpu, DoesSoWithTimeRunningFreelyToo) {
  constexpr int kFrames = 500;
  let_time_go_on();
  make({device("gpu", "name=gpu,latency=4ms,load=10s"), device("cpu", "name=cpu,latency=20ms,load=200ms")});
  InferQueueOptions options{4, StageOrder::in_order, Dispatch::own_thread, &clock};
  auto queue = InferQueue::create(model, options).value();
  std::vector<int> order;
  auto submit = [&](int i) {
    ASSERT_TRUE(queue.acquire().value().submit([&order, i](Completed c) { order.push_back(c.outcome ? i : -1); }));
  };
  for (int i = 0; i < kFrames; ++i) submit(i);
  events.wait_for("switched gpu");
  for (int i = 0; i < kFrames; ++i) submit(kFrames + i);
  queue.wait_all();
  ASSERT_EQ(order.size(), 2 * kFrames);
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(order.front(), 0);
}

// ---- failing ----

TEST_F(AutoTest, RunsAFailedRequestOnTheNextDevice) {
  make_both("name=a,latency=4ms,die_at=3", "name=b,latency=20ms");
  TimePoint begin = clock.now();
  auto& r = request();
  for (std::byte& b : r.input(0)->as_bytes()) b = std::byte{7};
  // b is measured meanwhile; sooner or later a dies, under a request or a probe.
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(infer(r));
    EXPECT_EQ(rows_of(r.output(0).value()), rows_for(7));
  }
  EXPECT_EQ(model->runtime().device, "sim:b");
  EXPECT_EQ(events.count("failed a"), 1);
  EXPECT_EQ(events.count("switched b"), 1);
  EXPECT_THAT(events.last("switched").text, HasSubstr("from a, which failed"));
  EXPECT_LT(clock.now() - begin, 1s);
}

TEST_F(AutoTest, CountsTheTimeOfBothAttempts) {
  make({device("a", "name=a,latency=4ms,die_at=1"), late_device("b", "name=b,latency=20ms")});
  auto& r = request();
  ASSERT_TRUE(infer(r));
  bring_up("b");
  spies["b"].wait_for_starts(1);
  Outcome outcome = infer(r);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->device, "sim:b");
  EXPECT_GE(outcome->infer_time, 24ms);
}

TEST_F(AutoTest, TakesADeviceBackOnceItAnswersAndReturnsToItIfItIsFaster) {
  make({device("a", "name=a,latency=4ms,die_at=20,revive_at=23"), late_device("b", "name=b,latency=20ms")});
  auto& r = request();
  ASSERT_TRUE(infer(r));
  bring_up_and_probe("b");
  for (int i = 0; i < 600; ++i) ASSERT_TRUE(infer(r));
  EXPECT_EQ(served_by(r), "sim:a");
  auto names = events.names();
  names.erase(names.begin(), std::ranges::find(names, "failed a"));
  // Inference 20 is a user's, 21 and 22 are probes after 1 s and 2 s, 23 one after 4 s.
  EXPECT_THAT(names, ElementsAre("failed a", "switched b", "failed a", "failed a", "readmitted a", "switched a"));
}

TEST_F(AutoTest, AsksADeadDeviceLessAndLessOften) {
  make({device("a", "name=a,latency=1ms,die_at=1"), late_device("b", "name=b,latency=1ms")});
  auto& r = request();
  ASSERT_TRUE(infer(r));
  bring_up_and_probe("b");
  ASSERT_TRUE(infer(r));
  clock.advance(1h);
  std::vector<double> gaps;
  TimePoint before;
  for (const DeviceEvent& event : events.all()) {
    if (event.kind != "failed") continue;
    if (before != TimePoint()) gaps.push_back(std::round(to_seconds(event.at - before)));
    before = event.at;
  }
  gaps.resize(8);
  EXPECT_THAT(gaps, ElementsAre(1, 2, 4, 8, 16, 32, 60, 60));
}

TEST_F(AutoTest, KeepsItsLastDeviceWhateverItDoes) {
  make({device("a", "name=a,fail=1;2;3"), device("b", "load_fails=1")});
  auto& r = request();
  EXPECT_TRUE(infer(r));
  for (int i = 0; i < 3; ++i) {
    Outcome outcome = infer(r);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::engine_failed);
    EXPECT_THAT(outcome.error().message, HasSubstr("a: "));
  }
  EXPECT_TRUE(infer(r));
  EXPECT_EQ(events.count("failed a"), 1) << "told once, not for every request";
}

TEST_F(AutoTest, SaysWhatEveryDeviceSaidIfARequestFailsOnAll) {
  make({device("a", "name=a,latency=1ms,die_at=1"), late_device("b", "name=b,latency=1ms,die_at=1")});
  auto& r = request();
  ASSERT_TRUE(infer(r));
  bring_up_and_probe("b");
  std::string message;
  for (int i = 0; i < 5 && message.empty(); ++i)
    if (Outcome outcome = infer(r); !outcome) message = outcome.error().message;
  // Which of them is out already when the request fails depends on the probes: at least one reason is there.
  EXPECT_THAT(message, HasSubstr("the simulated inference failed"));
  auto refusing = [this](const std::string& name) {
    return PoolCandidate{name, [this](const CompileOptions&) -> Result<std::shared_ptr<CompiledModel>> {
                           return std::make_shared<RefusingModel>(simulate("", clock), std::vector<int>{0, 1, 2, 3});
                         }};
  };
  auto refused = make_auto({refusing("x"), refusing("y")}, with_events()).value();
  events.wait_for("ready x");
  events.wait_for("ready y");
  auto other = refused->create_request().value();
  Result<void> started = other->start([](const Outcome&) { FAIL() << "never after a failed start"; });
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, testing::AllOf(HasSubstr("x: start refused"), HasSubstr("y: start refused")));
  other.reset();
  let_time_go_on();
  refused.reset();
  driver.reset();
}

// ---- requests ----

TEST_F(AutoTest, LetsDevicesReadTheUsersMemoryInPlace) {
  make({device("a", "name=a")});
  Tensor picture(ElementType::u8, {1, 3, 2, 2});
  auto& r = request();
  ASSERT_TRUE(r.set_input(0, picture));
  ASSERT_TRUE(infer(r));
  EXPECT_EQ(spies["a"].last_input(), picture.view().data());
  TensorView own = r.input(0).value();
  ASSERT_TRUE(infer(r));
  EXPECT_EQ(spies["a"].last_input(), own.data());
}

TEST_F(AutoTest, RefusesWrongPortsTypesAndShapes) {
  make({device("a", "name=a")});
  auto& r = request();
  EXPECT_EQ(r.input(1).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(r.output(1).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(r.set_input(1, Tensor(ElementType::u8, {1, 3, 2, 2})).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(r.set_input(0, Tensor(ElementType::f32, {1, 3, 2, 2})).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(r.set_input(0, Tensor(ElementType::u8, {1, 3, 2, 4})).error().code, ErrorCode::invalid_argument);
}

TEST_F(AutoTest, IsBusyWhileItRuns) {
  make({device("a", "latency=1ms")});
  auto& r = request();
  TensorView mine = r.input(0).value();
  std::optional<Outcome> outcome;
  ASSERT_TRUE(r.start([&](Outcome o) { outcome = std::move(o); }));
  EXPECT_EQ(r.start([](const Outcome&) {}).error().code, ErrorCode::busy);
  EXPECT_EQ(r.input(0).error().code, ErrorCode::busy);
  EXPECT_EQ(r.output(0).error().code, ErrorCode::busy);
  EXPECT_EQ(r.set_input(0, mine).error().code, ErrorCode::busy);
  clock.advance(1ms);
  EXPECT_TRUE(outcome && *outcome);
}

TEST_F(AutoTest, MayBeStartedAgainFromItsCompletion) {
  make({device("a", "latency=1ms"), device("b", "latency=1ms")});
  auto& r = request();
  int runs = 0;
  std::function<void()> again = [&] {
    if (runs++ == 50) return;
    ASSERT_TRUE(r.start([&](const Outcome& o) {
      EXPECT_TRUE(o);
      again();
    }));
  };
  again();
  clock.advance(1s);
  EXPECT_EQ(runs, 51);
}

TEST_F(AutoTest, GivesUpWhatIsCancelledAndThatIsNoFailure) {
  make({device("a", "latency=10ms"), device("b", "latency=10ms")});
  auto& r = request();
  std::optional<Outcome> outcome;
  ASSERT_TRUE(r.start([&](Outcome o) { outcome = std::move(o); }));
  r.cancel();
  clock.advance(0ms);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error().code, ErrorCode::cancelled);
  EXPECT_EQ(events.count("failed a") + events.count("failed b"), 0);
  r.cancel();  // idle: no effect
  EXPECT_TRUE(infer(r));
}

TEST_F(AutoTest, CancelsARequestThatHasMovedToAnotherDevice) {
  make({device("a", "latency=4ms,die_at=1"), late_device("b", "latency=50ms")});
  auto& r = request();
  ASSERT_TRUE(infer(r));
  bring_up_and_probe("b");
  std::optional<Outcome> outcome;
  ASSERT_TRUE(r.start([&](Outcome o) { outcome = std::move(o); }));
  clock.advance(10ms);
  ASSERT_FALSE(outcome) << "it runs on b now";
  r.cancel();
  clock.advance(0ms);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error().code, ErrorCode::cancelled);
}

TEST_F(AutoTest, KeepsDeadlines) {
  make({device("a", "latency=10ms,die_at=1"), late_device("b", "latency=50ms")});
  auto queue = InferQueue::create(model, {2, StageOrder::in_order, Dispatch::engine_thread, &clock}).value();
  ASSERT_TRUE(queue.try_acquire().value().submit([](Completed c) { EXPECT_TRUE(c.outcome); }));
  clock.advance(10ms);
  bring_up_and_probe("b");
  std::vector<std::string> ended;
  SubmitOptions soon;
  soon.deadline = clock.now() + 20ms;
  ASSERT_TRUE(queue.try_acquire().value().submit([&](Completed c) { ended.push_back(name_of(c.outcome)); }, soon));
  clock.advance(20ms);
  EXPECT_THAT(ended, ElementsAre("deadline_exceeded"));
  let_time_go_on();
}

TEST_F(AutoTest, HasRequestsReadyOnADeviceBeforeItServes) {
  make({device("a", "name=a,latency=20ms"), late_device("b", "name=b,latency=4ms")});
  requests.push_back(model->create_request().value());
  requests.push_back(model->create_request().value());
  ASSERT_TRUE(infer(*requests[0]));
  bring_up_and_probe("b");
  clock.advance(1s);
  for (auto& r : requests) EXPECT_EQ(served_by(*r), "sim:b");
  for (auto& r : requests) EXPECT_EQ(r->output(0)->elements(), 7U);
}

// ---- ending ----

TEST_F(AutoTest, WaitsForWhatIsCompiledWhenItIsDestroyed) {
  let_time_go_on();
  make({device("a", "load=10s"), device("b", "load=1s")});
  model.reset();
  EXPECT_EQ(events.count("ready b"), 1);
}

TEST_F(AutoTest, DoesNotBeginToCompileWhenItIsDestroyed) {
  make({device("ort:CPU", ""), device("ov:CPU", "")});
  model.reset();
  EXPECT_EQ(spies["ov:CPU"].compiles(), 0);
}

TEST_F(AutoTest, IsDestroyedAtAnyMomentOfItsLife) {
  for (int i = 0; i < 200; ++i) {
    let_time_go_on();
    make({device("a", "latency=2ms,load=1ms,fail_rate=0.1"), device("b", "latency=1ms,load=2ms,die_at=3")});
    auto r = model->create_request().value();
    for (int n = 0; n < i % 20; ++n) {
      std::promise<void> ended;
      if (!r->start([&](const Outcome&) { ended.set_value(); })) break;
      if (n % 7 == 6) r->cancel();
      ended.get_future().get();
    }
    if (i % 2) (void)r->start([](const Outcome&) {});
    r.reset();
    model.reset();
    driver.reset();
  }
}

// ---- composing ----

TEST_F(AutoTest, MayHaveVirtualDevicesAsMembers) {
  auto inner = [this](std::vector<PoolCandidate> candidates, bool multi) {
    return [candidates, multi](const CompileOptions& o) {
      return multi ? make_multi(candidates, o) : make_auto(candidates, o);
    };
  };
  make({{"AUTO:a,b", inner({device("a", "name=a,latency=9ms"), device("b", "load_fails=1")}, false)},
        {"MULTI:c,d", inner({device("c", "name=c,latency=4ms"), device("d", "name=d,latency=4ms")}, true)}});
  auto& r = request();
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(infer(r));
  events.wait_for("ready MULTI:c,d");
  while (events.count("switched MULTI:c,d") + events.count("switched AUTO:a,b") == 0 &&
         events.count("serving MULTI:c,d") == 0)
    ASSERT_TRUE(infer(r));
  EXPECT_THAT(events.names(), IsSupersetOf({"ready a", "ready c", "ready d", "failed b"}));
}

}  // namespace
}  // namespace inflight
