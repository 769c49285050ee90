#include "image_layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace inflight {
namespace {

using ::testing::HasSubstr;

Result<ImageLayout> of(const Shape& shape, const char* layout = "", ElementType type = ElementType::f32) {
  return image_layout({"image", type, shape, layout});
}

TEST(ImageLayout, TakesWhereTheChannelsStandFromTheShape) {
  EXPECT_TRUE(of({1, 3, 256, 128})->planar);
  EXPECT_EQ(of({1, 3, 256, 128})->size, (Size{128, 256}));
  EXPECT_FALSE(of({1, 256, 128, 3})->planar);
  EXPECT_EQ(of({1, 256, 128, 3})->size, (Size{128, 256}));
}

TEST(ImageLayout, BelievesTheModelWhereItNamesItsLayout) {
  EXPECT_TRUE(of({1, 3, 256, 3})->planar);
  EXPECT_FALSE(of({1, 3, 256, 3}, "[N,H,W,C]")->planar);
  EXPECT_EQ(of({1, 3, 256, 3}, "nhwc")->size, (Size{256, 3}));
}

TEST(ImageLayout, AllowsAnyBatch) {
  EXPECT_TRUE(of({-1, 3, 64, 64}));
  EXPECT_TRUE(of({8, 3, 64, 64}));
}

TEST(ImageLayout, RefusesWhatIsNoImageAndSaysWhatWouldBe) {
  for (const Shape& shape : {Shape{1, 1000}, Shape{1, 4, 64, 64}, Shape{1, 1, 64, 64}, Shape{1, 3, 0, 64}, Shape{},
                             Shape{1, 3, 64, 100000}}) {
    auto layout = of(shape);
    ASSERT_FALSE(layout) << to_string(shape);
    EXPECT_EQ(layout.error().code, ErrorCode::model_unusable);
    EXPECT_THAT(layout.error().message, HasSubstr("[1,3,H,W]"));
  }
  EXPECT_FALSE(of({1, 3, 64, 64}, "NHWC"));
  EXPECT_FALSE(of({1, 3, 64, 64}, "", ElementType::i64));
  EXPECT_THAT(of({1, 3, -1, -1}).error().message, HasSubstr("fixed height and width"));
}

TEST(ImageLayout, FindsTheImageAmongSeveralInputs) {
  ModelInfo model{"m", {{"info", ElementType::f32, {1, 3}, ""}, {"image", ElementType::f32, {1, 3, 8, 8}, ""}}, {}, {}};
  EXPECT_EQ(image_input(model)->layout.size, (Size{8, 8}));
  EXPECT_FALSE(image_input({"m", {}, {}, {}}));
}

}  // namespace
}  // namespace inflight
