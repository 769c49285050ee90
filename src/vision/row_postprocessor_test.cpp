// What postprocessors say where nothing is found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "test_outputs.hpp"

namespace inflight {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::model_of;
using testing::output_of;

/// A network of 64×32 pixels, fed with outputs made by hand.
class Doubts {
 public:
  Doubts(const Shape& output, const PostprocessOptions& options = {}) : shape_(output) {
    ModelInfo model = model_of({1, 3, 32, 64}, output);
    postprocessor_ = make_postprocessor(recognise(model).value(), model, options).value();
  }
  /// How many are found.
  std::size_t run(const std::vector<float>& values) {
    Tensor output = output_of(ElementType::f32, shape_, values);
    TensorView view = output;
    std::vector<Detection> detections;
    EXPECT_TRUE(postprocessor_->run({&view, 1}, make_transform({64, 32}, {64, 32}, ResizeMode::stretch), detections));
    return detections.size();
  }
  std::string take() { return postprocessor_->take_doubt(); }

 private:
  Shape shape_;
  std::unique_ptr<Postprocessor> postprocessor_;
};

const Shape kSsd{1, 1, 3, 7}, kYolox{1, 42, 7}, kYolov5{1, 126, 6};
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> ssd_row(float score, float label = 0) { return {0, label, score, 0.25F, 0.25F, 0.75F, 0.75F}; }

TEST(Doubt, NamesTheHighestScoreAndWhatMayBeWrong) {
  Doubts ssd(kSsd);
  EXPECT_EQ(ssd.run(ssd_row(0.02F)), 0U);
  EXPECT_EQ(ssd.run(ssd_row(0.12F)), 0U);
  EXPECT_EQ(ssd.run(ssd_row(0.04F)), 0U);
  EXPECT_THAT(ssd.take(), AllOf(HasSubstr("highest score was 0.12"), HasSubstr("0.3 is asked for (--score)"),
                                HasSubstr("ssd (--decoder)")));
  EXPECT_THAT(ssd.take(), IsEmpty()) << "it was told";
}

TEST(Doubt, IsNoneOnceSomethingWasFoundOrNothingWasLookedAt) {
  Doubts ssd(kSsd);
  EXPECT_THAT(ssd.take(), IsEmpty());
  EXPECT_EQ(ssd.run(ssd_row(0.02F)), 0U);
  EXPECT_EQ(ssd.run(ssd_row(0.9F)), 1U);
  EXPECT_EQ(ssd.run(ssd_row(0.02F)), 0U);
  EXPECT_THAT(ssd.take(), IsEmpty());
  EXPECT_EQ(ssd.run(ssd_row(0.02F)), 0U);
  EXPECT_THAT(ssd.take(), HasSubstr("0.02")) << "each time anew";
}

TEST(Doubt, CountsAYoloScoreAsObjectnessTimesTheBestClass) {
  std::vector<float> values(42 * 7);
  auto put = [&](std::size_t row, std::vector<float> numbers) { std::ranges::copy(numbers, &values[row * 7]); };
  put(3, {0, 0, 0, 0, 0.25F, 0.1F, 0.2F});
  put(5, {0, 0, 0, 0, 0.2F, 0.1F, 0.9F});   // 0.18
  put(9, {0, 0, 0, 0, 0.17F, 0.9F, 0.9F});  // objectness alone rules it out
  put(11, {0, 0, 0, 0, kNan, 1, 1});
  put(12, {0, 0, 0, 0, 1, kNan, kNan});
  Doubts yolox(kYolox);
  EXPECT_EQ(yolox.run(values), 0U);
  EXPECT_THAT(yolox.take(), HasSubstr("highest score was 0.18"));
}

TEST(Doubt, SaysThatNoBoxWasLargerThanAPixel) {
  std::vector<float> fractions{0.5F, 0.5F, 0.25F, 0.25F, 0.9F, 1};
  Doubts as_pixels(kYolov5, {.box_unit = BoxUnit::pixels});
  as_pixels.run(fractions);
  EXPECT_THAT(as_pixels.take(), AllOf(HasSubstr("up to 0.9"), HasSubstr("more than a pixel"), HasSubstr("--boxes")));
  Doubts by_values(kYolov5);
  EXPECT_EQ(by_values.run(fractions), 1U);
  EXPECT_THAT(by_values.take(), IsEmpty());
}

TEST(Doubt, SaysThatWhatScoredHadNoLabelOrLayOutside) {
  Doubts ssd(kSsd);
  EXPECT_EQ(ssd.run(ssd_row(0.8F, -3)), 0U);
  EXPECT_THAT(ssd.take(), AllOf(HasSubstr("up to 0.8"), HasSubstr("label")));
  EXPECT_EQ(ssd.run({0, 0, 0.8F, 3, 3, 4, 4}), 0U);
  EXPECT_THAT(ssd.take(), HasSubstr("within the picture"));
}

TEST(Doubt, SaysThatThereWereNoScores) {
  Doubts ssd(kSsd);
  EXPECT_EQ(ssd.run({-1, 0, 0.9F, 0, 0, 1, 1}), 0U);
  EXPECT_THAT(ssd.take(), HasSubstr("no row of the output had a score"));
  std::vector<float> rows = ssd_row(kNan);
  rows.insert(rows.end(), {-1, 0, 0.9F});
  EXPECT_EQ(ssd.run(rows), 0U);
  EXPECT_THAT(ssd.take(), HasSubstr("no row of the output had a score"));
}

}  // namespace
}  // namespace inflight
