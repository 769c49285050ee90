// Models that leave dimensions open.
#include <gmock/gmock.h>

#include "ort_test_kit.hpp"
#include "tiny_onnx.hpp"

namespace inflight {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class OrtShapes : public testing::Test {
 protected:
  Result<std::shared_ptr<CompiledModel>> compile(std::vector<TinyDim> dims, CompileOptions options = {}) {
    return ort().compile(folder_.add({std::move(dims), 1, {}}), "CPU", options);
  }
  std::string refusal(std::vector<TinyDim> dims, CompileOptions options = {}) {
    auto model = compile(std::move(dims), std::move(options));
    if (model) return "compiled";
    EXPECT_EQ(model.error().code, ErrorCode::model_unusable);
    return model.error().message;
  }

 private:
  TinyFolder folder_;
};

TEST_F(OrtShapes, AnOpenBatchIsOneUnlessAnotherIsAskedFor) {
  EXPECT_EQ((*compile({"N", 3}))->info().inputs[0].shape, (Shape{1, 3}));
  EXPECT_EQ((*compile({"N", 3}, {.batch = 4}))->info().inputs[0].shape, (Shape{4, 3}));
}

TEST_F(OrtShapes, ABatchWithANameFixesTheOutputsToo) {
  EXPECT_EQ((*compile({"N", 3}, {.batch = 4}))->info().outputs[0].shape, (Shape{4, 3}));
}

TEST_F(OrtShapes, AnOutputThatStaysOpenHasTheShapeOfItsResult) {
  auto model = compile({"", 3}, {.batch = 4});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->info().inputs[0].shape, (Shape{4, 3}));
  auto request = (*model)->create_request().value();
  EXPECT_FALSE(request->output(0));
  for (int round = 0; round < 2; ++round) {
    std::ranges::fill(request->input(0)->as<float>(), 1.5F + static_cast<float>(round));
    ASSERT_TRUE(infer(*request));
    EXPECT_EQ(request->output(0)->shape(), (Shape{4, 3}));
    EXPECT_EQ(request->output(0)->as<float>()[11], 3.F + 2 * static_cast<float>(round));
  }
}

TEST_F(OrtShapes, AFixedBatchIsNotChanged) {
  EXPECT_EQ((*compile({2, 3}, {.batch = 2}))->info().inputs[0].shape, (Shape{2, 3}));
  EXPECT_THAT(refusal({2, 3}, {.batch = 4}), AllOf(HasSubstr("\"x\""), HasSubstr("batch of 2"), HasSubstr("4")));
}

TEST_F(OrtShapes, AnotherOpenDimensionIsNamedAndCanBeGiven) {
  EXPECT_THAT(refusal({1, 3, "height", 5}),
              AllOf(HasSubstr("dimension 2 (\"height\")"), HasSubstr("free_dimension_override.height")));
  EXPECT_THAT(refusal({1, 3, "", 5}), HasSubstr("dimension 2 of input \"x\""));
  auto model = compile({1, 3, "height", 5}, {.properties = {{"free_dimension_override.height", "7"}}});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->info().inputs[0].shape, (Shape{1, 3, 7, 5}));
}

}  // namespace
}  // namespace inflight
