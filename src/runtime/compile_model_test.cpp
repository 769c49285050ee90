#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inflight/engine.hpp"

namespace inflight {
namespace {

using testing::HasSubstr;

Error error_of(const std::string& device) {
  auto model = compile_model("model.xml", device);
  return model ? Error{ErrorCode::internal, "it compiled"} : model.error();
}

TEST(CompileModel, TakesADescriptionOfASimulatedDevice) {
  auto model = compile_model("some/model.xml", "sim:latency=5ms,lanes=3").value();
  EXPECT_EQ(model->runtime().engine, "sim");
  EXPECT_EQ(model->runtime().execution_streams, 3);
  EXPECT_EQ(model->info().name, "model.xml");
  EXPECT_TRUE(compile_model("m", "sim"));
  EXPECT_TRUE(compile_model("m", "sim:"));
}

TEST(CompileModel, NamesTheDevicesThereAreForOneThatIsNot) {
  for (const char* device : {"XPU", "sam:latency=5ms", "GPU.7", "latency=5ms"}) {
    Error error = error_of(device);
    EXPECT_EQ(error.code, ErrorCode::device_unusable) << device;
    EXPECT_THAT(error.message, HasSubstr('"' + std::string(device) + '"'));
    EXPECT_THAT(error.message, HasSubstr("sim:"));
  }
}

TEST(CompileModel, SaysWhichPartOfADescriptionIsWrong) {
  Error error = error_of("sim:latency=5ms,speed=3");
  EXPECT_EQ(error.code, ErrorCode::invalid_argument);
  EXPECT_THAT(error.message, HasSubstr("speed=3"));
}

TEST(ReadModel, NamesAFileThatIsNotThere) {
  for (const char* file : {"nowhere/model.xml", "", "/dev/null/model.xml"}) {
    auto info = read_model(file);
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, ErrorCode::model_unusable);
    EXPECT_THAT(info.error().message, HasSubstr(file));
  }
}

}  // namespace
}  // namespace inflight
