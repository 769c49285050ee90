// A model file and a device string made ready for the pipeline.
#include "pipeline_test_kit.hpp"

namespace inflight::test {
namespace {

TEST(MakeDetector, HasAllPartsForASimulatedDevice) {
  auto detector = make_detector("any", "sim:latency=1ms,input=1x3x32x32");
  ASSERT_TRUE(detector) << detector.error().message;
  EXPECT_TRUE(detector->model && detector->preprocessor && detector->postprocessor);
}

/// AUTO and MULTI may be left out of a build.
bool has_device_pool() { return compile_model("any", "MULTI:sim:name=a,sim:name=b").has_value(); }

TEST(MakeDetector, ReadsNoFileWhereEveryDeviceIsSimulated) {
  std::vector<std::string> devices{"sim:latency=1ms", "BATCH:sim:latency=1ms(4)", "BATCH:(sim:latency=1ms,lanes=2)(4)"};
  if (has_device_pool()) {
    devices.insert(devices.end(),
                   {"AUTO:sim:name=a,sim:name=b", "AUTO:-ort:CPU,sim:name=a", "MULTI:sim:name=a,sim:name=b",
                    "AUTO:(BATCH:sim:name=a(2)),(MULTI:sim:name=b,sim:name=c)"});
  }
  for (const std::string& device : devices) {
    auto detector = make_detector("/no/such/model.xml", device);
    EXPECT_TRUE(detector) << device << ": " << detector.error().message;
  }
}

TEST(MakeDetector, ReadsTheFileWhereOneDeviceIsReal) {
  for (const char* device : {"BATCH:CPU(4)", "AUTO", "AUTO:-CPU", "AUTO:sim:name=a,CPU", "MULTI:CPU,sim:name=a"}) {
    auto detector = make_detector("/no/such/model.xml", device);
    ASSERT_FALSE(detector) << device;
    EXPECT_THAT(detector.error().message, ::testing::HasSubstr("/no/such/model.xml: no such file")) << device;
  }
}

TEST(MakeDetector, NamesTheFaultOfADeviceStringBeforeThatOfTheFile) {
  auto detector = make_detector("/no/such/model.xml", "BATCH:(sim:latency=1ms");
  ASSERT_FALSE(detector);
  EXPECT_EQ(detector.error().code, ErrorCode::invalid_argument);
}

TEST(MakeDetector, NamesAMissingFile) {
  auto detector = make_detector("/no/such/model.xml", "CPU");
  ASSERT_FALSE(detector);
  EXPECT_EQ(detector.error().code, ErrorCode::model_unusable);
  EXPECT_THAT(detector.error().message, ::testing::HasSubstr("/no/such/model.xml"));
}

TEST(MakeDetector, RefusesWhatIsNotAPicture) {
  auto detector = make_detector("any", "sim:input=1x1000:f32");
  ASSERT_FALSE(detector);
  EXPECT_EQ(detector.error().code, ErrorCode::model_unusable);
}

TEST(MakeDetector, HandsOnWhyADeviceCannotBeUsed) {
  auto broken = make_detector("any", "sim:load_fails=1");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, ErrorCode::device_unusable);
  auto misspelt = make_detector("any", "sim:latenzy=1ms");
  ASSERT_FALSE(misspelt);
  EXPECT_EQ(misspelt.error().code, ErrorCode::invalid_argument);
}

TEST(MakeDetector, RefusesADecoderThatIsNotKnown) {
  DetectorOptions options;
  options.decoder = "crystal-ball";
  EXPECT_FALSE(make_detector("any", "sim:latency=1ms", options));
}

}  // namespace
}  // namespace inflight::test
