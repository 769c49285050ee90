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
using ::testing::SizeIs;

// 64×32: grids of 8×4, 4×2 and 2×1 cells, so 42 rows for YOLOX and 126 for YOLOv5.
constexpr Size kModel{64, 32};
const Shape kInput{1, 3, 32, 64};
const SourceTransform kSame = make_transform(kModel, kModel, ResizeMode::stretch);

/// Writes one row of `columns` numbers.
void put(std::vector<float>& values, std::size_t row, std::size_t columns, std::initializer_list<float> numbers) {
  values.resize(std::max(values.size(), (row + 1) * columns));
  std::copy(numbers.begin(), numbers.end(), values.begin() + static_cast<std::ptrdiff_t>(row * columns));
}

std::vector<Detection> yolox(const std::vector<float>& values, std::int64_t columns,
                             ElementType type = ElementType::f32, const PostprocessOptions& options = {}) {
  Tensor output = output_of(type, {1, 42, columns}, values);
  return detect(model_of(kInput, {1, 42, columns}), output, kSame, options);
}

void expect_box(const Box& actual, const Box& expected, float tolerance = 1e-4F) {
  EXPECT_NEAR(actual.left, expected.left, tolerance);
  EXPECT_NEAR(actual.top, expected.top, tolerance);
  EXPECT_NEAR(actual.width, expected.width, tolerance);
  EXPECT_NEAR(actual.height, expected.height, tolerance);
}

TEST(Yolox, PlacesEveryRowInItsCellOfItsGrid) {
  struct Cell {
    std::size_t row;
    float x, y, stride;
  };
  for (Cell cell :
       {Cell{0, 0, 0, 8}, {7, 7, 0, 8}, {8, 0, 1, 8}, {31, 7, 3, 8}, {32, 0, 0, 16}, {39, 3, 1, 16}, {41, 1, 0, 32}}) {
    std::vector<float> values;
    put(values, cell.row, 6, {0.5F, 0.5F, 0, 0, 1, 1});  // one stride wide, in the middle of its cell
    for (ElementType type : {ElementType::f32, ElementType::f16}) {
      auto detections = yolox(values, 6, type);
      ASSERT_THAT(detections, SizeIs(1)) << cell.row;
      expect_box(detections[0].box, {cell.x * cell.stride, cell.y * cell.stride, cell.stride, cell.stride});
    }
  }
}

TEST(Yolox, WidthAndHeightAreLogarithmsOfStrides) {
  std::vector<float> values;
  put(values, 33, 6, {1, 1, std::log(1.5F), std::log(0.5F), 1, 1});  // centre (1+1, 0+1)·16
  auto detections = yolox(values, 6);
  ASSERT_THAT(detections, SizeIs(1));
  expect_box(detections[0].box, {20, 12, 24, 8});
}

TEST(Yolox, ScoresByObjectnessTimesTheBestClass) {
  std::vector<float> values;
  put(values, 5, 8, {0.5F, 0.5F, 0, 0, 0.5F, 0.25F, 0.75F, 0.5F});
  auto detections = yolox(values, 8);
  ASSERT_THAT(detections, SizeIs(1));
  EXPECT_EQ(detections[0].score, 0.375F);
  EXPECT_EQ(detections[0].class_id, 1);
  EXPECT_EQ(detections[0].label, "1");
  EXPECT_THAT(yolox(values, 8, ElementType::f32, {.score_threshold = 0.4F}), IsEmpty());
}

TEST(Yolox, SuppressesOverlapsPerClassOrForAll) {
  std::vector<float> values;
  put(values, 32, 7, {0.5F, 0.5F, 0, 0, 1, 0.9F, 0});
  put(values, 33, 7, {-0.4F, 0.5F, 0, 0, 1, 0.8F, 0});   // the same place from the next cell
  put(values, 34, 7, {-1.45F, 0.5F, 0, 0, 1, 0, 0.7F});  // and another class
  EXPECT_THAT(yolox(values, 7), ElementsAre(Field(&Detection::score, 0.9F), Field(&Detection::score, 0.7F)));
  EXPECT_THAT(yolox(values, 7, ElementType::f32, {.nms = NmsMode::agnostic}), SizeIs(1));
  EXPECT_THAT(yolox(values, 7, ElementType::f32, {.nms_iou = 1}), SizeIs(3));
}

TEST(Yolox, IgnoresNumbersThatAreNone) {
  std::vector<float> values;
  put(values, 0, 6, {NAN, 0, 0, 0, 1, 1});
  put(values, 1, 6, {0, 0, 1e30F, 0, 1, 1});  // a width beyond all floats
  put(values, 2, 6, {0, 0, 0, 0, NAN, 1});
  put(values, 3, 6, {0, 0, 0, 0, 1, NAN});
  put(values, 4, 6, {0, 0, 0, 0, INFINITY, 1});
  put(values, 5, 6, {-INFINITY, 0, 0, 0, 1, 1});
  EXPECT_THAT(yolox(values, 6), IsEmpty());
}

TEST(Yolox, MapsBoxesBackThroughTheLetterbox) {
  std::vector<float> values;
  put(values, 41, 6, {0.5F, 0.5F, 0, 0, 1, 1});  // 32..64 × 0..32
  Tensor output = output_of(ElementType::f32, {1, 42, 6}, values);
  // 480×320 becomes 48×32 in the left corner: the box is half in the padding.
  SourceTransform transform = make_transform({480, 320}, kModel, ResizeMode::letterbox_top_left);
  auto detections = detect(model_of(kInput, {1, 42, 6}), output, transform);
  ASSERT_THAT(detections, SizeIs(1));
  expect_box(detections[0].box, {320, 0, 160, 320}, 1e-2F);
}

const Shape kChannelsLast{1, 32, 64, 3};

std::vector<Detection> yolov5(const std::vector<float>& values, const Shape& input = kInput, BoxUnit unit = {}) {
  Tensor output = output_of(ElementType::f32, {1, 126, 6}, values);
  return detect(model_of(input, {1, 126, 6}), output, kSame, {.box_unit = unit});
}

TEST(Yolov5, TellsPixelsFromFractionsByTheirValuesWhateverTheLayout) {
  std::vector<float> pixels, fractions;
  put(pixels, 100, 6, {32, 16, 16, 8, 0.5F, 1});
  put(fractions, 100, 6, {0.5F, 0.5F, 0.25F, 0.25F, 0.5F, 1});
  const Detection expected{{24, 12, 16, 8}, 0.5F, 0, "0"};
  for (const Shape& input : {kInput, kChannelsLast}) {
    EXPECT_THAT(yolov5(pixels, input), ElementsAre(expected));
    EXPECT_THAT(yolov5(fractions, input), ElementsAre(expected));
  }
  Tensor halves = output_of(ElementType::f16, {1, 126, 6}, fractions);
  EXPECT_THAT(detect(model_of(kInput, {1, 126, 6}), halves, kSame), ElementsAre(expected));
}

TEST(Yolov5, GoesByMostOfTheBoxesThatScore) {
  std::vector<float> values;
  put(values, 10, 6, {0.25F, 0.5F, 0.25F, 0.5F, 0.5F, 1});
  put(values, 20, 6, {0.75F, 0.5F, 0.25F, 0.5F, 0.75F, 1});
  put(values, 30, 6, {3, 0.5F, 0.25F, 0.5F, 0.5F, 1});  // a wild one, far outside
  put(values, 40, 6, {40, 20, 9, 9, 0.1F, 1});          // scores too low to count
  put(values, 41, 6, {41, 20, 9, 9, 0.1F, 1});
  put(values, 42, 6, {42, 20, 9, 9, 0.1F, 1});
  EXPECT_THAT(yolov5(values),
              ElementsAre(Detection{{40, 8, 16, 16}, 0.75F, 0, "0"}, Detection{{8, 8, 16, 16}, 0.5F, 0, "0"}));
}

TEST(Yolov5, TakesTheUnitThatItIsTold) {
  std::vector<float> small, large;
  put(small, 100, 6, {1, 1, 2, 1, 0.5F, 1});
  put(large, 100, 6, {2, 2, 3.5F, 3.5F, 0.5F, 1});
  EXPECT_THAT(yolov5(small, kChannelsLast, BoxUnit::pixels), ElementsAre(Detection{{0, 0.5F, 2, 1}, 0.5F, 0, "0"}));
  EXPECT_THAT(yolov5(large, kInput, BoxUnit::fractions), ElementsAre(Detection{{16, 8, 48, 24}, 0.5F, 0, "0"}));
}

TEST(Yolov5, SuppressesAndLabels) {
  std::vector<float> values;
  put(values, 3, 85, {32, 16, 16, 8, 1, 0, 0, 0.75F});
  put(values, 4, 85, {33, 16, 16, 8, 1, 0, 0, 0.5F});
  Tensor output = output_of(ElementType::f32, {1, 126, 85}, values);
  auto detections = detect(model_of(kInput, {1, 126, 85}), output, kSame);
  EXPECT_THAT(detections, ElementsAre(Detection{{24, 12, 16, 8}, 0.75F, 2, "car"}));
}

TEST(Yolo, RefusesAnOutputOfAnotherSize) {
  ModelInfo model = model_of(kInput, {1, 42, 6});
  auto postprocessor = make_postprocessor(*recognise(model), model);
  std::vector<Detection> detections;
  for (const Shape& shape : {Shape{1, 41, 6}, Shape{1, 126, 6}, Shape{1, 42, 5}, Shape{0, 42, 6}}) {
    Tensor output = output_of(ElementType::f32, shape);
    TensorView view = output;
    EXPECT_FALSE((*postprocessor)->run({&view, 1}, kSame, detections)) << to_string(shape);
  }
}

}  // namespace
}  // namespace inflight
