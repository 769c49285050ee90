#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "test_outputs.hpp"

namespace inflight {
namespace {

using testing::detect;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using testing::model_of;
using testing::output_of;

constexpr Size kSource{200, 100};

std::vector<Detection> read(const std::vector<float>& rows, ElementType type = ElementType::f32,
                            const PostprocessOptions& options = {}) {
  ModelInfo model = model_of({1, 3, 256, 256}, {1, 1, 4, 7}, "person-detection-0200");
  Tensor output = output_of(type, {1, 1, 4, 7}, rows);
  return detect(model, output, make_transform(kSource, {256, 256}, ResizeMode::stretch), options);
}

TEST(Ssd, ReadsRowsUntilTheImageIdEndsThem) {
  auto detections = read({0,  0, 0.5F,  0.25F, 0.5F, 0.75F, 1,     //
                          0,  1, 0.9F,  0,     0,    0.5F,  0.5F,  //
                          -1, 0, 0.99F, 0,     0,    1,     1,     //
                          0,  0, 0.99F, 0,     0,    1,     1});
  ASSERT_EQ(detections.size(), 2U);
  EXPECT_EQ(detections[0], (Detection{{0, 0, 100, 50}, 0.9F, 1, "1"}));
  EXPECT_EQ(detections[1], (Detection{{50, 50, 100, 50}, 0.5F, 0, "person"}));
}

TEST(Ssd, ReadsTheFirstPictureOfABatchOnly) {
  auto detections = read({0,  0, 0.5F,  0.25F, 0.5F, 0.75F, 1,     //
                          1,  0, 0.99F, 0,     0,    0.5F,  0.5F,  //
                          0,  1, 0.9F,  0,     0,    0.5F,  0.5F,  //
                          -1, 0, 0.99F, 0,     0,    1,     1});
  ASSERT_EQ(detections.size(), 2U);
  EXPECT_EQ(detections[0].score, 0.9F);
  EXPECT_EQ(detections[1].score, 0.5F);
}

TEST(Ssd, ReadsHalves) {
  auto detections = read({0, 0, 0.5F, 0.25F, 0.5F, 0.75F, 1, -1}, ElementType::f16);
  EXPECT_THAT(detections, ElementsAre(Detection{{50, 50, 100, 50}, 0.5F, 0, "person"}));
}

TEST(Ssd, KeepsScoresFromTheThresholdUp) {
  std::vector<float> rows{0, 0, 0.5F, 0, 0, 1, 1, 0, 0, 0.25F, 0, 0, 0.5F, 1, -1};
  EXPECT_EQ(read(rows, ElementType::f32, {.score_threshold = 0.5F}).size(), 1U);
  EXPECT_EQ(read(rows, ElementType::f32, {.score_threshold = 0.25F}).size(), 2U);
  EXPECT_THAT(read(rows, ElementType::f32, {.score_threshold = 0.75F}), IsEmpty());
}

TEST(Ssd, CutsBoxesAtThePictureAndDropsThoseOutside) {
  auto detections = read({0, 0, 0.9F, -0.5F, -0.5F, 0.5F, 1.5F,  //
                          0, 0, 0.8F, 1.1F,  0,     1.5F, 1,     //
                          0, 0, 0.7F, 0.5F,  0.5F,  0.5F, 0.9F, -1});
  EXPECT_THAT(detections, ElementsAre(Field(&Detection::box, Box{0, 0, 100, 100})));
}

TEST(Ssd, IgnoresNumbersThatAreNone) {
  EXPECT_THAT(
      read({0, 0, NAN, 0, 0, 1, 1, 0, NAN, 0.9F, 0, 0, 1, 1, 0, 0, 0.9F, 0, NAN, 1, 1, 0, 1e30F, 0.9F, 0, 0, 1, 1}),
      IsEmpty());
  EXPECT_THAT(read({NAN, 0, 0.9F, 0, 0, 1, 1}), IsEmpty());
  EXPECT_THAT(read({0, 0, INFINITY, 0, 0, 1, 1, 0, -3, 0.9F, 0, 0, 1, 1, 0, 0, 0.9F, -INFINITY, 0, INFINITY, 1, -1}),
              IsEmpty());
}

TEST(Ssd, LeavesSuppressionToTheNetwork) {
  EXPECT_EQ(read({0, 0, 0.9F, 0, 0, 1, 1, 0, 0, 0.8F, 0, 0, 1, 1, -1}).size(), 2U);
}

TEST(Ssd, TakesTwoDimensionsAndAnOpenNumberOfRows) {
  SourceTransform transform = make_transform(kSource, {64, 64}, ResizeMode::stretch);
  std::vector<float> rows{0, 2, 0.9F, 0, 0, 1, 1, 0, 1, 0.8F, 0, 0, 1, 1};
  Tensor two = output_of(ElementType::f32, {2, 7}, rows);
  EXPECT_EQ(detect(model_of({1, 3, 64, 64}, {2, 7}), two, transform).size(), 2U);
  Tensor open = output_of(ElementType::f32, {1, 1, 2, 7}, rows);
  EXPECT_EQ(detect(model_of({1, 3, 64, 64}, {1, 1, -1, 7}), open, transform).size(), 2U);
  Tensor none = output_of(ElementType::f32, {1, 1, 0, 7});
  EXPECT_THAT(detect(model_of({1, 3, 64, 64}, {1, 1, -1, 7}), none, transform), IsEmpty());
}

TEST(Ssd, RefusesOutputsThatAreNotItsOwn) {
  ModelInfo model = model_of({1, 3, 64, 64}, {1, 1, 4, 7});
  auto postprocessor = make_postprocessor(*recognise(model), model);
  std::vector<Detection> detections;
  SourceTransform transform = make_transform(kSource, {64, 64}, ResizeMode::stretch);
  EXPECT_EQ((*postprocessor)->run({}, transform, detections).error().code, ErrorCode::invalid_argument);
  for (TensorView wrong : {TensorView(nullptr, ElementType::f32, {1, 1, 0, 6}),
                           TensorView(nullptr, ElementType::i32, {0, 7}), TensorView(nullptr, ElementType::f32, {0})}) {
    EXPECT_FALSE((*postprocessor)->run({&wrong, 1}, transform, detections)) << to_string(wrong.shape());
  }
}

}  // namespace
}  // namespace inflight
