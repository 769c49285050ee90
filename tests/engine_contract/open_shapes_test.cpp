// Models that leave their batch open, which is how most are exported: the same on every engine.
#include <gmock/gmock.h>

#include "inflight/await.hpp"
#include "subjects.hpp"
#include "tests/onnxruntime/tiny_onnx.hpp"

namespace inflight {
namespace {

using testing::HasSubstr;

struct OpenSubject {
  const char* name;
  const char* engine;
  const char* device;
  std::int64_t batch = 0;  ///< asked for
  /// Whether dimensions without a name settle outputs, too, as gathering needs them; ONNX Runtime cannot.
  bool settles_unnamed = true;
};

class OpenBatch : public testing::TestWithParam<OpenSubject> {
 protected:
  void SetUp() override {
    if (std::string reason = why_not(GetParam().engine); !reason.empty()) GTEST_SKIP() << reason;
  }
  Result<std::shared_ptr<CompiledModel>> compile(std::vector<TinyDim> dims,
                                                 const std::map<std::string, Shape>& shapes) {
    CompileOptions options;
    options.batch = GetParam().batch;
    options.shapes = shapes;
    return compile_model(folder_.add({std::move(dims), 1, {}}), GetParam().device, options);
  }
  Shape expected(const Shape& one) const {
    Shape shape = one;
    shape[0] = std::max<std::int64_t>(1, GetParam().batch);
    return shape;
  }
  /// Twice what went in comes out, in those shapes.
  void expect_to_run(CompiledModel& model, const Shape& one) {
    EXPECT_EQ(model.info().inputs[0].shape, expected(one));
    auto request = model.create_request().value();
    auto input = request->input(0).value();
    EXPECT_EQ(input.shape(), expected(one));
    if (input.type() == ElementType::u8)
      for (std::byte& b : input.as_bytes()) b = std::byte{3};
    else
      for (float& x : input.as<float>()) x = 3;
    ASSERT_TRUE(infer(*request));
    auto output = request->output(0).value();
    EXPECT_EQ(output.shape(), expected(one));
    for (float y : output.as<float>()) EXPECT_EQ(y, 6.F);
  }

 private:
  TinyFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(On, OpenBatch,
                         testing::Values(OpenSubject{"OpenVino", "ov", "ov:CPU"},
                                         OpenSubject{"OpenVinoBatchOfFour", "ov", "ov:CPU", 4},
                                         OpenSubject{"OnnxRuntime", "ort", "ort:CPU"},
                                         OpenSubject{"OnnxRuntimeBatchOfFour", "ort", "ort:CPU", 4},
                                         OpenSubject{"BatchOfOpenVino", "ov", "BATCH:ov:CPU(2)"},
                                         OpenSubject{"BatchOfOnnxRuntime", "ort", "BATCH:ort:CPU(2)", 0, false},
                                         OpenSubject{"AutoOfOpenVino", "ov", "AUTO:ov:CPU"},
                                         OpenSubject{"AutoOfOnnxRuntime", "ort", "AUTO:ort:CPU"}),
                         [](const auto& test) { return test.param.name; });

TEST_P(OpenBatch, IsOneUnlessAnotherIsAskedFor) {
  for (const char* name : {"N", ""}) {
    if (!*name && !GetParam().settles_unnamed) continue;
    auto model = compile({name, 3, 8, 8}, {});
    ASSERT_TRUE(model) << model.error().message;
    expect_to_run(**model, {1, 3, 8, 8});
  }
}

TEST_P(OpenBatch, GoesWithASizeThatIsGiven) {
  auto model = compile({"N", 3, "height", "width"}, {{"x", {1, 3, 6, 4}}});
  ASSERT_TRUE(model) << model.error().message;
  expect_to_run(**model, {1, 3, 6, 4});
}

TEST_P(OpenBatch, LeavesNothingElseOpen) {
  auto model = compile({"N", 3, "height", 8}, {});
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("open"));
  EXPECT_THAT(model.error().message, HasSubstr("--input-size"));
}

}  // namespace
}  // namespace inflight
