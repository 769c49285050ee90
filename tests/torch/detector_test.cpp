// TorchScript models in the rest of the library.
#include <ATen/Functions.h>
#include <gmock/gmock.h>

#include "inflight/pipeline.hpp"
#include "torch_test_kit.hpp"

namespace inflight {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class TorchDetector : public TorchTest {
 protected:
  /// One detection, whatever the picture.
  std::filesystem::path save_ssd(const torch::jit::ExtraFilesMap& extra_files = {}) const {
    torch::jit::Module module("m");
    module.register_buffer("box", at::ones({1, 1, 1, 7}));
    module.define("def forward(self, image):\n  return self.box + image.mean()\n");
    return save(module, extra_files);
  }
};

TEST_F(TorchDetector, IsRecognisedByTheFileWhereThatTellsTheShape) {
  auto detector = make_detector(save_ssd({{"INPUT_SHAPE", "1,3,32,32"}}), "torch:CPU");
  ASSERT_TRUE(detector) << detector.error().message;
  EXPECT_EQ(detector->model->info().outputs.at(0).shape, (Shape{1, 1, 1, 7}));
}

TEST_F(TorchDetector, IsRecognisedOnceItIsCompiledWhereAPropertyTellsTheShape) {
  DetectorOptions options;
  options.compile = shaped("1,3,32,32");
  auto detector = make_detector(save_ssd(), "torch:CPU", options);
  EXPECT_TRUE(detector) << detector.error().message;
}

TEST_F(TorchDetector, AsksForAShapeThatNobodyTells) {
  auto detector = make_detector(save_ssd(), "torch:CPU");
  ASSERT_FALSE(detector);
  EXPECT_THAT(detector.error().message, HasSubstr("-p INPUT_SHAPE="));
}

TEST_F(TorchDetector, IsRefusedByOpenVinoWithoutAWordOnStderr) {
  testing::internal::CaptureStderr();
  auto detector = make_detector(save_ssd({{"INPUT_SHAPE", "1,3,32,32"}}), "ov:CPU");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  ASSERT_FALSE(detector);
  if (detector.error().code == ErrorCode::device_unusable) GTEST_SKIP() << "there is no OpenVINO engine";
  EXPECT_THAT(detector.error().message, AllOf(HasSubstr("TorchScript"), HasSubstr("torch:CPU")));
}

}  // namespace
}  // namespace inflight
