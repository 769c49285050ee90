#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inflight/vision.hpp"

namespace inflight {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

ModelInfo model_with(const Shape& shape, std::map<std::string, std::string> metadata = {}) {
  return {"net", {{"images", ElementType::f32, shape, ""}}, {}, std::move(metadata)};
}

Size hd() { return {1280, 720}; }
Size nobody() { return {}; }

/// The shape that is chosen for the input; empty if it is left alone.
Shape chosen(const ModelInfo& model, Size asked, const std::function<Size()>& pictures) {
  auto size = choose_input_size(model, asked, pictures);
  EXPECT_TRUE(size) << size.error().message;
  return size && *size ? (*size)->shapes.at("images") : Shape{};
}

TEST(InputSize, IsLeftAloneWhereItIsFixed) {
  EXPECT_EQ(chosen(model_with({1, 3, 416, 416}), {}, hd), Shape{});
  EXPECT_EQ(chosen(model_with({-1, 416, 416, 3}), {}, hd), Shape{}) << "an open batch is the engine's to settle";
  EXPECT_EQ(chosen(model_with({1, 3, 416, 416}), {416, 416}, hd), Shape{});
  EXPECT_EQ(chosen(model_with({1, 128}), {640, 640}, hd), Shape{}) << "no picture";
}

TEST(InputSize, IsFirstWhatIsAskedForThenWhatTheFileSaysThenThatOfThePictures) {
  ModelInfo silent = model_with({1, 3, -1, -1});
  ModelInfo told = model_with({1, 3, -1, -1}, {{"framework/imgsz", "[384, 640]"}});
  EXPECT_EQ(chosen(told, {320, 256}, hd), (Shape{1, 3, 256, 320}));
  EXPECT_EQ(chosen(told, {}, hd), (Shape{1, 3, 384, 640}));
  EXPECT_EQ(chosen(silent, {}, hd), (Shape{1, 3, 736, 1280})) << "up to a multiple of 32";
  EXPECT_EQ(chosen(model_with({1, 3, -1, -1}, {{"stride", "64"}}), {}, hd), (Shape{1, 3, 768, 1280}));
}

TEST(InputSize, OfAFixedModelMayBeAskedFor) {
  EXPECT_EQ(chosen(model_with({4, 3, 416, 416}), {640, 384}, hd), (Shape{4, 3, 384, 640}));
}

TEST(InputSize, IsChosenWhereverTheFileLeavesSomethingOpen) {
  EXPECT_EQ(chosen(model_with({-1, -1, -1, -1}), {}, hd), (Shape{1, 3, 736, 1280}));
  EXPECT_EQ(chosen(model_with({-1, -1, -1, 3}), {}, hd), (Shape{1, 736, 1280, 3}));
  EXPECT_EQ(chosen(model_with({1, 3, 320, -1}), {}, hd), (Shape{1, 3, 320, 1280}));
  EXPECT_EQ(chosen(model_with({-1}), {64, 32}, nobody), (Shape{1, 3, 32, 64})) << "not even the dimensions are known";
  EXPECT_EQ(chosen(model_with({-1}), {}, hd), Shape{}) << "it may well have a size";
}

TEST(InputSize, IsNotReadFromDamagedMetadata) {
  for (const char* text : {"", "[]", "[0, 640]", "640x", "[640, 640, 640]", "[99999999999]", "-640"}) {
    EXPECT_EQ(chosen(model_with({1, 3, -1, -1}, {{"imgsz", text}}), {}, [] { return Size{64, 64}; }),
              (Shape{1, 3, 64, 64}))
        << text;
  }
  EXPECT_EQ(chosen(model_with({1, 3, -1, -1}, {{"imgsz", "640"}}), {}, hd), (Shape{1, 3, 640, 640}));
}

TEST(InputSize, ThatNobodyKnowsIsAskedFor) {
  for (const std::function<Size()>& pictures : {std::function<Size()>(nobody), std::function<Size()>()}) {
    auto size = choose_input_size(model_with({1, 3, -1, -1}), {}, pictures);
    ASSERT_FALSE(size);
    EXPECT_EQ(size.error().code, ErrorCode::model_unusable);
    EXPECT_THAT(size.error().message,
                AllOf(HasSubstr("'net'"), HasSubstr("'images' [1,3,?,?]"), HasSubstr("--input-size WxH")));
  }
}

TEST(InputSize, SaysWhereItIsFrom) {
  auto why = [](const ModelInfo& model, Size asked) { return choose_input_size(model, asked, hd).value()->why; };
  EXPECT_EQ(why(model_with({1, 3, -1, -1}), {}), "1280x736 by the source's pictures of 1280x720");
  EXPECT_EQ(why(model_with({1, 3, -1, -1}, {{"imgsz", "640"}}), {}), "640x640 by the file (imgsz)");
  EXPECT_EQ(why(model_with({1, 3, -1, -1}), {64, 32}), "64x32 as asked for");
}

}  // namespace
}  // namespace inflight
