#include <ATen/Functions.h>
#include <gmock/gmock.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include "torch_test_kit.hpp"

namespace inflight {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

class TorchEngine : public TorchTest {};

TEST_F(TorchEngine, OffersTheProcessor) {
  EXPECT_THAT(torch_engine().devices(), Contains(Field(&DeviceInfo::name, "CPU")));
  EXPECT_FALSE(torch_engine().version().empty());
}

TEST_F(TorchEngine, RunsAConvolution) {
  torch::jit::Module module("m");
  module.register_parameter("weight", at::ones({2, 3, 3, 3}), false);
  module.define(
      "def forward(self, image):\n  return torch.relu(torch.conv2d(image, self.weight, None, [2, 2], [1, 1]))\n");
  auto model = compile(save(module), shaped("1,3,8,6"));
  ASSERT_TRUE(model);
  EXPECT_EQ(model->info().inputs.at(0).name, "image");
  EXPECT_EQ(model->info().inputs.at(0).shape, (Shape{1, 3, 8, 6}));
  EXPECT_EQ(model->info().outputs.at(0).shape, (Shape{1, 2, 4, 3}));
  EXPECT_EQ(model->runtime().precision, "f32");
  std::vector<float> result = infer(*model->create_request().value(), std::vector<float>(144, 1.F));
  EXPECT_EQ(result.at(0), 12) << "a corner: 2 × 2 pixels of 3 channels";
  EXPECT_EQ(result.at(4), 27) << "the middle: 3 × 3 pixels of 3 channels";
}

TEST_F(TorchEngine, NamesTheTensorsOfDictionariesTuplesAndLists) {
  auto names = [&](const std::string& returned) {
    std::vector<std::string> all;
    auto model = compile(save("(self, x):\n  return " + returned), shaped("1"));
    for (const Port& port : model->info().outputs) all.push_back(port.name);
    return all;
  };
  EXPECT_THAT(names("x + 1"), ElementsAre("output"));
  EXPECT_THAT(names("x + 1, x + 2"), ElementsAre("output0", "output1"));
  EXPECT_THAT(names("x + 1, [x + 2, x + 3]"), ElementsAre("output0", "output1.0", "output1.1"));
  EXPECT_THAT(names("{\"boxes\": x + 1, \"scores\": x + 2}"), ElementsAre("boxes", "scores"));
}

TEST_F(TorchEngine, LeavesOpenWhatDependsOnThePicture) {
  auto model = compile(save("(self, x):\n  return torch.nonzero(x).float()"), shaped("4"));
  ASSERT_TRUE(model);
  EXPECT_EQ(model->info().outputs.at(0).shape, (Shape{-1, 1}));
  auto request = model->create_request().value();
  EXPECT_FALSE(request->output(0)) << "nothing ran yet";
  EXPECT_THAT(infer(*request, {0, 1, 0, 1}), ElementsAre(1, 3));
  EXPECT_EQ(request->output(0)->shape(), (Shape{2, 1}));
}

TEST_F(TorchEngine, KeepsInputsThatTheModelChanges) {
  auto model = compile(save("(self, x):\n  return x.div_(2.0) + 1"), shaped("2"));
  auto request = model->create_request().value();
  EXPECT_THAT(infer(*request, {2, 4}), ElementsAre(2, 3));
  EXPECT_THAT(to_floats(*request->input(0)), ElementsAre(2, 4));
}

TEST_F(TorchEngine, KeepsOutputsThatAreAnInput) {
  auto model = compile(save("(self, x):\n  return x.view(2, 1)"), shaped("2"));
  auto request = model->create_request().value();
  infer(*request, {2, 4});
  std::ranges::fill(request->input(0)->as<float>(), 9.F);
  EXPECT_THAT(to_floats(*request->output(0)), ElementsAre(2, 4));
}

TEST_F(TorchEngine, ReadsItsCallersMemoryInPlace) {
  auto model = compile(save("(self, x):\n  return x * 2"), shaped("3"));
  auto request = model->create_request().value();
  Tensor mine(ElementType::f32, {3});
  ASSERT_TRUE(request->set_input(0, mine));
  std::ranges::fill(mine.view().as<float>(), 4.F);  // after set_input(): a copy would not have it
  ASSERT_TRUE(infer(*request));
  EXPECT_THAT(to_floats(*request->output(0)), Each(8));
}

TEST_F(TorchEngine, TellsAnErrorOfTheModelOnOneLine) {
  auto model = compile(save("(self, x):\n  if bool(x.sum() > 100):\n    return x.view(7)\n  return x"), shaped("3"));
  auto request = model->create_request().value();
  std::ranges::fill(request->input(0)->as<float>(), 90.F);
  Outcome outcome = infer(*request);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::engine_failed);
  EXPECT_THAT(outcome.error().message, AllOf(HasSubstr("torch:CPU: shape '[7]' is invalid"), Not(HasSubstr("\n"))));
  EXPECT_THAT(infer(*request, {1, 2, 3}), ElementsAre(1, 2, 3)) << "and serves again";
}

TEST_F(TorchEngine, GivesUpWhatIsCancelledWhileItWaits) {
  CompileOptions one_lane = shaped("1");
  one_lane.execution_streams = 1;
  auto model = compile(save("(self, x):\n  return x + 1"), one_lane);
  std::promise<void> running, go;
  std::promise<Outcome> outcome;
  // After the promises: the requests wait, as they are destroyed, for the calls that use these.
  auto first = model->create_request().value(), second = model->create_request().value();
  // A `done` must not block; here it does, to be sure that the second request waits.
  ASSERT_TRUE(first->start([&](Outcome) {
    running.set_value();
    go.get_future().wait();
  }));
  running.get_future().wait();
  ASSERT_TRUE(second->start([&](Outcome o) { outcome.set_value(std::move(o)); }));
  second->cancel();
  go.set_value();
  EXPECT_EQ(outcome.get_future().get().error().code, ErrorCode::cancelled);
}

TEST_F(TorchEngine, KeepsTheMeaningOfOpenVinosProperties) {
  auto model = compile_model(save("(self, x):\n  return x + 1"), "torch:CPU",
                             {.properties = {{"INPUT_SHAPE", "1"},
                                             {"PERFORMANCE_HINT_NUM_REQUESTS", "3"},
                                             {"NUM_STREAMS", "2"},
                                             {"INFERENCE_NUM_THREADS", "2"}}});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->runtime().execution_streams, 2);
  EXPECT_EQ((*model)->optimal_requests(), 3);
}

// ---- what it refuses ----

TEST_F(TorchEngine, RefusesFilesThatAreNoTorchScript) {
  auto message = [](const std::filesystem::path& model) { return torch_engine().read_model(model).error().message; };
  EXPECT_THAT(message(folder() / "gone.pt"), HasSubstr("no such file"));
  EXPECT_THAT(message(write("net.onnx", "x")), AllOf(HasSubstr("net.onnx"), HasSubstr(".pt")));
  EXPECT_THAT(message(write("text.pt", "this is no model")), AllOf(HasSubstr("text.pt"), HasSubstr("no TorchScript"),
                                                                   HasSubstr("torch.jit.script(model).save(FILE)")));
}

TEST_F(TorchEngine, RefusesATruncatedFile) {
  std::filesystem::path model = save("(self, x):\n  return x + 1");
  std::filesystem::resize_file(model, std::filesystem::file_size(model) / 2);
  EXPECT_THAT(refusal(model, shaped("1")).message, AllOf(HasSubstr("model.pt"), HasSubstr("damaged")));
}

TEST_F(TorchEngine, RefusesWeightsWithoutAModel) {
  std::vector<char> pickled = torch::jit::pickle_save(c10::IValue(at::ones({1})));
  EXPECT_THAT(refusal(write("weights.pt", {pickled.begin(), pickled.end()}), shaped("1")).message,
              AllOf(HasSubstr("weights.pt: it holds weights"), HasSubstr("torch.jit.script")));
}

TEST_F(TorchEngine, NamesAnArgumentThatIsNoTensor) {
  EXPECT_THAT(refusal(save("(self, x, n: int):\n  return x + n"), {}).message,
              AllOf(HasSubstr("\"n\""), HasSubstr("int")));
  EXPECT_TRUE(compile(save("(self, x, n: int = 2):\n  return x + n"), shaped("1"))) << "those with defaults are left";
}

TEST_F(TorchEngine, NamesAnOutputThatIsNoTensor) {
  EXPECT_THAT(refusal(save("(self, x):\n  return 7"), shaped("1")).message, HasSubstr("returns Int"));
  EXPECT_THAT(refusal(save("(self, x):\n  return x > 0"), shaped("1")).message,
              AllOf(HasSubstr("\"output\""), HasSubstr("Bool")));
}

TEST_F(TorchEngine, ListsItsDevicesWhereOneIsUnknown) {
  Error error = refusal(save("(self, x):\n  return x"), shaped("1"), "TPU");
  EXPECT_EQ(error.code, ErrorCode::device_unusable);
  EXPECT_THAT(error.message, AllOf(HasSubstr("\"TPU\""), HasSubstr("torch:CPU")));
}

TEST_F(TorchEngine, NamesAPropertyThatItDoesNotKnow) {
  Error error = refusal(save("(self, x):\n  return x"), {.properties = {{"INPUT_SHAPES", "1"}}});
  EXPECT_EQ(error.code, ErrorCode::invalid_argument);
  EXPECT_THAT(error.message, AllOf(HasSubstr("\"INPUT_SHAPES\""), HasSubstr("only INPUT_SHAPE")));
}

TEST_F(TorchEngine, RefusesAPrecisionThatItCannotComputeIn) {
  CompileOptions options = shaped("1");
  options.precision = ElementType::bf16;
  Error error = refusal(save("(self, x):\n  return x"), options);
  EXPECT_EQ(error.code, ErrorCode::device_unusable);
  EXPECT_THAT(error.message, HasSubstr("bf16"));
}

}  // namespace
}  // namespace inflight
