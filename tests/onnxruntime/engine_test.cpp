#include <gmock/gmock.h>

#include <cmath>

#include "ort_test_kit.hpp"
#include "tiny_onnx.hpp"

namespace inflight {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::Pair;

/// The error of compiling YOLOX-nano for `device`.
Error refusal(const std::string& device, const CompileOptions& options) {
  auto model = ort().compile(kYolox, device, options);
  if (!model) return model.error();
  ADD_FAILURE() << "compiled";
  return {};
}

class OrtEngine : public OrtTest {};

TEST_F(OrtEngine, OffersTheProcessor) {
  EXPECT_THAT(ort().devices(), testing::Contains(Field(&DeviceInfo::name, "CPU")));
}

TEST_F(OrtEngine, ReadsPortsAndMetadata) {
  TinyFolder folder;
  auto info = ort().read_model(folder.add({{"batch", 3, "", 5}, 1, {{"labels", "cat dog"}}}));
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->name, "tiny");
  EXPECT_EQ(info->inputs.at(0).name, "x");
  EXPECT_EQ(info->inputs.at(0).shape, (Shape{-1, 3, -1, 5}));
  EXPECT_EQ(info->outputs.at(0).name, "y");
  EXPECT_EQ(info->outputs.at(0).type, ElementType::f32);
  EXPECT_THAT(info->metadata, ElementsAre(Pair("labels", "cat dog")));
}

TEST_F(OrtEngine, RefusesFilesThatAreNoUsableModels) {
  TinyFolder folder;
  auto message = [](const std::filesystem::path& model) { return ort().read_model(model).error().message; };
  EXPECT_THAT(message(folder.path() / "gone.onnx"), HasSubstr("no such file"));
  EXPECT_THAT(message(folder.add("<net/>", "net.xml")), AllOf(HasSubstr("net.xml"), HasSubstr(".onnx")));
  EXPECT_THAT(message(folder.add("garbage", "bad.onnx")), AllOf(HasSubstr("bad.onnx"), HasSubstr("cannot read")));
  EXPECT_THAT(message(folder.add(TinyModel{{1, 2}, 9, {}}, "bool.onnx")),
              AllOf(HasSubstr("bool.onnx"), HasSubstr("tensor(bool)")));
  EXPECT_THAT(message(folder.add(TinyModel{{1, 1, 1, 1, 1, 1, 1, 1, 1}, 1, {}}, "nine.onnx")),
              HasSubstr("more than 8 dimensions"));
}

TEST_F(OrtEngine, ListsItsDevicesWhereOneIsUnknown) {
  Error error = refusal("TPU", {});
  EXPECT_EQ(error.code, ErrorCode::device_unusable);
  EXPECT_THAT(error.message, AllOf(HasSubstr("\"TPU\""), HasSubstr("ort:CPU"), HasSubstr("INFLIGHT_ORT_LIBRARY")));
}

TEST_F(OrtEngine, NamesAPropertyThatItDoesNotKnow) {
  Error error = refusal("CPU", {.properties = {{"session.intra_op.allow_spining", "0"}}});
  EXPECT_EQ(error.code, ErrorCode::invalid_argument);
  EXPECT_THAT(error.message, HasSubstr("session.intra_op.allow_spining"));
}

TEST_F(OrtEngine, SaysWhatAPropertyTakes) {
  Error error = refusal("CPU", {.properties = {{"graph_optimization_level", "much"}}});
  EXPECT_EQ(error.code, ErrorCode::invalid_argument);
  EXPECT_THAT(error.message, AllOf(HasSubstr("\"much\""), HasSubstr("ORT_ENABLE_ALL")));
}

TEST_F(OrtEngine, TakesOnnxRuntimesOwnOptions) {
  CompileOptions options{.properties = {{"session.intra_op.allow_spinning", "1"},
                                        {"intra_op_num_threads", "2"},
                                        {"inter_op_num_threads", "2"},
                                        {"execution_mode", "ORT_PARALLEL"},
                                        {"graph_optimization_level", "ORT_ENABLE_BASIC"},
                                        {"enable_mem_pattern", "0"},
                                        {"enable_cpu_mem_arena", "False"},
                                        {"log_severity_level", "4"}}};
  auto model = ort().compile(kYolox, "CPU", options);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_FALSE(infer_noise(**model).empty());
}

TEST_F(OrtEngine, KeepsTheMeaningOfOpenVinosProperties) {
  auto model = compile_model(kYolox, "ort:CPU",
                             {.properties = {{"PERFORMANCE_HINT", "THROUGHPUT"},
                                             {"PERFORMANCE_HINT_NUM_REQUESTS", "3"},
                                             {"NUM_STREAMS", "2"},
                                             {"INFERENCE_NUM_THREADS", "2"}}});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->runtime().execution_streams, 2);
  EXPECT_EQ((*model)->optimal_requests(), 3);
}

TEST_F(OrtEngine, RefusesAPrecisionThatItCannotComputeIn) {
  Error error = refusal("CPU", {.precision = ElementType::bf16});
  EXPECT_EQ(error.code, ErrorCode::device_unusable);
  EXPECT_THAT(error.message, HasSubstr("bf16"));
}

TEST_F(OrtEngine, SaysWhatAnInputTakes) {
  auto model = ort().compile(kYolox, "CPU", {});
  auto request = (*model)->create_request();
  Tensor bytes(ElementType::u8, {1, 3, 416, 416});
  Result<void> set = (*request)->set_input(0, bytes);
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().message, AllOf(HasSubstr("\"images\""), HasSubstr("f32 [1,3,416,416]"), HasSubstr("u8")));
}

TEST_F(OrtEngine, RunsTheSameWhateverTheLanes) {
  auto alone = ort().compile(kYolox, "CPU", {.hint = PerformanceHint::latency});
  auto many = ort().compile(kYolox, "CPU", {.execution_streams = 2, .threads = 2});
  std::vector<float> expected = infer_noise(**alone);
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(infer_noise(**many), expected);
}

/// In f32 on both sides; sums in another order are all that may differ.
TEST_F(OrtEngine, AgreesWithOpenVino) {
  std::shared_ptr<Engine> ov = engine_named("ov");
  if (!ov) GTEST_SKIP() << "there is no OpenVINO engine to compare with";
  auto theirs = ov->compile(kYolox, "CPU", {.precision = ElementType::f32, .u8_input = false});
  ASSERT_TRUE(theirs) << theirs.error().message;
  std::vector<float> expected = infer_noise(**theirs);
  std::vector<float> ours = infer_noise(**ort().compile(kYolox, "CPU", {}));
  ASSERT_EQ(ours.size(), expected.size());
  double worst = 0, largest = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    worst = std::max(worst, std::abs(double{ours[i]} - expected[i]));
    largest = std::max(largest, std::abs(double{expected[i]}));
  }
  RecordProperty("max_abs_diff", std::to_string(worst));
  std::printf("largest difference %g of values up to %g\n", worst, largest);
  constexpr double kTolerance = 1e-3;
  EXPECT_LT(worst, kTolerance);
}

}  // namespace
}  // namespace inflight
