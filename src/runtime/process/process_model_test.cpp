#include <gmock/gmock.h>

#include <cstdlib>
#include <future>

#include "testing/process_test_kit.hpp"

namespace inflight {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class ProcessModel : public ProcessTest {};

TEST_F(ProcessModel, RunsTheModelInAnotherProcess) {
  EXPECT_TRUE(child_processes().empty());
  make("latency=100us");
  EXPECT_EQ(child_processes().size(), 1U);
  auto request = create();
  fill(*request, 1);
  Outcome outcome = infer(*request);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->device, "PROCESS:sim:sim");
  EXPECT_EQ(rows(*request), expected_rows(1));
  request.reset();
  model.reset();
  EXPECT_TRUE(child_processes().empty()) << "it goes with the model";
}

TEST_F(ProcessModel, TellsWhatTheModelInTheProcessTells) {
  make("latency=100us,lanes=3,name=a");
  EXPECT_EQ(model->runtime().engine, "sim");
  EXPECT_EQ(model->runtime().device, "PROCESS:sim:a");
  EXPECT_EQ(model->runtime().execution_streams, 3);
  EXPECT_EQ(model->optimal_requests(), 6);
  EXPECT_EQ(model->info().name, "some.model");
  EXPECT_EQ(model->info().inputs.at(0).shape, (Shape{1, 3, 8, 8}));
  EXPECT_EQ(model->info().inputs.at(0).layout, "NCHW");
}

TEST_F(ProcessModel, TakesOptionsAlong) {
  CompileOptions options;
  options.batch = 4;
  auto batched = compile_model("some.model", "PROCESS:sim:input=1x3x8x8", options).value();
  EXPECT_EQ(batched->info().inputs.at(0).shape, (Shape{4, 3, 8, 8}));
}

TEST_F(ProcessModel, PassesOnTheErrorOfAnInference) {
  make("latency=100us,fail=0");
  auto request = create();
  Outcome outcome = infer(*request);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::engine_failed);
  EXPECT_EQ(outcome.error().message, "the simulated inference failed");
  EXPECT_TRUE(infer(*request)) << "and goes on";
}

TEST_F(ProcessModel, PassesOnWhyAModelCannotBeCompiled) {
  auto wrong = compile("latency=100us,speed=3");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(wrong.error().message, HasSubstr("speed=3"));
  auto fails = compile("load_fails=1");
  ASSERT_FALSE(fails);
  EXPECT_EQ(fails.error().code, ErrorCode::device_unusable);
  EXPECT_THAT(fails.error().message, HasSubstr("scripted to fail"));
  EXPECT_EQ(compile_model("nowhere.onnx", "PROCESS:XPU").error().code, ErrorCode::device_unusable);
  EXPECT_TRUE(child_processes().empty());
}

TEST_F(ProcessModel, PassesOnWhatVirtualDevicesInTheProcessTell) {
  CompileOptions options;
  options.on_event = events.listener();
  auto automatic = compile_model("some.model", "PROCESS:AUTO:(sim:latency=1ms,name=a),sim:latency=2ms", options);
  ASSERT_TRUE(automatic) << automatic.error().message;
  EXPECT_THAT(events.wait_for("serving").device, HasSubstr("sim:"));
  EXPECT_EQ((*automatic)->runtime().engine, "sim");
}

TEST_F(ProcessModel, HoldsManyRequestsAndLargeTensors) {
  auto large = compile_model("some.model", "PROCESS:sim:input=1x3x1024x1024:f32,rows=5000,latency=0").value();
  std::vector<std::unique_ptr<InferRequest>> requests;
  std::vector<std::future<Outcome>> outcomes;
  for (int i = 0; i < 40; ++i) requests.push_back(large->create_request().value());
  for (auto& request : requests) outcomes.push_back(infer_future(*request));
  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.get());
  EXPECT_EQ(requests.back()->output(0)->shape(), (Shape{1, 1, 5000, 7}));
}

// More messages than a socket holds, to and fro: neither side may wait for the other to read.
TEST_F(ProcessModel, DoesNotLockUpWithMoreRequestsThanTheSocketHolds) {
  make("latency=0,lanes=64");
  std::vector<std::unique_ptr<InferRequest>> requests;
  for (int i = 0; i < 600; ++i) requests.push_back(create());
  for (int round = 0; round < 5; ++round) {
    std::vector<std::future<Outcome>> outcomes;
    for (auto& request : requests) outcomes.push_back(infer_future(*request));
    for (auto& request : requests) request->cancel();
    for (auto& outcome : outcomes) outcome.wait();
  }
}

class ModelProgram : public ProcessTest {
 protected:
  ~ModelProgram() override { unsetenv("INFLIGHT_MODEL_PROCESS"); }
  Error error_with(const char* program) {
    setenv("INFLIGHT_MODEL_PROCESS", program, 1);
    auto compiled = compile("latency=1ms");
    return compiled ? Error{ErrorCode::internal, "it compiled"} : compiled.error();
  }
};

TEST_F(ModelProgram, IsNamedWhereItIsNotFound) {
  Error error = error_with("/nowhere/inflight-model");
  EXPECT_EQ(error.code, ErrorCode::device_unusable);
  EXPECT_THAT(error.message, AllOf(HasSubstr("INFLIGHT_MODEL_PROCESS=/nowhere/inflight-model"), HasSubstr("unset")));
  EXPECT_EQ(error.message.find('\n'), std::string::npos);
}

TEST_F(ModelProgram, ThatEndsAtOnceIsToldWithItsStatus) {
  Error error = error_with("/bin/false");
  EXPECT_EQ(error.code, ErrorCode::device_unusable);
  EXPECT_THAT(error.message, AllOf(HasSubstr("some.model"), HasSubstr("status 1")));
}

TEST_F(ModelProgram, ThatIsGoneWhenItIsNeededAgainEndsInGivingUp) {
  make("latency=1ms");
  auto request = create();
  setenv("INFLIGHT_MODEL_PROCESS", "/nowhere", 1);
  end_process(the_process());
  EXPECT_THAT(events.wait_for("failed", 3).text, HasSubstr("/nowhere"));
  EXPECT_EQ(infer(*request).error().code, ErrorCode::engine_failed);
}

}  // namespace
}  // namespace inflight
