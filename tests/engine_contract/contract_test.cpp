// The contract of include/inflight/engine.hpp, sentence by sentence, on every engine.
#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <random>
#include <thread>

#include "inflight/await.hpp"
#include "subjects.hpp"

namespace inflight {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes(const TensorView& view) { return {view.as_bytes().begin(), view.as_bytes().end()}; }

/// Pictures of noise, the same for the same seed: bytes, or floats from 0 to 1.
void fill(const TensorView& view, unsigned seed) {
  std::mt19937 random(seed);
  if (view.type() == ElementType::f32) {
    for (float& x : view.as<float>()) x = static_cast<float>(random() % 256) / 255.0F;
  } else {
    for (std::byte& b : view.as_bytes()) b = static_cast<std::byte>(random());
  }
}

bool ended_well(const Outcome& outcome) { return outcome || outcome.error().code == ErrorCode::cancelled; }

class EngineContract : public testing::TestWithParam<Subject> {
 protected:
  void SetUp() override {
    if (std::string reason = why_not(GetParam().engine); !reason.empty()) GTEST_SKIP() << reason;
    CompileOptions options;
    options.auto_batching = GetParam().auto_batching;
    auto compiled = compile_model(asset(GetParam().model), GetParam().device, options);
    ASSERT_TRUE(compiled) << compiled.error().message;
    model = std::move(*compiled);
    request = create();
  }

  std::unique_ptr<InferRequest> create() const { return model->create_request().value(); }

  /// All outputs of an inference that must succeed, one after the other.
  static Bytes outputs(InferRequest& r, const ModelInfo& info) {
    Bytes all;
    for (std::size_t i = 0; i < info.outputs.size(); ++i) {
      Bytes one = bytes(r.output(i).value());
      all.insert(all.end(), one.begin(), one.end());
    }
    return all;
  }
  Bytes result(InferRequest& r, unsigned seed) const {
    fill(r.input(0).value(), seed);
    Outcome outcome = infer(r);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outputs(r, model->info());
  }

  std::shared_ptr<CompiledModel> model;
  std::unique_ptr<InferRequest> request;
};

INSTANTIATE_TEST_SUITE_P(On, EngineContract, testing::ValuesIn(subjects()),
                         [](const auto& test) { return test.param.name; });

// ---- the model ----

TEST_P(EngineContract, SaysWhatItRunsOn) {
  RuntimeInfo runtime = model->runtime();
  EXPECT_EQ(runtime.engine, GetParam().engine);
  EXPECT_NE(runtime.device.find(runtime.engine + ":"), std::string::npos) << runtime.device;
  EXPECT_FALSE(runtime.precision.empty());
  EXPECT_GE(runtime.execution_streams, 1);
  EXPECT_GE(model->optimal_requests(), 1);
}

TEST_P(EngineContract, ReportsThePortsThatItsRequestsHave) {
  const ModelInfo& info = model->info();
  ASSERT_FALSE(info.inputs.empty());
  ASSERT_FALSE(info.outputs.empty());
  result(*request, 1);
  for (std::size_t i = 0; i < info.inputs.size(); ++i) {
    EXPECT_FALSE(info.inputs[i].name.empty());
    EXPECT_EQ(request->input(i)->type(), info.inputs[i].type);
    EXPECT_EQ(request->input(i)->shape(), info.inputs[i].shape);
  }
  for (std::size_t i = 0; i < info.outputs.size(); ++i) {
    EXPECT_FALSE(info.outputs[i].name.empty());
    EXPECT_EQ(request->output(i)->type(), info.outputs[i].type);
    EXPECT_EQ(request->output(i)->shape(), info.outputs[i].shape);
  }
}

TEST_P(EngineContract, RefusesPortsThatAreNotThere) {
  EXPECT_EQ(request->input(99).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(request->output(99).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(request->set_input(99, request->input(0).value()).error().code, ErrorCode::invalid_argument);
}

// ---- inputs ----

TEST_P(EngineContract, KeepsItsInputThroughAnInference) {
  Bytes first = result(*request, 1);
  Bytes before = bytes(*request->input(0));
  ASSERT_TRUE(infer(*request));
  EXPECT_EQ(bytes(*request->input(0)), before);
  EXPECT_EQ(outputs(*request, model->info()), first) << "and gives the same result again";
}

TEST_P(EngineContract, GivesDifferentResultsForDifferentPictures) {
  EXPECT_NE(result(*request, 1), result(*request, 2));
}

TEST_P(EngineContract, ReadsTheMemoryOfItsCallerWhileThatIsSet) {
  const Port& port = model->info().inputs[0];
  Tensor own(port.type, port.shape);
  fill(own, 3);
  Bytes other = result(*request, 4);
  ASSERT_TRUE(request->set_input(0, own));
  ASSERT_TRUE(infer(*request));
  EXPECT_EQ(outputs(*request, model->info()), result(*create(), 3));
  fill(own, 5);  // the same memory, another picture
  ASSERT_TRUE(infer(*request));
  EXPECT_EQ(outputs(*request, model->info()), result(*create(), 5));
}

// A pooled request must not read what its last user had set, and perhaps freed.
TEST_P(EngineContract, ReadsItsOwnMemoryAgainOnceThatIsAskedFor) {
  const Port& port = model->info().inputs[0];
  std::byte* own = request->input(0)->data();
  for (int twice = 0; twice < 2; ++twice) {
    Tensor first(port.type, port.shape), second(port.type, port.shape);
    ASSERT_TRUE(request->set_input(0, first));
    ASSERT_TRUE(request->set_input(0, second));
    ASSERT_TRUE(infer(*request));
  }
  EXPECT_EQ(request->input(0)->data(), own);
  EXPECT_EQ(result(*request, 6), result(*create(), 6));
}

TEST_P(EngineContract, RefusesATensorOfAnotherShapeOrTypeAndGoesOnWithoutIt) {
  const Port& port = model->info().inputs[0];
  Shape wider = port.shape;
  wider[wider.rank() - 1] += 1;
  Tensor wrong_shape(port.type, wider), wrong_type(ElementType::i64, port.shape);
  Tensor wrong_rank(port.type, Shape({static_cast<std::int64_t>(port.shape.elements())}));
  Bytes before = result(*request, 7);
  for (const Tensor* wrong : {&wrong_shape, &wrong_type, &wrong_rank}) {
    auto set = request->set_input(0, *wrong);
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().code, ErrorCode::invalid_argument);
    EXPECT_FALSE(set.error().message.empty());
  }
  ASSERT_TRUE(infer(*request));
  EXPECT_EQ(outputs(*request, model->info()), before);
}

// ---- the life of an inference ----

TEST_P(EngineContract, AnswersEachStartOnceOnAnotherThread) {
  std::atomic<int> answers = 0, here = 0;
  for (int i = 0; i < 30; ++i) {
    detail::Latch latch;
    ASSERT_TRUE(request->start([&, me = std::this_thread::get_id()](Outcome outcome) {
      EXPECT_TRUE(outcome);
      here += std::this_thread::get_id() == me ? 1 : 0;
      ++answers;
      latch.set();
    }));
    latch.wait();
  }
  request.reset();
  EXPECT_EQ(answers, 30);
  EXPECT_EQ(here, 0);
}

TEST_P(EngineContract, SaysHowAnInferenceWent) {
  Outcome outcome = infer(*request);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->device.empty());
  EXPECT_GE(outcome->batch, 1);
  EXPECT_GT(outcome->infer_time, Duration{0});
}

TEST_P(EngineContract, IsBusyWhileItRuns) {
  int busy = 0;
  auto count = [&](const auto& result) {
    if (result) return;
    EXPECT_EQ(result.error().code, ErrorCode::busy) << result.error().message;
    ++busy;
  };
  Tensor own(model->info().inputs[0].type, model->info().inputs[0].shape);
  // It may end between two calls; then they succeed. That it never lasts so long is beyond belief.
  for (int i = 0; i < 20; ++i) {
    std::future<Outcome> first = infer_future(*request);
    std::atomic<int> answers = 0;
    Result<void> second = request->start([&](Outcome) { ++answers; });
    count(second);
    count(request->output(0));
    count(request->input(0));
    count(request->set_input(0, own));
    EXPECT_TRUE(first.get());
    request = create();  // waits for the second, should it have started
    EXPECT_EQ(answers, second ? 1 : 0);
  }
  EXPECT_GE(busy, 4);
}

TEST_P(EngineContract, LetsDoneStartTheRequestAgain) {
  constexpr int kTimes = 100;
  std::atomic<int> answers = 0;
  detail::Latch last;
  std::function<void(Outcome)> again = [&](Outcome outcome) {
    EXPECT_TRUE(outcome);
    if (++answers == kTimes) return last.set();
    EXPECT_TRUE(request->start([&](Outcome o) { again(std::move(o)); }));
    // The next inference may end before this call does.
    for (int i = 0; i < answers % 50; ++i) std::this_thread::yield();
  };
  ASSERT_TRUE(request->start([&](Outcome o) { again(std::move(o)); }));
  last.wait();
  request.reset();
  EXPECT_EQ(answers, kTimes);
}

/// Starts its request again from within `done`, and then takes its time, so that the next inference may well end
/// before that `done` has returned.
class Restarter {
 public:
  Restarter(std::unique_ptr<InferRequest> request, int times) : times_(times), request_(std::move(request)) {}
  void start() {
    ASSERT_TRUE(request_->start([this](Outcome outcome) { next(outcome); }));
  }
  void wait() { last_.wait(); }
  int answers() const { return answers_; }

 private:
  void next(const Outcome& outcome) {
    EXPECT_TRUE(outcome);
    int answer = ++answers_;
    if (answer == times_) return last_.set();
    start();
    // Until it is answered meanwhile, should the engine have another thread for that.
    for (int i = 0; i < 300 && answers_ == answer; ++i) std::this_thread::yield();
  }

  const int times_;
  std::atomic<int> answers_ = 0;
  detail::Latch last_;
  std::unique_ptr<InferRequest> request_;  // last: waits until no `done` refers to the others
};

TEST_P(EngineContract, LosesNoAnswerOfManyRequestsThatAreStartedAgainFromWithinDone) {
  constexpr int kTimes = 50;
  std::vector<std::unique_ptr<Restarter>> all;
  for (int i = 0; i < 4; ++i) all.push_back(std::make_unique<Restarter>(create(), kTimes));
  for (auto& one : all) one->start();
  for (auto& one : all) one->wait();  // a lost answer would leave this waiting for ever
  for (auto& one : all) EXPECT_EQ(one->answers(), kTimes);
}

TEST_P(EngineContract, MayBeStartedAgainAsSoonAsDoneWasCalled) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(infer(*request)) << "number " << i;
}

TEST_P(EngineContract, WaitsForWhatIsInFlightWhenItIsDestroyed) {
  for (int i = 0; i < 20; ++i) {
    int answers = 0;
    auto held = std::make_shared<int>(0);
    auto doomed = create();
    ASSERT_TRUE(doomed->start([&answers, held](Outcome outcome) {
      EXPECT_TRUE(ended_well(outcome));
      ++answers;
    }));
    doomed.reset();
    EXPECT_EQ(answers, 1);
    EXPECT_EQ(held.use_count(), 1);
  }
}

// ---- cancelling ----

TEST_P(EngineContract, TakesNoNoticeOfCancellingAnIdleRequest) {
  request->cancel();
  Bytes first = result(*request, 8);
  request->cancel();
  EXPECT_EQ(result(*request, 8), first);
}

TEST_P(EngineContract, EndsOnceWhenItIsCancelledAndServesAgain) {
  Bytes expected = result(*request, 9);
  for (int i = 0; i < 30; ++i) {
    std::atomic<int> answers = 0;
    std::atomic<bool> within_cancel = false;
    detail::Latch latch;
    ASSERT_TRUE(request->start([&, me = std::this_thread::get_id()](Outcome outcome) {
      EXPECT_TRUE(ended_well(outcome)) << outcome.error().message;
      if (std::this_thread::get_id() == me) within_cancel = true;
      ++answers;
      latch.set();
    }));
    for (int n = 0; n < i * 10; ++n) std::this_thread::yield();
    request->cancel();
    latch.wait();
    EXPECT_EQ(result(*request, 9), expected) << "cancelling reached the next inference";
    EXPECT_EQ(answers, 1);
    EXPECT_FALSE(within_cancel) << "callers hold locks that `done` takes";
  }
}

TEST_P(EngineContract, MayBeCancelledFromAnyThread) {
  std::atomic<bool> over = false;
  std::jthread canceller([&] {
    while (!over) {
      request->cancel();
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 100; ++i) {
    Outcome outcome = infer(*request);
    EXPECT_TRUE(ended_well(outcome)) << outcome.error().message;
  }
  over = true;
  canceller.join();
  EXPECT_TRUE(infer(*request));
}

// ---- many at once ----

TEST_P(EngineContract, GivesTheSameBitsManyAtOnceAsOneAfterTheOther) {
  constexpr unsigned kPictures = 6;
  constexpr int kThreads = 4;
  std::vector<Bytes> expected;
  for (unsigned seed = 0; seed < kPictures; ++seed) expected.push_back(result(*request, seed));
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, mine = std::shared_ptr<InferRequest>(create())] {
      for (unsigned seed = 0; seed < kPictures; ++seed)
        EXPECT_EQ(result(*mine, seed), expected[seed]) << "picture " << seed;
    });
  }
}

TEST_P(EngineContract, GivesTheSameHoweverOneWaits) {
  Bytes expected = result(*request, 10);
  ASSERT_TRUE(infer_future(*request).get());
  EXPECT_EQ(outputs(*request, model->info()), expected);
  auto by_coroutine = [&]() -> Task<Outcome> { co_return co_await infer_async(*request); };
  ASSERT_TRUE(sync_wait(by_coroutine()));
  EXPECT_EQ(outputs(*request, model->info()), expected);
}

class QueueOnEngine : public EngineContract {
 protected:
  /// Twelve submissions of three pictures, in order, each with the result of its own picture.
  void run(Dispatch dispatch) {
    std::vector<Bytes> expected;
    for (unsigned seed = 0; seed < 3; ++seed) expected.push_back(result(*request, seed));
    InferQueueOptions options;
    options.order = StageOrder::in_order;
    options.dispatch = dispatch;
    auto queue = InferQueue::create(model, options).value();
    unsigned next = 0;
    for (unsigned i = 0; i < 12; ++i) {
      auto slot = queue.acquire().value();
      fill(slot.input(0).value(), i % 3);
      auto check = [&, i](Completed c) {
        EXPECT_EQ(i, next++);
        EXPECT_EQ(outputs(c.slot.request(), model->info()), expected[i % 3]);
      };
      ASSERT_TRUE(std::move(slot).submit(check));
    }
    queue.wait_all();
    EXPECT_EQ(next, 12U);
    EXPECT_EQ(queue.stats().succeeded, 12U);
  }
};

INSTANTIATE_TEST_SUITE_P(On, QueueOnEngine, testing::ValuesIn(subjects()),
                         [](const auto& test) { return test.param.name; });

TEST_P(QueueOnEngine, DeliversInOrderOnItsOwnThread) { run(Dispatch::own_thread); }
TEST_P(QueueOnEngine, DeliversInOrderOnTheEnginesThreads) { run(Dispatch::engine_thread); }

}  // namespace
}  // namespace inflight
