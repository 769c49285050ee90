#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "families.hpp"
#include "test_outputs.hpp"

namespace inflight {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::model_of;
using ::testing::Not;
using ::testing::SizeIs;

TEST(Recognise, KnowsSsdByItsSevenColumns) {
  auto family = recognise(model_of({1, 3, 256, 256}, {1, 1, 200, 7}, "person-detection-0200"));
  ASSERT_TRUE(family);
  EXPECT_EQ(family->decoder, "ssd");
  EXPECT_EQ(family->preprocess.resize, ResizeMode::stretch);
  EXPECT_EQ(family->preprocess.channels, ChannelOrder::bgr);
  EXPECT_THAT(family->labels, ElementsAre("person"));
  EXPECT_THAT(family->why, AllOf(HasSubstr("'out'"), HasSubstr("[1,1,200,7]")));
}

TEST(Recognise, KnowsYoloxByOneRowPerCell) {
  auto family = recognise(model_of({1, 3, 416, 416}, {1, 3549, 85}));
  ASSERT_TRUE(family);
  EXPECT_EQ(family->decoder, "yolox");
  EXPECT_EQ(family->preprocess.resize, ResizeMode::letterbox_top_left);
  EXPECT_EQ(family->preprocess.channels, ChannelOrder::bgr);
  EXPECT_EQ(family->preprocess.scale[0], 1);
  EXPECT_EQ(family->preprocess.padding, 114);
  EXPECT_THAT(family->labels, SizeIs(80));
}

TEST(Recognise, KnowsYolov5ByThreeRowsPerCell) {
  auto tflite = recognise(model_of({1, 640, 640, 3}, {1, 25200, 85}));
  ASSERT_TRUE(tflite);
  EXPECT_EQ(tflite->decoder, "yolov5");
  EXPECT_EQ(tflite->preprocess.resize, ResizeMode::letterbox_center);
  EXPECT_EQ(tflite->preprocess.channels, ChannelOrder::rgb);
  EXPECT_EQ(tflite->preprocess.scale[2], 255);
  auto onnx = recognise(model_of({1, 3, 640, 640}, {1, 25200, 6}));
  ASSERT_TRUE(onnx);
  EXPECT_THAT(onnx->labels, IsEmpty());
}

TEST(Recognise, FindsTheDetectionsAmongSeveralOutputs) {
  ModelInfo model = model_of({1, 3, 640, 640}, {1, 3, 80, 80, 85});
  model.outputs.push_back({"ids", ElementType::i64, {1, 25200, 85}, ""});
  model.outputs.push_back({"output", ElementType::f16, {1, 25200, 85}, ""});
  EXPECT_EQ(recognise(model)->output, 2U);
}

TEST(Recognise, CountsCellsOfOblongInputs) {
  EXPECT_EQ(grid_cells({416, 416}), 3549U);
  EXPECT_EQ(grid_cells({640, 640}), 8400U);
  EXPECT_EQ(grid_cells({64, 32}), 42U);
  EXPECT_EQ(grid_cells({65, 32}), 0U);
  EXPECT_EQ(grid_cells({0, 0}), 0U);
  EXPECT_EQ(recognise(model_of({1, 3, 320, 640}, {1, 4200, 85}))->decoder, "yolox");
}

TEST(Recognise, SaysWhatItSawAndWhatWouldHaveFitted) {
  auto family = recognise(model_of({1, 3, 640, 640}, {1, 84, 8400}, "yolov8n"));
  ASSERT_FALSE(family);
  EXPECT_EQ(family.error().code, ErrorCode::model_unusable);
  EXPECT_THAT(family.error().message,
              AllOf(HasSubstr("yolov8n"), HasSubstr("[1,84,8400]"), HasSubstr("640x640"),
                    HasSubstr("[1,8400,5+classes]"), HasSubstr("[1,25200,5+classes]"), HasSubstr("no decoder fits")));
}

TEST(Recognise, LeavesOpenShapesToTheUser) {
  ModelInfo model = model_of({1, 3, 416, 416}, {1, -1, 85});
  auto unclear = recognise(model);
  ASSERT_FALSE(unclear);
  EXPECT_THAT(unclear.error().message, HasSubstr("--decoder yolox or --decoder yolov5 would fit"));
  EXPECT_EQ(recognise(model, "yolox")->decoder, "yolox");
  EXPECT_THAT(recognise(model, "yolox")->labels, SizeIs(80));
  EXPECT_FALSE(recognise(model, "ssd"));
  EXPECT_THAT(recognise(model_of({1, 3, 416, 416}, {1, 3549, -1}), "yolox")->labels, IsEmpty());
}

TEST(Recognise, AClassifierOfSevenClassesIsNoSsd) {
  auto family = recognise(model_of({1, 3, 64, 64}, {1, 7}));
  ASSERT_FALSE(family);
  EXPECT_THAT(family.error().message, HasSubstr("--decoder ssd would fit"));
  EXPECT_EQ(recognise(model_of({1, 3, 64, 64}, {1, 7}), "ssd")->decoder, "ssd");
  EXPECT_FALSE(recognise(model_of({-1, 3, 64, 64}, {-1, 7})));
}

TEST(Recognise, ANamedDecoderMustStillFit) {
  auto family = recognise(model_of({1, 3, 416, 416}, {1, 3549, 85}, "nano"), "yolov5");
  ASSERT_FALSE(family);
  EXPECT_EQ(family.error().code, ErrorCode::model_unusable);
  EXPECT_THAT(family.error().message, AllOf(HasSubstr("yolov5"), HasSubstr("nano"), HasSubstr("[1,10647,5+classes]"),
                                            HasSubstr("[1,3549,85]"), HasSubstr("--decoder yolox would fit")));
}

TEST(Recognise, RefusesDecodersThatDoNotExist) {
  auto family = recognise(model_of({1, 3, 416, 416}, {1, 3549, 85}), "yolo");
  ASSERT_FALSE(family);
  EXPECT_EQ(family.error().code, ErrorCode::invalid_argument);
  for (std::string_view name : decoder_names()) EXPECT_THAT(family.error().message, HasSubstr(std::string(name)));
}

TEST(Recognise, WhateverTheShapesAFamilyItNamesCanBeRead) {
  std::mt19937 random(9);
  constexpr std::int64_t kDims[] = {-1, 0, 1, 2, 3, 5, 6, 7, 32, 64, 42, 84, 126, 252};
  auto shape = [&](std::size_t rank) {
    std::vector<std::int64_t> dims(rank);
    for (auto& dim : dims) dim = kDims[random() % std::size(kDims)];
    return Shape(dims);
  };
  for (int round = 0; round < 50000; ++round) {
    ModelInfo model = model_of(random() % 2 ? Shape{1, 3, 64, 64} : shape(4), shape(random() % 5));
    std::string_view decoder = random() % 2 ? std::string_view{} : decoder_names()[random() % 3];
    auto family = recognise(model, decoder);
    if (!family) {
      ASSERT_FALSE(family.error().message.empty());
      continue;
    }
    ASSERT_TRUE(decoder.empty() || family->decoder == decoder);
    ASSERT_TRUE(make_postprocessor(*family, model)) << to_string(model.outputs[0].shape);
  }
}

TEST(Recognise, NotesWhatIsNotAsUsual) {
  EXPECT_THAT(recognise(model_of({1, 3, 64, 64}, {1, 1, 9, 7}))->notes, IsEmpty());
  EXPECT_THAT(recognise(model_of({-1, 3, 64, 64}, {1, 1, 9, 7}))->notes, ElementsAre(HasSubstr("batch is open")));
  ModelInfo model = model_of({4, 3, 64, 64}, {1, 1, 9, 7});
  model.inputs.push_back({"image_info", ElementType::f32, {4, 3}, ""});
  EXPECT_THAT(recognise(model)->notes, ElementsAre(HasSubstr("all 4 of it"), HasSubstr("'image_info'")));
}

TEST(Recognise, RefusesAFurtherInputThatNobodyFills) {
  ModelInfo model = model_of({1, 3, 64, 64}, {1, 1, 9, 7}, "pair");
  model.inputs.push_back({"other picture", ElementType::u8, {1, 3, 64, 64}, ""});
  auto family = recognise(model);
  ASSERT_FALSE(family);
  EXPECT_EQ(family.error().code, ErrorCode::model_unusable);
  EXPECT_THAT(family.error().message, AllOf(HasSubstr("'pair'"), HasSubstr("'other picture' u8 [1,3,64,64]")));
}

TEST(Recognise, NeedsAnImageInputOfFixedSize) {
  EXPECT_THAT(recognise(model_of({1, 3, -1, -1}, {1, -1, 85})).error().message, HasSubstr("fixed height and width"));
  EXPECT_EQ(recognise(model_of({1, 128}, {1, 1, 200, 7})).error().code, ErrorCode::model_unusable);
  EXPECT_FALSE(recognise({"empty", {}, {}, {}}));
}

}  // namespace
}  // namespace inflight
