#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "test_outputs.hpp"

namespace inflight {
namespace {

using ::testing::HasSubstr;
using testing::model_of;

void expect_sane(const std::vector<Detection>& detections, Size picture) {
  float last = 1;
  for (const Detection& d : detections) {
    ASSERT_TRUE(d.score >= 0 && d.score <= last);
    last = d.score;
    ASSERT_TRUE(d.box.left >= 0 && d.box.top >= 0 && d.box.width > 0 && d.box.height > 0);
    ASSERT_LE(d.box.left + d.box.width, static_cast<float>(picture.width) * 1.00001F);
    ASSERT_LE(d.box.top + d.box.height, static_cast<float>(picture.height) * 1.00001F);
    ASSERT_GE(d.class_id, 0);
    ASSERT_FALSE(d.label.empty());
  }
}

/// Memory of exactly the tensor's size, so that the sanitizers see every byte read outside.
void fill_with_garbage(std::span<std::byte> bytes, ElementType type, std::mt19937& random) {
  for (std::byte& b : bytes) b = static_cast<std::byte>(random());
  if (type != ElementType::f32) return;
  // Random bits are mostly absurd exponents: mix in numbers that pass for real ones.
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    if (random() % 3 == 0) continue;
    float value = static_cast<float>(random() % 4000) / 1000 - 1;
    std::memcpy(&bytes[i], &value, sizeof value);
  }
}

TEST(Postprocessor, WhateverTheOutputHoldsDetectionsAreSane) {
  const ModelInfo models[] = {model_of({1, 3, 64, 64}, {1, 1, 50, 7}), model_of({1, 3, 64, 64}, {1, 84, 9}),
                              model_of({1, 3, 64, 64}, {1, 252, 9}), model_of({1, 64, 64, 3}, {1, 252, 6})};
  std::mt19937 random(11);
  std::vector<Detection> detections;
  for (int round = 0; round < 400; ++round) {
    for (const ModelInfo& model : models) {
      PostprocessOptions options{.score_threshold = static_cast<float>(random() % 100) / 100};
      options.nms = random() % 2 ? NmsMode::agnostic : NmsMode::class_wise;
      ElementType type = random() % 2 ? ElementType::f16 : ElementType::f32;
      const Shape& shape = model.outputs[0].shape;
      auto memory = std::make_unique<std::byte[]>(shape.elements() * size_of(type));
      TensorView output(memory.get(), type, shape);
      fill_with_garbage(output.as_bytes(), type, random);
      Size picture{1 + static_cast<int>(random() % 2000), 1 + static_cast<int>(random() % 2000)};
      auto postprocessor = make_postprocessor(*recognise(model), model, options);
      SourceTransform transform = make_transform(picture, {64, 64}, ResizeMode::letterbox_center);
      ASSERT_TRUE((*postprocessor)->run({&output, 1}, transform, detections));
      expect_sane(detections, picture);
    }
  }
}

TEST(Postprocessor, ReadsTheOutputThatTheFamilyNames) {
  ModelInfo model = model_of({1, 3, 64, 64}, {1, 10});
  model.outputs.push_back({"boxes", ElementType::f32, {1, 1, 1, 7}, ""});
  auto family = recognise(model);
  ASSERT_TRUE(family);
  EXPECT_EQ(family->output, 1U);
  Tensor scores = testing::output_of(ElementType::f32, {1, 10});
  Tensor boxes = testing::output_of(ElementType::f32, {1, 1, 1, 7}, {0, 0, 0.9F, 0, 0, 1, 1});
  TensorView outputs[] = {scores, boxes};
  std::vector<Detection> detections;
  auto postprocessor = make_postprocessor(*family, model);
  ASSERT_TRUE((*postprocessor)->run(outputs, make_transform({8, 8}, {64, 64}, ResizeMode::stretch), detections));
  EXPECT_EQ(detections.size(), 1U);
}

TEST(Postprocessor, AFamilyThatDoesNotFitTheModelIsRefusedWithWhatWould) {
  ModelInfo model = model_of({1, 3, 416, 416}, {1, 3549, 85});
  ModelFamily family;
  family.decoder = "yolov5";
  auto made = make_postprocessor(family, model);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::model_unusable);
  EXPECT_THAT(made.error().message, HasSubstr("[1,10647,5+classes]"));
  family.decoder = "detr";
  EXPECT_THAT(make_postprocessor(family, model).error().message, HasSubstr("ssd, yolox, yolov5"));
  family.decoder = "yolox";
  family.output = 3;
  EXPECT_FALSE(make_postprocessor(family, model));
}

}  // namespace
}  // namespace inflight
