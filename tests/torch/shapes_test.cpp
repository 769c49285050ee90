// Where the shapes of inputs come from: TorchScript itself does not have them.
#include <ATen/Functions.h>
#include <caffe2/serialize/inline_container.h>
#include <gmock/gmock.h>
#include <torch/csrc/jit/serialization/pickler.h>

#include "torch_test_kit.hpp"

namespace inflight {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr const char* kDouble = "(self, x):\n  return x * 2";

/// Adds what torch.jit.trace() has stored since PyTorch 2.0: {"forward": [example]}.
void add_traced_input(const std::filesystem::path& model, const at::Tensor& example) {
  std::filesystem::path plain = model.string() + ".plain";
  std::filesystem::rename(model, plain);
  caffe2::serialize::PyTorchStreamReader reader(plain.string());
  caffe2::serialize::PyTorchStreamWriter writer(model.string());
  for (const std::string& record : reader.getAllRecords()) {
    auto [bytes, size] = reader.getRecord(record);
    if (record != "version") writer.writeRecord(record, bytes.get(), size);
  }
  c10::impl::GenericList inputs(c10::AnyType::get());
  inputs.emplace_back(example);
  c10::impl::GenericDict methods(c10::StringType::get(), c10::ListType::create(c10::AnyType::get()));
  methods.insert("forward", inputs);
  std::string text;
  torch::jit::Pickler pickler([&](const char* data, std::size_t size) { text.append(data, size); }, nullptr, nullptr,
                              nullptr);
  pickler.protocol();
  pickler.pushIValue(methods);
  pickler.stop();
  writer.writeRecord("traced_inputs.pkl", text.data(), text.size());
  std::size_t i = 0;
  for (const at::Tensor& tensor : pickler.tensorData())
    writer.writeRecord("traced_inputs/" + std::to_string(i++), tensor.data_ptr(), tensor.nbytes());
  writer.writeEndOfFile();
}

class TorchShapes : public TorchTest {};

TEST_F(TorchShapes, AreGivenAsAProperty) {
  for (const char* text : {"1,3,4,5", "[1,3,4,5]", "[1, 3, 4, 5]"}) {
    auto model = compile(save(kDouble), shaped(text));
    ASSERT_TRUE(model) << text;
    EXPECT_EQ(model->info().inputs.at(0).shape, (Shape{1, 3, 4, 5}));
    EXPECT_EQ(model->info().outputs.at(0).shape, (Shape{1, 3, 4, 5}));
  }
}

TEST_F(TorchShapes, MissingOnesAreAskedFor) {
  std::filesystem::path file = save(kDouble);
  Error error = refusal(file, {});
  EXPECT_EQ(error.code, ErrorCode::model_unusable);
  EXPECT_THAT(error.message, AllOf(HasSubstr("model.pt"), HasSubstr("\"x\""), HasSubstr("-p INPUT_SHAPE=1,3,416,416")));
  auto info = torch_engine().read_model(file);
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->inputs.at(0).name, "x");
  EXPECT_EQ(info->inputs.at(0).shape, (Shape{-1}));
  EXPECT_THAT(info->outputs, IsEmpty());
}

TEST_F(TorchShapes, WrongOnesAreNamed) {
  for (const char* text : {"", "1,", "1,x", "1,-1", "0", "1;2", "1,1,1,1,1,1,1,1,1"}) {
    Error error = refusal(save(kDouble), shaped(text));
    EXPECT_EQ(error.code, ErrorCode::invalid_argument) << text;
    EXPECT_THAT(error.message, HasSubstr("INPUT_SHAPE: \"" + std::string(text) + "\""));
  }
}

TEST_F(TorchShapes, OnesThatTheModelCannotTakeAreToldWithItsReason) {
  Error error = refusal(save("(self, x):\n  return x.view(7)"), shaped("2,3"));
  EXPECT_EQ(error.code, ErrorCode::model_unusable);
  EXPECT_THAT(error.message, AllOf(HasSubstr("\"x\" f32 [2,3]"), HasSubstr("shape '[7]' is invalid")));
}

TEST_F(TorchShapes, OfSeveralInputsAreGivenByName) {
  std::filesystem::path file = save("(self, a, b):\n  return a + b");
  EXPECT_THAT(refusal(file, {}).message, HasSubstr("-p INPUT_SHAPE.a="));
  auto model = compile(file, {.properties = {{"INPUT_SHAPE.a", "2,3"}, {"INPUT_SHAPE.b", "3"}}});
  ASSERT_TRUE(model);
  EXPECT_EQ(model->info().inputs.at(1).shape, (Shape{3}));
  EXPECT_EQ(model->info().outputs.at(0).shape, (Shape{2, 3}));
}

TEST_F(TorchShapes, MayLieInTheArchiveAsAnExtraFile) {
  std::filesystem::path file = save(kDouble, {{"INPUT_SHAPE", "1,3,4,5\n"}});
  auto info = torch_engine().read_model(file);
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->inputs.at(0).shape, (Shape{1, 3, 4, 5}));
  EXPECT_EQ(info->outputs.at(0).shape, (Shape{1, 3, 4, 5}));
  EXPECT_THAT(info->metadata, ElementsAre(Pair("INPUT_SHAPE", "1,3,4,5\n")));
  EXPECT_EQ(compile(file, {})->info().inputs.at(0).shape, (Shape{1, 3, 4, 5}));
  EXPECT_EQ(compile(file, shaped("2,2"))->info().inputs.at(0).shape, (Shape{2, 2})) << "a property wins";
}

TEST_F(TorchShapes, OfATracedModelAreThoseOfItsExample) {
  std::filesystem::path file = save(kDouble);
  add_traced_input(file, at::ones({1, 3, 8, 8}, at::kDouble));
  auto info = torch_engine().read_model(file);
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->inputs.at(0).shape, (Shape{1, 3, 8, 8}));
  EXPECT_EQ(info->inputs.at(0).type, ElementType::f64);
  EXPECT_EQ(info->outputs.at(0).type, ElementType::f64);
  EXPECT_TRUE(compile(file, {}));
}

TEST_F(TorchShapes, TakeTheBatchThatIsAskedFor) {
  CompileOptions options = shaped("1,3");
  options.batch = 4;
  auto model = compile(save(kDouble), options);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->info().inputs.at(0).shape, (Shape{4, 3}));
  EXPECT_EQ(model->info().outputs.at(0).shape, (Shape{4, 3}));
}

}  // namespace
}  // namespace inflight
