#include <gmock/gmock.h>

#include "testing/pool_kit.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class AutoRequest : public PoolTest {
 protected:
  AutoRequest() : PoolTest(make_auto) {}
};

/// A device that something happens to while an inference is being started.
class InterruptedModel final : public CompiledModel {
 public:
  InterruptedModel(std::shared_ptr<CompiledModel> model, std::function<void()> interrupt)
      : model_(std::move(model)), interrupt_(std::move(interrupt)) {}
  const ModelInfo& info() const noexcept override { return model_->info(); }
  RuntimeInfo runtime() const override { return model_->runtime(); }
  int optimal_requests() const noexcept override { return model_->optimal_requests(); }
  Result<std::unique_ptr<InferRequest>> create_request() override {
    return std::make_unique<Request>(model_->create_request().value(), interrupt_);
  }

 private:
  class Request final : public InferRequest {
   public:
    Request(std::unique_ptr<InferRequest> request, const std::function<void()>& interrupt)
        : request_(std::move(request)), interrupt_(interrupt) {}
    Result<TensorView> input(std::size_t port) override { return request_->input(port); }
    Result<void> set_input(std::size_t port, TensorView data) override { return request_->set_input(port, data); }
    Result<TensorView> output(std::size_t port) override { return request_->output(port); }
    void cancel() noexcept override { request_->cancel(); }
    Result<void> start(Done done) override {
      interrupt_();
      return request_->start(std::move(done));
    }

   private:
    std::unique_ptr<InferRequest> request_;
    const std::function<void()>& interrupt_;
  };
  const std::shared_ptr<CompiledModel> model_;
  const std::function<void()> interrupt_;
};

TEST_F(AutoRequest, LetsDevicesReadTheUsersMemoryInPlace) {
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

TEST_F(AutoRequest, RefusesWrongPortsTypesAndShapes) {
  make({device("a", "name=a")});
  auto& r = request();
  EXPECT_EQ(r.input(1).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(r.output(1).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(r.set_input(1, Tensor(ElementType::u8, {1, 3, 2, 2})).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(r.set_input(0, Tensor(ElementType::f32, {1, 3, 2, 2})).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(r.set_input(0, Tensor(ElementType::u8, {1, 3, 2, 4})).error().code, ErrorCode::invalid_argument);
}

TEST_F(AutoRequest, IsBusyWhileItRuns) {
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

TEST_F(AutoRequest, MayBeStartedAgainFromItsCompletion) {
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

TEST_F(AutoRequest, GivesUpWhatIsCancelledAndThatIsNoFailure) {
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

TEST_F(AutoRequest, CancelsARequestWhoseInferenceIsOnlyJustBeingStarted) {
  InferRequest* mine = nullptr;
  auto compile = [&](const CompileOptions&) -> Result<std::shared_ptr<CompiledModel>> {
    return std::make_shared<InterruptedModel>(simulate("latency=10ms", clock), [&mine] { mine->cancel(); });
  };
  make({{"a", compile}});
  mine = &request();
  std::optional<Outcome> outcome;
  ASSERT_TRUE(mine->start([&](Outcome o) { outcome = std::move(o); }));
  clock.advance(0ms);
  ASSERT_TRUE(outcome) << "what there was to cancel had not begun when it was asked for";
  EXPECT_EQ(outcome->error().code, ErrorCode::cancelled);
}

TEST_F(AutoRequest, CancelsARequestThatHasMovedToAnotherDevice) {
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

TEST_F(AutoRequest, KeepsDeadlines) {
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

TEST_F(AutoRequest, HasRequestsReadyOnADeviceBeforeItServes) {
  make({device("a", "name=a,latency=20ms"), late_device("b", "name=b,latency=4ms")});
  requests.push_back(model->create_request().value());
  requests.push_back(model->create_request().value());
  ASSERT_TRUE(infer(*requests[0]));
  bring_up_and_probe("b");
  clock.advance(1s);
  for (auto& r : requests) EXPECT_EQ(served_by(*r), "sim:b");
  for (auto& r : requests) EXPECT_EQ(r->output(0)->elements(), 7U);
}

}  // namespace
}  // namespace inflight
